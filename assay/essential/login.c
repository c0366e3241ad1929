/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sshd, PAM and the network are configured to run: how most operators get in. */
#include <stdio.h>
#include <string.h>

#include "assay/essential/essential.h"

#define LOGIN "logging in"
#define BLANKS " \t"
#define INIT_DIR "/etc/init.d/"

struct add_ctx {
	struct paths *set;
	essential_line_fn fn;
};

static int add_file(const struct host *host, const char *path, void *ctx, struct err *err)
{
	const struct add_ctx *a = ctx;

	return a->fn ? essential_lines(host, path, a->fn, a->set, err)
		     : essential_add(host, path, LOGIN, a->set, err);
}

/* "AuthorizedKeysCommand /usr/bin/x %u", "Subsystem sftp /usr/lib/x", "KEY=value": sshd_config(5).
 */
static int sshd_line(const struct host *host, char *line, void *ctx, struct err *err)
{
	static const char *const keys[] = { "AuthorizedKeysCommand", "AuthorizedPrincipalsCommand",
					    "ForceCommand", "Subsystem" };
	size_t n = strcspn(line, BLANKS "=");

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char *command = line + n + strspn(line + n, BLANKS "=");

		if (strlen(keys[i]) != n || strncasecmp(line, keys[i], n) != 0)
			continue;
		if (strcmp(keys[i], "Subsystem") == 0)
			command += strcspn(command, BLANKS);
		return essential_add_words(host, command, LOGIN, ctx, err);
	}
	return 0;
}

/* "auth required /opt/pam_x.so", "session optional pam_exec.so /usr/local/bin/x": pam.d(5). */
static int pam_line(const struct host *host, char *line, void *ctx, struct err *err)
{
	return *line == '#' ? 0 : essential_add_words(host, line, LOGIN, ctx, err);
}

/* "pre-up /usr/local/sbin/x || true": interfaces(5). */
static int interfaces_line(const struct host *host, char *line, void *ctx, struct err *err)
{
	static const char *const keys[] = { "pre-up", "up",	  "post-up",
					    "down",   "pre-down", "post-down" };
	size_t n = strcspn(line, BLANKS);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strlen(keys[i]) == n && strncmp(line, keys[i], n) == 0)
			return essential_add_words(host, line + n, LOGIN, ctx, err);
	return 0;
}

int essential_login(const struct host *host, struct paths *set, struct err *err)
{
	struct add_ctx sshd = { .set = set, .fn = sshd_line };
	struct add_ctx pam = { .set = set, .fn = pam_line };

	if (essential_lines(host, "/etc/ssh/sshd_config", sshd_line, set, err) < 0 ||
	    essential_glob(host, "/etc/ssh/sshd_config.d/*.conf", add_file, &sshd, err) < 0 ||
	    essential_lines(host, "/etc/pam.conf", pam_line, set, err) < 0)
		return -1;
	return essential_glob(host, "/etc/pam.d/*", add_file, &pam, err);
}

/* systemd-sysv-generator leaves out scripts that a unit stands for. */
static int init_script(const struct host *host, const char *path, void *ctx, struct err *err)
{
	static const char *const dirs[] = { "/etc/systemd/system", "/usr/lib/systemd/system" };
	const struct add_ctx *a = ctx;
	char unit[HOST_PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int n = snprintf(unit, sizeof(unit), "%s/%s.service", dirs[i],
				 path + strlen(INIT_DIR));

		if (n < 0 || (size_t)n >= sizeof(unit) || host_has(host, unit))
			return 0;
	}
	return essential_add(host, path, LOGIN, a->set, err);
}

int essential_network(const struct host *host, struct paths *set, struct err *err)
{
	static const char *const programs[] = {
		"/etc/network/if-*.d/*",
		"/etc/NetworkManager/dispatcher.d/*",
		"/etc/NetworkManager/dispatcher.d/*.d/*",
		"/usr/lib/NetworkManager/dispatcher.d/*",
		"/usr/lib/NetworkManager/dispatcher.d/*.d/*",
		"/usr/lib/NetworkManager/nm-*",
		"/etc/dhcp/dhclient-*-hooks.d/*",
		"/sbin/dhclient*",
		"/usr/sbin/dhclient*",
		"/sbin/dhcpcd",
		"/usr/sbin/dhcpcd",
		"/usr/lib/dhcpcd/*",
		"/sbin/ifup",
		"/sbin/ip",
		"/bin/ip",
		"/usr/lib/dbus-1.0/dbus-daemon-launch-helper",
	};
	struct add_ctx add = { .set = set };
	struct add_ctx interfaces = { .set = set, .fn = interfaces_line };

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (essential_glob(host, programs[i], add_file, &add, err) < 0)
			return -1;
	if (essential_lines(host, "/etc/network/interfaces", interfaces_line, set, err) < 0 ||
	    essential_glob(host, "/etc/network/interfaces.d/*", add_file, &interfaces, err) < 0)
		return -1;
	return essential_glob(host, INIT_DIR "*", init_script, &add, err);
}
