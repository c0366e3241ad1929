/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot bundle: record, signature, policy, certificates. */
#include "assay/next_boot/bundle.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/next_boot/files.h"
#include "base/io.h"
#include "ima/xattr.h"

#define BUNDLE_FILE_MODE 0644
#define BUNDLE_LEVEL "local" /* the acceptance level of what this host's own key signs */

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
static int judge_cert(const struct filling *f, const struct record_cert *entry, uint32_t keyid,
		      bool *ret_known, struct err *err)
{
	*ret_known = false;
	for (size_t i = 0; i < f->record->n_certs; i++) {
		const struct record_cert *other = &f->record->certs[i];

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

static int keep_cert(struct filling *f, const struct record_cert *entry, const struct buf *der,
		     struct err *err)
{
	AUTO_STR out = NULL;

	if (asprintf(&out, BUNDLE_NEW_DIR "/certs/%s", entry->name) < 0)
		return err_set(err, "out of memory");
	if (host_replace(f->plan->host, out, der, BUNDLE_FILE_MODE, err) < 0)
		return -1;
	f->record->certs[f->record->n_certs++] = *entry;
	return 0;
}

static int add_cert(struct filling *f, const char *file, struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set one = CERT_SET_INIT;
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);
	struct record_cert entry;
	AUTO_STR path = NULL;
	const uint8_t *data;
	uint32_t keyid;
	bool known;
	size_t len;

	if (cert_name(file, entry.name, err) < 0)
		return -1;
	if (asprintf(&path, "%s%s/%s", f->plan->host->root, f->plan->config->certificates, file) <
	    0)
		return err_set(err, "out of memory");
	if (cert_set_add_file(&one, path, err) < 0)
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

static int is_cert_file(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return *e->d_name != '.' && dot &&
	       (strcmp(dot, ".der") == 0 || strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

int bundle_add_certs(const struct bundle_plan *plan, struct record *record, struct err *err)
{
	struct filling filling = { .plan = plan, .record = record };
	struct dirent **entries;
	AUTO_STR path = NULL;
	int rc = 0;
	int n;

	if (asprintf(&path, "%s%s", plan->host->root, plan->config->certificates) < 0)
		return err_set(err, "out of memory");
	n = scandir(path, &entries, is_cert_file, alphasort);
	if (n < 0)
		return err_errno(err, "%s", path);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = add_cert(&filling, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	if (rc == 0 && record->n_certs == 0)
		return err_set(err, "%s: no certificate is there", path);
	return rc;
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
	(void)snprintf(record->level, sizeof(record->level), "%s", BUNDLE_LEVEL);
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
	if (bundle_add_certs(plan, record, err) < 0 || bundle_add_policy(plan, record, err) < 0)
		return -1;
	return make_record(plan, record, err);
}
