/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the boot bundle from the initramfs, and checking that it belongs together. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/hex.h"
#include "base/io.h"
#include "initramfs/record/record.h"

static int check_digest(const char *path, const struct buf *data, const struct digest *want,
			struct err *err)
{
	struct digest got;

	if (hash_bytes(want->algo, data->data, data->len, &got, err) < 0)
		return -1;
	if (got.len != want->len || memcmp(got.data, want->data, want->len) != 0)
		return err_set(err, "%s: is not the file that the record names", path);
	return 0;
}

static int load_cert(struct boot *boot, const struct record_file *named, struct err *err)
{
	AUTO_BUF der = BUF_INIT(CERT_FILE_MAX);
	char name[sizeof("certs/") + RECORD_NAME_MAX];
	char path[BUNDLE_PATH_MAX];

	(void)snprintf(name, sizeof(name), "certs/%s", named->name);
	if (bundle_path(boot, name, path, err) < 0)
		return -1;
	if (io_read_file(path, &der, err) < 0 || check_digest(path, &der, &named->digest, err) < 0)
		return -1;
	if (cert_parse(der.data, der.len, &boot->certs.cert[boot->certs.n], err) < 0)
		return err_prepend(err, "%s", path);
	boot->certs.n++;
	return 0;
}

_Static_assert(RECORD_CERTS_MAX <= CERT_SET_MAX, "a record's certificates fit into a set");

int bundle_load_certs(struct boot *boot, struct err *err)
{
	for (size_t i = 0; i < boot->record.n_certs; i++)
		if (load_cert(boot, &boot->record.certs[i], err) < 0)
			return -1;
	return 0;
}

static void report_record(struct boot *boot)
{
	char hex[2 * HASH_SIZE_MAX + 1] = "";
	struct digest digest;
	struct utsname uts;

	report_line(boot, "state %s", settings_mode_name(boot->record.settings.mode));
	if (hash_bytes(HASH_SHA256, boot->record_text.data, boot->record_text.len, &digest, NULL) ==
	    0)
		hex_format(digest.data, digest.len, hex);
	report_line(boot, "record sha256:%s", hex);
	report_line(boot, "profile %s", settings_profile_name(boot->record.settings.profile));
	if (uname(&uts) == 0)
		report_line(boot, "kernel %s", uts.release);
	report_line(boot, "time %lld", (long long)time(NULL));
}

int bundle_verify(struct boot *boot, struct err *err)
{
	struct buf *sig = &boot->record_sig;
	char path[BUNDLE_PATH_MAX];

	if (bundle_path(boot, "record.sig", path, err) < 0 || io_read_file(path, sig, err) < 0)
		return -1;
	if (record_verify(boot->record_text.data, boot->record_text.len, sig->data, sig->len,
			  &boot->certs, err) < 0) {
		buf_reset(sig);
		return err_prepend(err, "%s", path);
	}
	report_record(boot);
	return 0;
}

int bundle_load_policy(struct boot *boot, struct err *err)
{
	char path[BUNDLE_PATH_MAX];

	if (bundle_path(boot, "policy", path, err) < 0 ||
	    io_read_file(path, &boot->policy, err) < 0)
		return -1;
	return check_digest(path, &boot->policy, &boot->record.policy, err);
}
