/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drop_capabilities= of the kernel command line: for init, and for the kernel's own helpers. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "initramfs/boot/parts.h"

#define CAPS_TEXT_MAX 1024 /* bytes of the list */

static const char *const cap_names[] = {
	[CAP_CHOWN] = "cap_chown",
	[CAP_DAC_OVERRIDE] = "cap_dac_override",
	[CAP_DAC_READ_SEARCH] = "cap_dac_read_search",
	[CAP_FOWNER] = "cap_fowner",
	[CAP_FSETID] = "cap_fsetid",
	[CAP_KILL] = "cap_kill",
	[CAP_SETGID] = "cap_setgid",
	[CAP_SETUID] = "cap_setuid",
	[CAP_SETPCAP] = "cap_setpcap",
	[CAP_LINUX_IMMUTABLE] = "cap_linux_immutable",
	[CAP_NET_BIND_SERVICE] = "cap_net_bind_service",
	[CAP_NET_BROADCAST] = "cap_net_broadcast",
	[CAP_NET_ADMIN] = "cap_net_admin",
	[CAP_NET_RAW] = "cap_net_raw",
	[CAP_IPC_LOCK] = "cap_ipc_lock",
	[CAP_IPC_OWNER] = "cap_ipc_owner",
	[CAP_SYS_MODULE] = "cap_sys_module",
	[CAP_SYS_RAWIO] = "cap_sys_rawio",
	[CAP_SYS_CHROOT] = "cap_sys_chroot",
	[CAP_SYS_PTRACE] = "cap_sys_ptrace",
	[CAP_SYS_PACCT] = "cap_sys_pacct",
	[CAP_SYS_ADMIN] = "cap_sys_admin",
	[CAP_SYS_BOOT] = "cap_sys_boot",
	[CAP_SYS_NICE] = "cap_sys_nice",
	[CAP_SYS_RESOURCE] = "cap_sys_resource",
	[CAP_SYS_TIME] = "cap_sys_time",
	[CAP_SYS_TTY_CONFIG] = "cap_sys_tty_config",
	[CAP_MKNOD] = "cap_mknod",
	[CAP_LEASE] = "cap_lease",
	[CAP_AUDIT_WRITE] = "cap_audit_write",
	[CAP_AUDIT_CONTROL] = "cap_audit_control",
	[CAP_SETFCAP] = "cap_setfcap",
	[CAP_MAC_OVERRIDE] = "cap_mac_override",
	[CAP_MAC_ADMIN] = "cap_mac_admin",
	[CAP_SYSLOG] = "cap_syslog",
	[CAP_WAKE_ALARM] = "cap_wake_alarm",
	[CAP_BLOCK_SUSPEND] = "cap_block_suspend",
	[CAP_AUDIT_READ] = "cap_audit_read",
	[CAP_PERFMON] = "cap_perfmon",
	[CAP_BPF] = "cap_bpf",
	[CAP_CHECKPOINT_RESTORE] = "cap_checkpoint_restore",
};

static int cap_number(const char *name, size_t len, unsigned int *ret_cap, struct err *err)
{
	for (unsigned int i = 0; i < ARRAY_LEN(cap_names); i++) {
		if (strlen(cap_names[i]) == len && strncasecmp(cap_names[i], name, len) == 0) {
			*ret_cap = i;
			return 0;
		}
	}
	return err_set(err, "drop_capabilities: %.*s: no such capability", (int)len, name);
}

static int parse_list(const char *list, uint64_t *ret_mask, struct err *err)
{
	uint64_t mask = 0;

	for (;;) {
		size_t len = strcspn(list, ",");
		unsigned int cap = 0;

		if (cap_number(list, len, &cap, err) < 0)
			return -1;
		mask |= UINT64_C(1) << cap;
		if (!list[len])
			break;
		list += len + 1;
	}
	*ret_mask = mask;
	return 0;
}

/* What the kernel starts by itself (modprobe, core dump handlers): two 32-bit words. */
static int drop_helpers(struct boot *boot, const char *path, uint64_t mask, struct err *err)
{
	char text[64];
	unsigned int low, high;

	if (env_read(boot->dirs.proc, path, text, sizeof(text), err) < 0)
		return -1;
	if (sscanf(text, "%u %u", &low, &high) != 2)
		return err_set(err, "%s: unexpected content", path);
	(void)snprintf(text, sizeof(text), "%u %u", low & ~(unsigned int)mask,
		       high & ~(unsigned int)(mask >> 32));
	return env_write(boot->dirs.proc, path, text, err);
}

static int drop_bounding(uint64_t mask, struct err *err)
{
	for (unsigned int cap = 0; cap < ARRAY_LEN(cap_names); cap++)
		if ((mask >> cap & 1) != 0 && prctl(PR_CAPBSET_DROP, cap) < 0)
			return err_errno(err, "drop_capabilities: %s", cap_names[cap]);
	return 0;
}

static int drop_own(uint64_t mask, struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) < 0)
		return err_errno(err, "drop_capabilities");
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		unsigned int word = (unsigned int)(mask >> (32 * i));

		data[i].effective &= ~word;
		data[i].permitted &= ~word;
		data[i].inheritable &= ~word;
	}
	return syscall(SYS_capset, &head, data) < 0 ? err_errno(err, "drop_capabilities") : 0;
}

int caps_drop(struct boot *boot, struct err *err)
{
	uint64_t mask;

	if (strlen(boot->options.caps) >= CAPS_TEXT_MAX)
		return err_set(err, "drop_capabilities: too long");
	if (parse_list(boot->options.caps, &mask, err) < 0 ||
	    drop_helpers(boot, "sys/kernel/usermodehelper/bset", mask, err) < 0 ||
	    drop_helpers(boot, "sys/kernel/usermodehelper/inheritable", mask, err) < 0 ||
	    drop_bounding(mask, err) < 0)
		return -1;
	return drop_own(mask, err);
}
