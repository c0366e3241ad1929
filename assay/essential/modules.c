/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules that are loaded, as every installed kernel has them, and their firmware. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/essential/essential.h"
#include "assay/host/facts.h"

#define BOOT "booting"
#define MODULES_DIR "/lib/modules/"
#define MODULES_DEP "/modules.dep"
#define FIRMWARE_DIR "/lib/firmware/"
#define MODULES_DEP_MAX (16U << 20) /* bytes of modules.dep */
#define PROC_MODULES_MAX (4U << 20) /* bytes of /proc/modules */
#define MODULE_MAX (64U << 20)	    /* bytes of a module whose firmware is looked for */
#define MODULE_NAME_MAX 64	    /* bytes, include/linux/module.h MODULE_NAME_LEN */
#define FIRMWARE_KEY "firmware="    /* in .modinfo, between NULs: include/linux/moduleparam.h */

struct modules {
	struct paths *set;
	struct paths loaded;	      /* names */
	char release[FACTS_NAME_MAX]; /* of the kernel that runs */
};

/* The name as the kernel knows it, of "kernel/net/nf-tables.ko.xz": nf_tables. */
static void module_name(const char *path, size_t len, char ret_name[static MODULE_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = len; i > 0; i--)
		if (path[i - 1] == '/') {
			path += i;
			len -= i;
			break;
		}
	while (n < len && n < MODULE_NAME_MAX - 1 && path[n] != '.') {
		ret_name[n] = path[n] == '-' ? '_' : path[n];
		n++;
	}
	ret_name[n] = '\0';
}

static int loaded_names(const struct host *host, struct paths *ret_names, struct err *err)
{
	AUTO_BUF text = BUF_INIT(PROC_MODULES_MAX);
	char *save = NULL;

	if (host_read(host, "/proc/modules", &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		line[strcspn(line, " ")] = '\0';
		if (paths_add(ret_names, line, "", NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* As it is, or compressed: drivers/base/firmware_loader/main.c. */
static int add_firmware(const struct host *host, const char *name, size_t len, struct paths *set,
			struct err *err)
{
	static const char *const ends[] = { "", ".xz", ".zst" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO_STR path = NULL;

		if (asprintf(&path, FIRMWARE_DIR "%.*s%s", (int)len, name, ends[i]) < 0)
			return err_set(err, "out of memory");
		if (essential_add(host, path, BOOT, set, err) < 0)
			return -1;
	}
	return 0;
}

/* Of a module that is not compressed; of another the names can't be seen. */
static int add_firmware_of(const struct host *host, const char *module, struct paths *set,
			   struct err *err)
{
	AUTO_BUF image = BUF_INIT(MODULE_MAX);
	static const char key[] = "\0" FIRMWARE_KEY;
	const uint8_t *at;
	const uint8_t *end;

	if (host_read(host, module, &image, NULL, NULL) < 0 || !image.len)
		return 0; /* too large, or gone: the module itself is told of */
	end = image.data + image.len;
	for (at = image.data; (at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1));) {
		size_t len;

		at += sizeof(key) - 1;
		len = strnlen((const char *)at, (size_t)(end - at));
		if (len < HOST_PATH_MAX && add_firmware(host, (const char *)at, len, set, err) < 0)
			return -1;
	}
	return 0;
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko": the module, and what it needs in that kernel. */
static int add_line(const struct host *host, const struct modules *m, const char *dir, char *line,
		    struct err *err)
{
	char name[MODULE_NAME_MAX];
	char path[HOST_PATH_MAX];
	char *save = NULL;

	module_name(line, strcspn(line, ":"), name);
	if (!paths_find(&m->loaded, name))
		return 0;
	for (char *word = strtok_r(line, ": ", &save); word; word = strtok_r(NULL, ": ", &save)) {
		int n = snprintf(path, sizeof(path), "%s/%s", dir, word);

		if (n < 0 || (size_t)n >= sizeof(path))
			continue;
		if (essential_add(host, path, BOOT, m->set, err) < 0 ||
		    add_firmware_of(host, path, m->set, err) < 0)
			return -1;
	}
	return 0;
}

/* The kernel that runs, and every one that could be booted next. */
static bool is_bootable(const struct host *host, const struct modules *m, const char *release)
{
	char path[FACTS_NAME_MAX + sizeof("/boot/vmlinuz-")];
	int n = snprintf(path, sizeof(path), "/boot/vmlinuz-%s", release);

	return strcmp(release, m->release) == 0 ||
	       (n > 0 && (size_t)n < sizeof(path) && host_has(host, path));
}

static int add_kernel(const struct host *host, const char *path, void *ctx, struct err *err)
{
	AUTO_BUF dep = BUF_INIT(MODULES_DEP_MAX);
	struct modules *m = ctx;
	AUTO_STR dir = strndup(path, strlen(path) - strlen(MODULES_DEP));
	char *save = NULL;

	if (!dir)
		return err_set(err, "out of memory");
	if (!is_bootable(host, m, dir + strlen(MODULES_DIR)))
		return 0;
	if (host_read(host, path, &dep, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&dep, &save));)
		if (add_line(host, m, dir, line, err) < 0)
			return -1;
	return 0;
}

int essential_modules(const struct host *host, struct paths *set, struct err *err)
{
	struct modules m = { .set = set, .loaded = PATHS_INIT };
	int rc;

	(void)host_line(host, "/proc/sys/kernel/osrelease", m.release, sizeof(m.release));
	rc = loaded_names(host, &m.loaded, err);
	if (rc == 0 && m.loaded.n)
		rc = essential_glob(host, MODULES_DIR "*" MODULES_DEP, add_kernel, &m, err);
	paths_done(&m.loaded);
	return rc;
}
