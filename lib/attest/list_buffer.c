/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel measures that is no file: keys, command lines, events of its own. */
#include <string.h>

#include "attest/list_judge.h"
#include "crypto/bank.h"
#include "ima/xattr.h"

enum event { EVENT_KEY, EVENT_HARMLESS, EVENT_KEXEC, EVENT_DENIED, EVENT_MODULE };

/* Names of process_buffer_measurement(), security/integrity/ima/ima_main.c, Linux 6.1 and 6.12, by
 * their callers.  Any other is taken for that of a keyring. */
static const struct {
	const char *name;
	enum event event;
} events[] = {
	{ "kexec-cmdline", EVENT_KEXEC },     /* ima_kexec_cmdline() */
	{ "kexec_load", EVENT_KEXEC },	      /* ima_kexec.c, 6.16 */
	{ "kexec_execute", EVENT_KEXEC },     /* likewise */
	{ "blacklisted-hash", EVENT_DENIED }, /* ima_check_blacklist() */
	{ "kernel_version", EVENT_HARMLESS }, /* ima_init() */
	{ "dm_table_load", EVENT_HARMLESS },  /* this and the next: drivers/md/dm-ima.c */
	{ "dm_table_clear", EVENT_HARMLESS },
	{ "dm_device_resume", EVENT_HARMLESS },
	{ "dm_device_remove", EVENT_HARMLESS },
	{ "dm_device_rename", EVENT_HARMLESS },
	{ "dm_target_update", EVENT_HARMLESS },
	{ "selinux-state", EVENT_HARMLESS }, /* security/selinux/ima.c */
	{ "selinux-policy-hash", EVENT_HARMLESS },
	{ "init_module", EVENT_MODULE }, /* ima_post_load_data(), Debian's 6.12 */
};

static enum event event_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (strcmp(events[i].name, name) == 0)
			return events[i].event;
	return EVENT_KEY;
}

/*
 * In the digest of an entry, a file with a signature looks like a buffer, and a file may have any
 * name.  But a file's fields are its hash and a signature, and a buffer's its own hash and what it
 * is: they could only be both if what stands for a signature were the content of the file.
 */
static bool is_buffer(const struct mlist_entry *e)
{
	uint8_t made[HASH_SIZE_MAX];
	struct digest digest;

	if (!e->buffer || e->verity || *e->buffer == XATTR_DIGSIG ||
	    *e->buffer == XATTR_EVM_PORTABLE || *e->buffer == XATTR_VERITY_DIGSIG)
		return false;
	if (mlist_entry_digest(e, &digest, NULL) < 0)
		return false;
	bank_hash(digest.algo, e->buffer, e->buffer_len, made);
	return memcmp(made, digest.data, digest.len) == 0;
}

static bool is_trusted(const struct cert_set *certs, const struct mlist_entry *e)
{
	for (size_t i = 0; i < certs->n; i++) {
		const uint8_t *der;
		size_t len;

		cert_der(certs->cert[i], &der, &len);
		if (len == e->buffer_len && memcmp(der, e->buffer, len) == 0)
			return true;
	}
	return false;
}

/*
 * A module that user space handed over in memory, by its hash: the kernel's own signature on it is
 * its to judge, and where it must, an unsigned one is measured before it is refused.  One in 85
 * such hashes begins as a signature does; so short, and on a host that enforces, it is none.
 */
static bool is_module(const struct list_run *run, const struct mlist_entry *e)
{
	uint8_t made[HASH_SIZE_MAX];
	struct digest digest;

	if (!run->expect->modules_enforced || e->verity || event_of(e->name) != EVENT_MODULE ||
	    mlist_entry_digest(e, &digest, NULL) < 0 || e->buffer_len != digest.len)
		return false;
	bank_hash(digest.algo, e->buffer, e->buffer_len, made);
	return memcmp(made, digest.data, digest.len) == 0;
}

/* What is measured of it is its hash. */
static bool is_denied(const struct list_run *run, const struct mlist_entry *e)
{
	struct digest digest;

	if (mlist_entry_digest(e, &digest, NULL) < 0 || e->buffer_len != digest.len)
		return false;
	memcpy(digest.data, e->buffer, digest.len);
	return list_denied_has(run->judge->denied, &digest);
}

/* A host has dozens: one is told of. */
static void refuse_module(struct list_run *run, uint64_t index)
{
	if (atomic_fetch_add(&run->modules, 1) > 0)
		list_reasons_count(run->reasons);
	else
		list_reasons_add(run->reasons, VERDICT_UNSIGNED, index,
				 "a kernel module was loaded from memory, and nothing says that "
				 "only signed ones may be");
}

static void judge_key(struct list_run *run, const struct mlist_entry *e, uint64_t index)
{
	struct cert *cert;

	if (is_trusted(&run->judge->certs, e))
		return;
	if (cert_parse(e->buffer, e->buffer_len, &cert, NULL) < 0) {
		list_reasons_add(run->reasons, VERDICT_KEYRING, index,
				 "%.200s: got what is not a trusted certificate", e->name);
		return;
	}
	list_reasons_add(run->reasons, VERDICT_KEYRING, index,
			 "%.200s: got a certificate that is not trusted (key %08x, %.200s)",
			 e->name, cert_keyid(cert), cert_subject(cert));
	cert_free(cert);
}

static void note_kexec(struct list_run *run, uint64_t index)
{
	uint64_t first = atomic_load(&run->kexec_from);

	while (index < first && !atomic_compare_exchange_weak(&run->kexec_from, &first, index))
		;
	list_reasons_add(run->reasons, VERDICT_KEXEC, index, "a kernel was loaded for kexec");
}

void list_buffer_judge(struct list_run *run, const struct mlist_entry *e, uint64_t index)
{
	if (!e->buffer) {
		list_file_judge(run, e, index);
		return;
	}
	if (is_module(run, e)) {
		if (is_denied(run, e))
			list_reasons_add(run->reasons, VERDICT_DENIED_DIGEST, index,
					 "a kernel module from memory is not to run any more");
		return;
	}
	if (!is_buffer(e)) {
		list_reasons_add(run->reasons, VERDICT_LIST, index,
				 "%.200s: said to be a buffer, but its digest is another's",
				 e->name);
		return;
	}
	switch (event_of(e->name)) {
	case EVENT_HARMLESS:
		return;
	case EVENT_KEXEC:
		note_kexec(run, index);
		return;
	case EVENT_DENIED:
		list_reasons_add(run->reasons, VERDICT_DENIED_DIGEST, index,
				 "a file was used that the kernel's own list denies");
		return;
	case EVENT_MODULE:
		refuse_module(run, index);
		return;
	case EVENT_KEY:
		judge_key(run, e, index);
		return;
	}
}
