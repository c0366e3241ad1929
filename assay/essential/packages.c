/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What packages count on without saying so, and what building an initramfs takes. */
#include <stdlib.h>
#include <string.h>

#include "assay/essential/essential.h"
#include "assay/host/packages.h"

#define ESSENTIAL "installing packages and disabling Assay"
#define STATUS DPKG_ADMIN_DIR "/status"

/* Documentation is never executed, and is most of the files. */
static bool is_data(const char *path)
{
	return strncmp(path, "/usr/share/", strlen("/usr/share/")) == 0 &&
	       strncmp(path, "/usr/share/initramfs-tools/",
		       strlen("/usr/share/initramfs-tools/")) != 0;
}

static int add_package(const struct host *host, const struct dpkg *db,
		       const struct dpkg_package *package, struct paths *set, struct err *err)
{
	struct dpkg_files *files = NULL;
	struct dpkg_file file;
	bool more = true;
	int rc = dpkg_files_open(db, package, &files, err);

	while (rc == 0 && (rc = dpkg_files_next(files, &file, &more, err)) == 0 && more)
		if (file.role != DPKG_FILE_SCRIPT && !is_data(file.path))
			rc = essential_add(host, file.path, ESSENTIAL, set, err);
	dpkg_files_free(files);
	return rc;
}

static int add_named(const struct host *host, const struct dpkg *db, const char *name,
		     struct paths *set, struct err *err)
{
	const struct dpkg_package *package;
	size_t pos = 0;

	while ((package = dpkg_find(db, name, &pos)) != NULL)
		if (dpkg_is_unpacked(package) && add_package(host, db, package, set, err) < 0)
			return -1;
	return 0;
}

/* Each paragraph of the status file that says "Essential: yes". */
static int add_essential(const struct host *host, const struct dpkg *db, struct paths *set,
			 struct err *err)
{
	AUTO_BUF text = BUF_INIT(DPKG_STATUS_MAX);
	const char *name = NULL;
	char *save = NULL;

	if (host_read(host, STATUS, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		if (strncmp(line, "Package: ", strlen("Package: ")) == 0)
			name = line + strlen("Package: ");
		else if (name && strcmp(line, "Essential: yes") == 0 &&
			 add_named(host, db, name, set, err) < 0)
			return -1;
	}
	return 0;
}

int essential_packages(const struct host *host, struct paths *set, struct err *err)
{
	static const char *const names[] = { "klibc-utils",	     "libklibc", "initramfs-tools",
					     "initramfs-tools-core", "kmod",	 "busybox" };
	struct dpkg *db = NULL;
	int rc = packages_load(host, &db, err);

	if (rc == 0 && db)
		rc = add_essential(host, db, set, err);
	for (size_t i = 0; i < ARRAY_LEN(names) && rc == 0 && db; i++)
		rc = add_named(host, db, names[i], set, err);
	dpkg_free(db);
	return rc;
}
