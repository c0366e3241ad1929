/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot bundle: record, signature, policy, certificates. */
#include "assay/next_boot/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/host/trust.h"
#include "assay/next_boot/files.h"
#include "base/hex.h"
#include "base/io.h"
#include "ima/xattr.h"

#define BUNDLE_FILE_MODE 0644

/* name.pem becomes name.der in the bundle. */
static int cert_name(const char *file, char ret_name[static RECORD_NAME_MAX], struct err *err)
{
	size_t stem = strlen(file) - 4;

	if (stem + sizeof(".der") > RECORD_NAME_MAX)
		return err_set(err, "%s: the name is too long", file);
	(void)snprintf(ret_name, RECORD_NAME_MAX, "%.*s.der", (int)stem, file);
	return 0;
}

/* What is being filled, and the key IDs of the certificates in it. */
struct filling {
	const struct bundle_plan *plan;
	struct record *record;
	uint32_t keyid[RECORD_CERTS_MAX];
};

/*
 * A kernel keyring finds a key by its ID, and names it by it: of two certificates with one ID the
 * second takes the first one's place, or is never found.
 */
static int judge_cert(const struct filling *f, const struct record_file *entry, uint32_t keyid,
		      bool *ret_known, struct err *err)
{
	*ret_known = false;
	for (size_t i = 0; i < f->record->n_certs; i++) {
		const struct record_file *other = &f->record->certs[i];

		if (memcmp(other->digest.data, entry->digest.data, entry->digest.len) == 0) {
			*ret_known = true;
			return 0;
		}
		if (f->keyid[i] == keyid)
			return err_set(err, "has the same key ID as %s; remove one of them",
				       other->name);
		if (strcmp(other->name, entry->name) == 0)
			return err_set(err, "another certificate would have this name in the boot "
					    "bundle; rename one of them");
	}
	if (f->record->n_certs == RECORD_CERTS_MAX)
		return err_set(err, "%s: more than %d certificates", f->plan->config->certificates,
			       RECORD_CERTS_MAX);
	return 0;
}

/* While the record is in force, whatever is then configured, it is found by its digest. */
static int keep_trusted(const struct host *host, const struct digest *digest,
			const struct buf *data, struct err *err)
{
	char hex[2 * HASH_SIZE_MAX + 1];
	AUTO_STR dir = NULL;
	AUTO_STR out = NULL;

	hex_format(digest->data, digest->len, hex);
	if (asprintf(&dir, "%s" RECORD_TRUST_DIR, host->root) < 0 ||
	    asprintf(&out, RECORD_TRUST_DIR "/%s", hex) < 0)
		return err_set(err, "out of memory");
	if (host_has(host, out))
		return 0;
	if (io_make_dirs(dir, err) < 0)
		return -1;
	return host_replace(host, out, data, BUNDLE_FILE_MODE, err);
}

static int keep_cert(struct filling *f, const struct record_file *entry, const struct buf *der,
		     struct err *err)
{
	AUTO_STR out = NULL;

	if (asprintf(&out, BUNDLE_NEW_DIR "/certs/%s", entry->name) < 0)
		return err_set(err, "out of memory");
	if (host_replace(f->plan->host, out, der, BUNDLE_FILE_MODE, err) < 0 ||
	    keep_trusted(f->plan->host, &entry->digest, der, err) < 0)
		return -1;
	f->record->certs[f->record->n_certs++] = *entry;
	return 0;
}

static int add_cert(void *ctx, const char *path, struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set one = CERT_SET_INIT;
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);
	struct filling *f = ctx;
	struct record_file entry;
	const uint8_t *data;
	uint32_t keyid;
	bool known;
	size_t len;

	if (cert_name(strrchr(path, '/') + 1, entry.name, err) < 0 ||
	    cert_set_add_file(&one, path, err) < 0)
		return -1;
	cert_der(one.cert[0], &data, &len);
	keyid = cert_keyid(one.cert[0]);
	if (hash_bytes(HASH_SHA256, data, len, &entry.digest, err) < 0 ||
	    buf_put(&der, data, len, err) < 0)
		return -1;
	if (judge_cert(f, &entry, keyid, &known, err) < 0)
		return err_prepend(err, "%s", path);
	if (known)
		return 0;
	f->keyid[f->record->n_certs] = keyid;
	return keep_cert(f, &entry, &der, err);
}

int bundle_add_certs(const struct bundle_plan *plan, struct record *record, struct err *err)
{
	AUTO_MEM struct config *config = trust_config(plan->host, plan->config, err);
	struct filling filling = { .plan = plan, .record = record };

	if (!config || level_trusted(config, add_cert, &filling, err) < 0)
		return -1;
	if (record->n_certs == 0)
		return err_set(err, "%s: no certificate is there", config->certificates);
	return 0;
}

/* One that is not there vouches for nothing, as where no record is in force; 'check' says so. */
static int add_keyring(void *ctx, const char *path, struct err *err)
{
	const struct filling *f = ctx;
	AUTO_BUF text = BUF_INIT(RECORD_TRUST_MAX);
	struct record_file *entry = &f->record->keyrings[f->record->n_keyrings];
	const char *name = strrchr(path, '/') + 1;

	if (!host_has(f->plan->host, path))
		return 0;
	if (f->record->n_keyrings == RECORD_KEYRINGS_MAX)
		return err_set(err, "%s: more than %d keyrings", path, RECORD_KEYRINGS_MAX);
	if (strlen(name) >= RECORD_NAME_MAX || *name == '.')
		return err_set(err, "%s: no name for a keyring in a record", path);
	if (host_read(f->plan->host, path, &text, NULL, err) < 0 ||
	    hash_bytes(HASH_SHA256, text.data, text.len, &entry->digest, err) < 0 ||
	    keep_trusted(f->plan->host, &entry->digest, &text, err) < 0)
		return -1;
	(void)snprintf(entry->name, sizeof(entry->name), "%s", name);
	f->record->n_keyrings++;
	return 0;
}

static int add_keyrings(const struct bundle_plan *plan, struct record *record, struct err *err)
{
	struct filling filling = { .plan = plan, .record = record };

	for (size_t i = 0; i <= level_of_host(plan->config); i++)
		if (level_keyrings(plan->config, i, add_keyring, &filling, err) < 0)
			return -1;
	return 0;
}

/* The signature of docs/PROTOCOL.record, section 3. */
static int sign_record(const struct bundle_plan *plan, const struct buf *text, struct buf *out,
		       struct err *err)
{
	AUTO_MEM struct xattr_sig *sig = calloc(1, sizeof(*sig));
	struct xattr_signer by = { .keyid = cert_keyid(plan->cert) };
	struct digest digest;
	int rc;

	if (!sig)
		return err_set(err, "out of memory");
	if (hash_bytes(HASH_SHA256, text->data, text->len, &digest, err) < 0 ||
	    signer_new(plan->key, &by.signer, err) < 0)
		return -1;
	rc = xattr_sig_make(&by, XATTR_DIGSIG, &digest, sig, err);
	signer_free(by.signer);
	return rc < 0 ? -1 : xattr_sig_encode(sig, out, err);
}

/* What assay-boot will do, done now: the signature must verify by the bundle's certificates. */
static int prove(const struct bundle_plan *plan, const struct buf *text, const struct buf *sig,
		 struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;
	AUTO_STR path = NULL;

	if (asprintf(&path, "%s" BUNDLE_NEW_DIR "/certs", plan->host->root) < 0)
		return err_set(err, "out of memory");
	if (cert_set_add_dir(&set, path, err) < 0)
		return -1;
	return record_verify(text->data, text->len, sig->data, sig->len, &set, err);
}

static int make_record(const struct bundle_plan *plan, struct record *record, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECORD_MAX);
	AUTO_BUF sig = BUF_INIT(XATTR_VALUE_MAX);

	record->settings = plan->config->settings;
	record->settings.mode = plan->mode;
	record->settings.profile = plan->profile;
	record->epoch = plan->epoch;
	(void)snprintf(record->level, sizeof(record->level), "%s",
		       level_name(plan->config, level_of_host(plan->config)));
	if (record_format(record, &text, err) < 0 || sign_record(plan, &text, &sig, err) < 0 ||
	    prove(plan, &text, &sig, err) < 0)
		return err_prepend(err, "record");
	if (host_replace(plan->host, BUNDLE_NEW_DIR "/record.sig", &sig, BUNDLE_FILE_MODE, err) < 0)
		return -1;
	return host_replace(plan->host, BUNDLE_NEW_DIR "/record", &text, BUNDLE_FILE_MODE, err);
}

int bundle_make(const struct bundle_plan *plan, struct err *err)
{
	AUTO_MEM struct record *record = calloc(1, sizeof(*record));
	AUTO_STR certs = NULL;
	AUTO_STR dir = NULL;

	if (!record || asprintf(&dir, "%s" BUNDLE_NEW_DIR, plan->host->root) < 0 ||
	    asprintf(&certs, "%s/certs", dir) < 0)
		return err_set(err, "out of memory");
	if (files_remove_tree(dir, err) < 0 || io_make_dirs(certs, err) < 0)
		return -1;
	if (bundle_add_certs(plan, record, err) < 0 || add_keyrings(plan, record, err) < 0 ||
	    bundle_add_policy(plan, record, err) < 0)
		return -1;
	return make_record(plan, record, err);
}
