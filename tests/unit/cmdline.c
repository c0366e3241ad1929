/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel parameters: which are refused, however they are written, and which are not. */
#include "proto/cmdline.h"

#include "unit/unit.h"

static bool refused(const char *text)
{
	struct settings settings;
	struct cmdline_refusal refusal;
	size_t pos = 0;

	settings_default(&settings);
	return cmdline_next_refusal(text, &settings, &pos, &refusal);
}

static const char *const harmless[] = {
	"",
	"   ",
	"BOOT_IMAGE=/boot/vmlinuz-6.1.0-9-amd64 root=UUID=0a-1b ro quiet splash",
	"console=tty0 console=ttyS0,115200n8 panic=30 loglevel=3 debug",
	"ima_appraise=enforce ima_policy=tcb ima_policy=\"tcb|critical_data\" ima_hash=sha512",
	"ima_template=ima-sigv2 integrity_audit=1 audit=1 audit_backlog_limit=8192",
	"lsm=landlock,lockdown,yama,integrity,apparmor security=apparmor apparmor=1",
	"init=/sbin/init rdinit=/init boot=local resume= noresume",
	"systemd.show_status=1 systemd.debug_shell=0 systemd.log_level=debug",
	"systemd.debug_shell=FALSE systemd.volatile=no audit=on audit=1 module.sig_enforce=on",
	"module.sig_enforce=1 lockdown=confidentiality mitigations=auto,nosmt",
	"initrd=\\EFI\\debian\\initrd.img BOOT_IMAGE=\\vmlinuz TERM=linux LC_ALL=C",
	"-- splash --- 3 5 nosingle emergency_x 1x=1",
	"netdev=aa:bb:cc:dd:ee:ff,cc:cc:cc:cc:cc:cc cc:dd=1",
	"rescue=no_such_flag dyndbg=\"file drivers/usb/* +p\"",
};

static const char *const harmful[] = {
	"ima_appraise=off",
	"ima_appraise=log",
	"ima_appraise=fix",
	"ima_appraise=enforce2",
	"ima_appraise",
	"ima-appraise=off",
	"\"ima_appraise=off\"",
	"ima_appraise=\"off\"",
	"'ima_appraise=off'",
	"quiet\tima_appraise=off",
	"x=\"a ima_appraise=off b\"",
	"ima_policy=appraise_tcb",
	"ima_policy=secure_boot",
	"ima_policy=tcb|appraise_tcb",
	"ima_policy=\"tcb | appraise_tcb\"",
	"ima_appraise_tcb",
	"ima_template=ima",
	"ima_template=ima-ng",
	"ima_template_fmt=d",
	"ima_hash=md5",
	"evm=fix",
	"evm=off",
	"lsm=yama,apparmor",
	"lsm=",
	"lsm=xintegrity",
	"lsm=lockdown,integrity",
	"lsm=yama,integrity",
	"ima_appraise_tcb2",
	"initcall_blacklist=init_ima",
	"module.sig_enforce=0",
	"module.sig-enforce=n",
	"audit=0",
	"audit=off",
	"audit=OFF",
	"audit=Off",
	"module.sig_enforce=No",
	"module.sig_enforce=False",
	"module.sig_enforce=0x",
	"init=/bin/bash",
	"init=",
	"init=/sbin/init2",
	"rdinit=/bin/sh",
	"break",
	"break=top",
	"boot=../dev/console",
	"boot=/dev/x",
	"log_output=/dev/null",
	"cryptopts=source=/dev/x,keyscript=/bin/sh",
	"resume=/dev/sdb1",
	"acpi_rsdp=0x1000",
	"efivar_ssdt=evil",
	"kgdboc=ttyS0",
	"kgdbwait",
	"systemd.unit=rescue.target",
	"systemd.wants=debug-shell.service",
	"systemd.mask=apparmor.service",
	"systemd.debug_shell",
	"systemd.debug-shell=1",
	"systemd.debug-shell=yes",
	"systemd.run=\"/bin/sh -c x\"",
	"cloud-config-url=http://x/",
	"url=http://x/",
	"cc:%20runcmd:%20[x]",
	"x=aa:cc:%20runcmd:%20[x]",
	"cc:aa:%201\\nruncmd:%20[x] end_cc",
	"ds=nocloud;s=http://x/",
	"live-config.hooks=http://x/",
	"systemd.setenv=LD_PRELOAD=/x",
	"systemd.set_credential=passwd.hashed-password.root:x",
	"rescue",
	"emergency",
	"single",
	"s",
	"S",
	"1",
	"-b",
	"-s",
	"-- --unit=rescue.target",
	"\"-b\"",
	"'-b'",
	"\"'-b'\"",
	"-- \"--unit=rescue.target\"",
	"quiet\xa0ima_appraise=off",
	"root=LABEL=\xc3\xa4",
	"quiet\x01",
	"quiet\x7f",
	"systemd.mount-extra=/dev/sdb1:/usr:ext4",
	"systemd.swap-extra=/dev/sdb1",
	"systemd.volatile=yes",
	"systemd.volatile",
	"systemd.verity=yes",
	"systemd.verity_root_data=/dev/sdb1",
	"systemd.early_core_pattern=|/bin/sh",
	"sysctl.kernel.modprobe=/root/x",
	"sysctl/kernel/modprobe=/root/x",
	"systemd.pull=tar,machine:https://example.com/x",
	"firmware_class.path=/root",
	"--crash-shell",
	"LD_PRELOAD=/root/evil.so",
	"LD_TRACE_LOADED_OBJECTS=1",
	"GLIBC_TUNABLES=x",
	"OPENSSL_CONF=/root/x",
	"PS4=$(sh)",
	"PATH=/root/bin",
	"ENV=x",
	"blacklist=x\\ninstall\\tvirtio_blk\\t/bin/sh",
	"ima_appraise=enforce ima_appraise=off",
};

static void the_harmless_pass(void)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (refused(harmless[i]))
			unit_fail(__FILE__, __LINE__, "passes", harmless[i]);
}

static void the_harmful_are_refused(void)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (!refused(harmful[i]))
			unit_fail(__FILE__, __LINE__, "is refused", harmful[i]);
}

static void each_is_found_in_turn(void)
{
	const char *text = "quiet ima_appraise=off ro break=mount evm=fix";
	struct settings settings;
	struct cmdline_refusal refusal;
	size_t pos = 0;

	settings_default(&settings);
	CHECK(cmdline_next_refusal(text, &settings, &pos, &refusal));
	CHECK_STR(refusal.param, "ima_appraise=off");
	CHECK_STR(refusal.why, "turns appraisal off");
	CHECK(cmdline_next_refusal(text, &settings, &pos, &refusal));
	CHECK_STR(refusal.param, "break=mount");
	CHECK(cmdline_next_refusal(text, &settings, &pos, &refusal));
	CHECK_STR(refusal.param, "evm=fix");
	CHECK(!cmdline_next_refusal(text, &settings, &pos, &refusal));
}

static void only_the_recorded_init_passes(void)
{
	struct settings settings;
	struct cmdline_refusal refusal;
	size_t pos = 0;

	settings_default(&settings);
	(void)snprintf(settings.init[0], sizeof(settings.init[0]), "/opt/init");
	settings.n_init = 1;
	CHECK(!cmdline_next_refusal("init=/opt/init", &settings, &pos, &refusal));
	pos = 0;
	CHECK(cmdline_next_refusal("init=/sbin/init", &settings, &pos, &refusal));
}

static void what_the_record_does_not_want_may_be_left_out(void)
{
	struct settings settings;
	struct cmdline_refusal refusal;
	size_t pos = 0;

	settings_default(&settings);
	settings.ptrace_scope = 0;
	settings.lockdown = LOCKDOWN_OFF;
	CHECK(!cmdline_next_refusal("lsm=integrity", &settings, &pos, &refusal));
	pos = 0;
	CHECK(cmdline_next_refusal("lsm=yama,lockdown", &settings, &pos, &refusal));
}

static void too_long_is_refused(void)
{
	char text[CMDLINE_PARAM_MAX + 8];

	memset(text, 'x', sizeof(text));
	text[CMDLINE_PARAM_MAX - 1] = '\0';
	CHECK(!refused(text));
	text[CMDLINE_PARAM_MAX - 1] = 'x';
	text[CMDLINE_PARAM_MAX] = '\0';
	CHECK(refused(text));
}

static const struct unit_case cases[] = {
	CASE(the_harmless_pass),
	CASE(the_harmful_are_refused),
	CASE(each_is_found_in_turn),
	CASE(only_the_recorded_init_passes),
	CASE(what_the_record_does_not_want_may_be_left_out),
	CASE(too_long_is_refused),
	CASE_END,
};
UNIT_MAIN(cases)
