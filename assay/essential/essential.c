/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What booting and logging in need: fixed places, and what configuration names. */
#include "assay/essential/essential.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define BOOT "booting"
#define LOGIN "logging in"
#define PACKAGES "installing packages"
#define OWN "disabling Assay again"

static const struct {
	const char *pattern;
	const char *why;
} places[] = {
	{ "/usr/lib/systemd/*", BOOT },
	{ "/usr/lib/systemd/system-generators/*", BOOT },
	{ "/etc/systemd/system-generators/*", BOOT },
	{ "/run/systemd/system-generators/*", BOOT },
	{ "/usr/local/lib/systemd/system-generators/*", BOOT },
	{ "/usr/lib/systemd/system-environment-generators/*", BOOT },
	{ "/etc/systemd/system-environment-generators/*", BOOT },
	{ "/usr/lib/systemd/system-shutdown/*", BOOT },
	{ "/usr/lib/udev/*", BOOT },
	{ "/usr/lib/*/libnss_*.so*", LOGIN },
	{ "/usr/lib/*/security/*.so", LOGIN },
	{ "/usr/lib/security/*.so", LOGIN },
	{ "/usr/bin/login", LOGIN },
	{ "/bin/login", LOGIN },
	{ "/sbin/agetty", LOGIN },
	{ "/sbin/sulogin", LOGIN },
	{ "/sbin/unix_chkpwd", LOGIN },
	{ "/usr/sbin/unix_chkpwd", LOGIN },
	{ "/usr/bin/su", LOGIN },
	{ "/usr/bin/sudo", LOGIN },
	{ "/usr/bin/sudoers", LOGIN },
	{ "/usr/libexec/sudo/*.so*", LOGIN },
	{ "/usr/lib/sudo/*.so*", LOGIN },
	{ "/usr/bin/passwd", LOGIN },
	{ "/usr/sbin/sshd", LOGIN },
	{ "/usr/lib/openssh/*", LOGIN },
	{ "/etc/update-motd.d/*", LOGIN },
	{ "/sbin/modprobe", BOOT },
	{ "/sbin/fsck*", BOOT },
	{ "/sbin/e2fsck", BOOT },
	{ "/bin/mount", BOOT },
	{ "/bin/umount", BOOT },
	{ "/sbin/swapon", BOOT },
	{ "/sbin/ldconfig", BOOT },
	{ "/bin/sh", BOOT },
	{ "/bin/bash", LOGIN },
	{ "/usr/bin/dpkg*", PACKAGES },
	{ "/usr/bin/apt*", PACKAGES },
	{ "/usr/lib/apt/*", PACKAGES },
	{ "/usr/lib/apt/methods/*", PACKAGES },
	{ "/usr/lib/dpkg/*", PACKAGES },
	{ "/usr/lib/dpkg/methods/*/*", PACKAGES },
	{ "/usr/bin/assay", OWN },
	{ "/usr/lib/assay/*", OWN },
	{ "/usr/sbin/update-initramfs", OWN },
	{ "/usr/sbin/mkinitramfs", OWN },
	{ "/usr/share/initramfs-tools/hooks/*", OWN },
	{ "/etc/initramfs-tools/hooks/*", OWN },
	{ "/usr/bin/cpio", OWN },
	{ "/bin/cpio", OWN },
	{ "/usr/bin/zstd", OWN },
	{ "/bin/gzip", OWN },
};

int essential_glob(const struct host *host, const char *pattern, essential_glob_fn fn, void *ctx,
		   struct err *err)
{
	char full[HOST_PATH_MAX];
	size_t skip = strlen(host->root);
	glob_t found = { .gl_pathc = 0 };
	int rc;

	if (host_path(host, pattern, full, err) < 0)
		return -1;
	rc = glob(full, 0, NULL, &found);
	if (rc == GLOB_NOSPACE)
		rc = err_set(err, "out of memory");
	else
		rc = 0;
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = fn(host, found.gl_pathv[i] + skip, ctx, err);
	globfree(&found);
	return rc;
}

int essential_add(const struct host *host, const char *path, const char *why, struct paths *set,
		  struct err *err)
{
	AUTO_STR real = NULL;
	AUTO_FD fd = -1;

	if (host_resolve(host, path, &real, err) < 0)
		return -1;
	if (!real)
		return 0;
	fd = host_open(host, real); /* directories and devices are nothing to execute */
	return fd < 0 ? 0 : paths_add(set, real, why, NULL, err);
}

/* A command without a slash is looked for where systemd and login shells do. */
int essential_add_command(const struct host *host, const char *word, const char *why,
			  struct paths *set, struct err *err)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin" };
	char path[HOST_PATH_MAX];

	if (strchr(word, '%') || !*word)
		return 0;
	if (*word == '/')
		return essential_add(host, word, why, set, err);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", dirs[i], word);

		if (n > 0 && (size_t)n < sizeof(path) && host_has(host, path))
			return essential_add(host, path, why, set, err);
	}
	return 0;
}

struct add_ctx {
	struct paths *set;
	const char *why;
};

static int add_found(const struct host *host, const char *path, void *ctx, struct err *err)
{
	const struct add_ctx *a = ctx;

	return essential_add(host, path, a->why, a->set, err);
}

int essential_shells(const struct host *host, struct paths *set, struct err *err)
{
	AUTO_BUF text = BUF_INIT(1 << 20);
	char *save = NULL;

	if (host_read(host, "/etc/passwd", &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		const char *shell = strrchr(line, ':');

		if (shell && shell[1] == '/' && essential_add(host, shell + 1, LOGIN, set, err) < 0)
			return -1;
	}
	return 0;
}

int essential_collect(const struct host *host, const struct settings *settings, struct paths *set,
		      struct err *err)
{
	for (size_t i = 0; i < settings->n_init; i++)
		if (essential_add(host, settings->init[i], BOOT, set, err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct add_ctx a = { .set = set, .why = places[i].why };

		if (essential_glob(host, places[i].pattern, add_found, &a, err) < 0)
			return -1;
	}
	if (essential_shells(host, set, err) < 0 || essential_units(host, set, err) < 0 ||
	    essential_udev(host, set, err) < 0 || essential_modules(host, set, err) < 0 ||
	    essential_login(host, set, err) < 0 || essential_network(host, set, err) < 0 ||
	    essential_packages(host, set, err) < 0)
		return -1;
	return essential_close(host, set, err);
}
