/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine, file systems, keys and initramfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "assay/next_boot/bundle.h"
#include "assay/host/trust.h"
#include "assay/checks/checks.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "ima/verity.h"
#include "lock/blob.h"
#include "lock/suspend.h"

#define HOOK "/usr/share/initramfs-tools/hooks/assay"

/* An image below --root tells nothing of the machine that it will run on. */
static void check_firmware(const struct checks *c)
{
	if (*c->host->root && !host_has(c->host, "/sys/class"))
		return;
	if (c->facts->tpm_version == 2)
		(void)report_add(c->report, REPORT_FACT, "tpm", NULL, "TPM 2.0 present");
	else
		(void)report_add(
			c->report, REPORT_ADVICE, "tpm", "switch it on in the firmware's setup",
			c->facts->tpm_version ? "the TPM is a 1.2, which is not used"
					      : "no TPM 2.0: enforcement works, but nothing "
						"can be sealed or proven");
	if (c->facts->secure_boot == 1)
		(void)report_add(c->report, REPORT_FACT, "secure-boot", NULL, "Secure Boot is on");
	else
		(void)report_add(c->report, REPORT_ADVICE, "secure-boot", NULL,
				 c->facts->secure_boot == 0
					 ? "Secure Boot is off: the firmware boots any kernel"
					 : "no UEFI: the firmware boots any kernel");
}

/* assay-boot extends every bank that the TPM has switched on, and stops where it can't. */
static void check_banks(const struct checks *c)
{
	static const char prefix[] = "pcr-";
	char path[HOST_PATH_MAX];
	const struct dirent *e;
	AUTO_DIR dir = NULL;
	enum hash_algo algo;

	if (host_path(c->host, "/sys/class/tpm/tpm0", path, NULL) == 0)
		dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		const char *name = e->d_name + sizeof(prefix) - 1;

		if (strncmp(e->d_name, prefix, sizeof(prefix) - 1) != 0 ||
		    hash_algo_parse(name, &algo, NULL) == 0)
			continue;
		(void)report_add(
			c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON, "tpm.bank",
			"switch the bank off in the firmware's setup, or by tpm2_pcrallocate",
			"the TPM has a bank of PCRs for the hash %s, which assay-boot does not "
			"know: no enforcing boot would go on",
			name);
	}
}

static void check_suspend(const struct checks *c)
{
	if (host_has(c->host, LOCK_BLOB_PATH) && lock_host_suspends(c->host->root))
		(void)report_add(c->report, REPORT_ADVICE, "lock.suspend", LOCK_SUSPEND_REMEDY,
				 LOCK_SUSPEND_WORDS);
}

void checks_machine(const struct checks *c)
{
	check_firmware(c);
	check_banks(c);
	check_suspend(c);
	checks_cmdline(c);
	checks_lsm(c);
}

/* What the root file system lies on; "DEVICE" where that is not known: below a root, /proc tells of
 * the system that looks. */
static const char *root_device(const struct checks *c)
{
	const struct mounts *mounts = c->mounts;

	for (size_t i = 0; i < mounts->n && !*c->host->root; i++)
		if (strcmp(mounts->mount[i].dir, "/") == 0 &&
		    strncmp(mounts->mount[i].source, "/dev/", strlen("/dev/")) == 0 &&
		    strcmp(mounts->mount[i].source, "/dev/root") != 0)
			return mounts->mount[i].source;
	return "DEVICE";
}

static void check_root(const struct checks *c)
{
	const char *device = root_device(c);
	AUTO_STR verity = report_remedy("'tune2fs -O verity %s' (ext4), or 'profile = auto' in "
					"assay.conf",
					device);
	AUTO_STR better = report_remedy("'tune2fs -O verity %s' (ext4 with 4 KiB blocks), then "
					"sign anew",
					device);
	const char *root = *c->host->root ? c->host->root : "/";

	if (getxattr(root, "security.ima", NULL, 0) < 0 && errno == ENOTSUP)
		(void)report_add(c->report, REPORT_REASON, "root.xattr",
				 "another file system: ext4, xfs, btrfs",
				 "the root file system keeps no extended attributes");
	if (c->profile == PROFILE_VERITY && !checks_has_verity(c->host, "/"))
		(void)report_add(
			c->report, REPORT_REASON, "root.verity", verity,
			"the verity profile is configured, and the root file system lacks the "
			"feature");
	else if (c->profile == PROFILE_SIGNATURE)
		(void)report_add(
			c->report, REPORT_ADVICE, "root.verity", better,
			"signature profile: root with the disk device can change a file that was "
			"already appraised; the verity profile prevents it");
	else
		(void)report_add(c->report, REPORT_FACT, "root.verity", NULL, "verity profile");
}

/* What the host boots from, as far as the mounts tell. */
static bool holds_the_system(const struct checks *c, const struct mount *m)
{
	return !*c->host->root && (strcmp(m->dir, "/") == 0 || strcmp(m->dir, "/usr") == 0);
}

/* The policy has rules for these (put_foreign in lib/ima/policy_gen.c). */
static void check_unsteady(const struct checks *c, const struct mount *m)
{
	if (holds_the_system(c, m))
		(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON,
				 "mount.system", "another file system: ext4, xfs, btrfs",
				 "%s is on %s, which can show other bytes the second time: nothing "
				 "on it would run",
				 m->dir, m->type);
	else
		(void)report_add(c->report, REPORT_ADVICE, "mount.foreign", "mount it noexec",
				 "%s (%s) can show other bytes the second time: nothing there will "
				 "run",
				 m->dir, m->type);
}

void checks_storage(const struct checks *c)
{
	size_t overlays = 0;

	check_root(c);
	for (size_t i = 0; i < c->mounts->n; i++) {
		const struct mount *m = &c->mounts->mount[i];
		bool overlay = m->kind == MOUNT_OVERLAY && !holds_the_system(c, m);

		if (m->noexec)
			continue;
		overlays += overlay ? 1 : 0;
		if (m->kind == MOUNT_FOREIGN || (m->kind == MOUNT_OVERLAY && !overlay))
			check_unsteady(c, m);
		else if (m->kind == MOUNT_BARE)
			(void)report_add(c->report, REPORT_ADVICE, "mount.bare", "mount it noexec",
					 "%s (%s) keeps no security.ima: nothing there will run",
					 m->dir, m->type);
	}
	if (overlays)
		(void)report_add(c->report, REPORT_ADVICE, "mount.overlay", NULL,
				 "%zu overlay file system%s: nothing there will run, so "
				 "containers do not",
				 overlays, overlays == 1 ? "" : "s");
}

static char *keygen_remedy(const struct checks *c)
{
	return report_remedy("assay keygen%s", c->report->root_option);
}

/* Names the key already, and as the caller does. */
static const char *reason_alone(const char *text, const char *uri)
{
	const char *at = strstr(text, uri);

	return at && strncmp(at + strlen(uri), ": ", 2) == 0 ? at + strlen(uri) + 2 : text;
}

/* Whether it is a key is known without its passphrase; whether that opens it is not. */
static void probe_key(const struct checks *c, const char *uri, const char *remedy)
{
	struct err err = ERR_INIT;

	if (key_probe(uri, &err) < 0)
		(void)report_add(c->report, REPORT_REASON, "key.signing", remedy,
				 "the signing key %s can't be used: %s", c->config->signing,
				 reason_alone(err.text, uri));
	else
		(void)report_add(c->report, REPORT_FACT, "key.signing", NULL, "signing key %s",
				 c->config->signing);
}

static void check_key_file(const struct checks *c)
{
	const char *uri = c->config->signing;
	char path[HOST_PATH_MAX];
	AUTO_STR keygen = keygen_remedy(c);
	AUTO_STR restore = report_remedy(
		"put the key of %s%s back from its copy, or move what is there away and run "
		"'assay keygen%s'",
		c->host->root, c->config->certificate, c->report->root_option);
	AUTO_STR chmod_remedy = report_remedy("chmod 600 %s%s", c->host->root, uri);
	AUTO_STR chown_remedy = report_remedy("chown root %s%s", c->host->root, uri);
	struct stat st;

	if (host_path(c->host, uri, path, NULL) < 0 || stat(path, &st) < 0)
		(void)report_add(c->report, REPORT_REASON, "key.signing",
				 host_has(c->host, c->config->certificate) ? restore : keygen,
				 "there is no signing key at %s", uri);
	else if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)))
		(void)report_add(c->report, REPORT_REASON, "key.signing", chmod_remedy,
				 "others may read the signing key %s", uri);
	else
		probe_key(c, path,
			  S_ISREG(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid()
				  ? chown_remedy
				  : restore);
}

static void check_signing_key(const struct checks *c)
{
	if (*c->config->signing == '/')
		check_key_file(c);
	else
		probe_key(c, c->config->signing,
			  "correct 'signing' in assay.conf: a file's absolute path, or the URI of "
			  "a key that OpenSSL finds");
}

/* NULL: out of memory. */
static char *below_root(const struct checks *c, const char *path)
{
	char *full;

	return asprintf(&full, "%s%s", c->host->root, path) < 0 ? NULL : full;
}

/* Where it opens without a passphrase; else enable finds out. */
static void check_pair(const struct checks *c, const struct cert *cert)
{
	AUTO_STR remedy =
		report_remedy("put the key's own certificate there, or move %s%s away and run "
			      "'assay keygen%s'",
			      c->host->root, c->config->signing, c->report->root_option);
	AUTO_STR path = below_root(c, c->config->signing);
	struct key *key = NULL;
	struct err err = ERR_INIT;

	if (*c->config->signing != '/' || !path || key_load(path, NULL, &key, &err) < 0)
		return;
	if (key_matches(key, cert, &err) < 0)
		(void)report_add(c->report, REPORT_REASON, "key.pair", remedy,
				 "the certificate %s does not belong to the signing key %s: %s",
				 c->config->certificate, c->config->signing, err.text);
	key_free(key);
}

static void check_expiry(const struct checks *c, const struct cert *cert)
{
	AUTO_STR remedy = report_remedy("move %s%s and %s%s away, run 'assay keygen%s', sign anew",
					c->host->root, c->config->signing, c->host->root,
					c->config->certificate, c->report->root_option);

	if (cert_not_after(cert) < (int64_t)time(NULL))
		(void)report_add(
			c->report, REPORT_ADVICE, "key.expired", remedy,
			"the certificate %s has expired: the kernel does not mind, others may",
			c->config->certificate);
}

/* Is the signing one among those that the kernel will be given? */
static void check_certificate_set(const struct checks *c, const struct cert *cert)
{
	struct cert_set set = CERT_SET_INIT;
	struct err err = ERR_INIT;
	size_t pos = 0;

	if (trust_load(c->host, c->config, &set, &err) < 0)
		(void)report_add(c->report, REPORT_REASON, "key.certificates",
				 "put a certificate (.der, .pem) there, take the file away, or "
				 "correct assay.conf; then files can be judged again",
				 "%s", err.text);
	else if (!cert_set_find(&set, cert_keyid(cert), &pos))
		(void)report_add(
			c->report, REPORT_REASON, "key.certificates",
			"copy it there, as .der or .pem",
			"the certificate %s is not among those in %s that the kernel will be "
			"given",
			c->config->certificate, c->config->certificates);
	else
		(void)report_add(c->report, REPORT_FACT, "key.certificates", NULL,
				 "%zu certificate%s, key ID of the signing one %08x", set.n,
				 set.n == 1 ? "" : "s", cert_keyid(cert));
	cert_set_done(&set);
}

bool checks_keys_known(const struct checks *c)
{
	CLEANUP(cert_set_done) struct cert_set set = CERT_SET_INIT;

	return (!c->config->n_levels && !host_has(c->host, c->config->certificates)) ||
	       trust_load(c->host, c->config, &set, NULL) == 0;
}

static void check_certificates(const struct checks *c)
{
	AUTO_STR keygen = keygen_remedy(c);
	AUTO_STR path = below_root(c, c->config->certificate);
	AUTO_STR anew = report_remedy("move %s away and run 'assay keygen%s'", path ? path : "it",
				      c->report->root_option);
	struct cert *cert = NULL;
	struct err err = ERR_INIT;

	if (path && !io_exists(path)) {
		(void)report_add(c->report, REPORT_REASON, "key.certificate", keygen,
				 "there is no certificate at %s", c->config->certificate);
		return;
	}
	if (!path || cert_load(path, &cert, &err) < 0) {
		(void)report_add(c->report, REPORT_REASON, "key.certificate", anew, "%s", err.text);
		return;
	}
	check_pair(c, cert);
	check_expiry(c, cert);
	check_certificate_set(c, cert);
	cert_free(cert);
}

void checks_keys(const struct checks *c)
{
	check_signing_key(c);
	check_certificates(c);
}

void checks_boot(const struct checks *c)
{
	/* Who makes the initramfs later may install first what makes it. */
	enum report_level level = c->no_initramfs ? REPORT_ADVICE : REPORT_REASON;
	AUTO_STR install = report_remedy("%sapt-get install initramfs-tools", c->report->chroot);
	AUTO_STR again = report_remedy("%sapt-get install --reinstall assay", c->report->chroot);

	if (!host_has(c->host, UPDATE_INITRAMFS))
		(void)report_add(
			c->report, level, "initramfs", install,
			"initramfs-tools is not installed%s: nothing would start enforcement",
			*c->host->root ? " in this root" : "");
	else if (!host_has(c->host, HOOK))
		(void)report_add(c->report, level, "initramfs.hook", again,
				 "Assay's hook for initramfs-tools (" HOOK ") is not there");
	else
		(void)report_add(c->report, REPORT_FACT, "initramfs", NULL,
				 "initramfs-tools with Assay's hook");
}

void checks_modules(const struct checks *c)
{
	AUTO_BUF names = BUF_INIT(HOST_TEXT_MAX);
	char path[HOST_PATH_MAX];
	const struct dirent *e;
	AUTO_DIR dir = NULL;
	size_t n = 0;

	if (host_path(c->host, "/sys/module", path, NULL) == 0)
		dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		char taint[64];

		(void)snprintf(path, sizeof(path), "/sys/module/%s/taint", e->d_name);
		if (*e->d_name == '.' || !host_line(c->host, path, taint, sizeof(taint)) ||
		    !strchr(taint, 'E')) /* TAINT_UNSIGNED_MODULE */
			continue;
		n++;
		if (buf_putf(&names, NULL, "%s%s", names.len ? ", " : "", e->d_name) < 0)
			break;
	}
	/* Lockdown refuses them too, whatever module.sig_enforce is. */
	if (n &&
	    (c->config->settings.module_signatures || c->config->settings.lockdown != LOCKDOWN_OFF))
		(void)report_add(
			c->report, REPORT_REASON, "modules",
			"sign them for the kernel (dkms does, with an enrolled MOK), remove them, "
			"or set both 'module-signatures = no' and 'lockdown = off' in assay.conf",
			"%zu loaded module%s without the kernel's module signature: %s", n,
			n == 1 ? "" : "s", buf_text(&names));
}

bool checks_has_verity(const struct host *host, const char *dir)
{
	enum verity_state state = VERITY_NONE;
	char path[HOST_PATH_MAX];
	struct digest digest;
	AUTO_FD fd = -1;

	if (host_path(host, dir, path, NULL) < 0)
		return false;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && verity_measure(fd, &state, &digest, NULL) == 0 && state != VERITY_NONE;
}

enum settings_profile checks_profile(const struct host *host, const struct config *config)
{
	if (config->settings.profile != PROFILE_AUTO)
		return config->settings.profile;
	return checks_has_verity(host, "/") ? PROFILE_VERITY : PROFILE_SIGNATURE;
}
