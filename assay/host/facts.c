/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts from /proc and /sys. */
#include "assay/host/facts.h"

#include <ctype.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/hex.h"
#include "base/mdwe.h"
#include "proto/record.h"

#define SECURITY "/sys/kernel/security"
#define SECURE_BOOT_VARIABLE \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURE_BOOT_VARIABLE_LEN 5 /* bytes: attributes (4), value */

static bool is_securityfs(const struct host *host)
{
	char path[HOST_PATH_MAX];
	struct statfs fs;

	if (host_path(host, SECURITY, path, NULL) < 0 || statfs(path, &fs) < 0)
		return false;
	return *host->root || fs.f_type == SECURITYFS_MAGIC;
}

/* "none [integrity] confidentiality" */
static bool read_lockdown(const struct host *host, enum settings_lockdown *ret_lockdown)
{
	char line[64];

	if (!host_line(host, SECURITY "/lockdown", line, sizeof(line)))
		return false;
	*ret_lockdown = strstr(line, "[confidentiality]") ? LOCKDOWN_CONFIDENTIALITY
			: strstr(line, "[integrity]")	  ? LOCKDOWN_INTEGRITY
							  : LOCKDOWN_OFF;
	return true;
}

static long read_secure_boot(const struct host *host)
{
	AUTO_BUF value = BUF_INIT(64);
	bool there;

	if (host_read(host, SECURE_BOOT_VARIABLE, &value, &there, NULL) < 0 || !there ||
	    value.len != SECURE_BOOT_VARIABLE_LEN)
		return FACTS_UNKNOWN;
	return value.data[SECURE_BOOT_VARIABLE_LEN - 1];
}

static long read_sig_enforce(const struct host *host)
{
	char line[8];

	if (!host_line(host, "/sys/module/module/parameters/sig_enforce", line, sizeof(line)))
		return FACTS_UNKNOWN;
	return *line == 'Y' || *line == '1' ? 1 : 0;
}

static int read_release(const struct host *host, struct facts *f, struct err *err)
{
	struct utsname name;

	if (host_line(host, "/proc/sys/kernel/osrelease", f->release, sizeof(f->release)))
		return 0;
	if (*host->root)
		return 0;
	if (uname(&name) < 0)
		return err_errno(err, "uname");
	(void)snprintf(f->release, sizeof(f->release), "%s", name.release);
	return 0;
}

int facts_read(const struct host *host, struct facts *ret_facts, struct err *err)
{
	AUTO_MEM struct facts *f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(err, "out of memory");

	if (read_release(host, f, err) < 0)
		return -1;
	f->securityfs = is_securityfs(host);
	f->ima = f->securityfs && host_has(host, SECURITY "/ima");
	f->policy_node = f->ima && host_has(host, SECURITY "/ima/policy");
	f->violations = host_number(host, SECURITY "/ima/violations", FACTS_UNKNOWN);
	f->measurements =
		host_number(host, SECURITY "/ima/runtime_measurements_count", FACTS_UNKNOWN);
	f->evm = host_number(host, SECURITY "/evm", FACTS_UNKNOWN);
	f->lockdown_known = read_lockdown(host, &f->lockdown);
	f->sig_enforce = read_sig_enforce(host);
	f->ptrace_scope = host_number(host, "/proc/sys/kernel/yama/ptrace_scope", FACTS_UNKNOWN);
	f->kexec_load_disabled =
		host_number(host, "/proc/sys/kernel/kexec_load_disabled", FACTS_UNKNOWN);
	f->unprivileged_bpf_disabled =
		host_number(host, "/proc/sys/kernel/unprivileged_bpf_disabled", FACTS_UNKNOWN);
	f->deny_write_execute =
		*host->root ? FACTS_UNKNOWN : prctl(PR_GET_MDWE, 0UL, 0UL, 0UL, 0UL);
	f->tpm_version = host_number(host, "/sys/class/tpm/tpm0/tpm_version_major", 0);
	f->secure_boot = read_secure_boot(host);
	f->keyrings_known = !*host->root && keyring_inspect("ima", &f->ima_keys, NULL) == 0 &&
			    keyring_inspect("evm", &f->evm_keys, NULL) == 0;
	(void)host_line(host, "/proc/cmdline", f->cmdline, sizeof(f->cmdline));
	*ret_facts = *f;
	return 0;
}

int facts_pcr_proves(const struct host *host, unsigned int pcr, const struct buf *record,
		     enum facts_proof *ret_proof, struct err *err)
{
	char path[64];
	char line[2 * HASH_SIZE_MAX + 2];
	char want[65];
	struct digest d;

	*ret_proof = PROOF_UNKNOWN;
	(void)snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-sha256/%u", pcr);
	if (!host_line(host, path, line, sizeof(line)))
		return 0;
	if (record_pcr_value(record->data, record->len, &d, err) < 0)
		return -1;
	hex_format(d.data, d.len, want);
	*ret_proof = strcasecmp(line, want) == 0 ? PROOF_YES : PROOF_NO;
	return 0;
}
