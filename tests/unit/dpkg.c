/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dpkg's database: packages, files, digests, owners, and databases that are damaged. */
#include "sig/dpkg.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "unit/unit.h"

#define MD5_A "0cc175b9c0f1b6a831c399e269772661"
#define MD5_B "92eb5ffee6ae2fec3ad71c777531578f"
#define STANZA(name) \
	"Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\n"

static void free_db(struct dpkg **db)
{
	dpkg_free(*db);
}

static void free_files(struct dpkg_files **files)
{
	dpkg_files_free(*files);
}

#define AUTO_DB CLEANUP(free_db) struct dpkg *
#define AUTO_FILES CLEANUP(free_files) struct dpkg_files *

/* Writes a file below the root, its directories too. */
static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	struct err err = ERR_INIT;
	char *slash;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", unit_tmp(), path);
	slash = strrchr(full, '/');
	*slash = '\0';
	if (io_make_dirs(full, &err) < 0)
		abort();
	*slash = '/';
	f = fopen(full, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void link_to(const char *target, const char *path)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", unit_tmp(), path);
	if (symlink(target, full) < 0)
		abort();
}

/* A merged /usr, one package with a conffile, a script and a file in the old spelling. */
static void make_root(void)
{
	put("var/lib/dpkg/status",
	    STANZA("one") "Conffiles:\n /etc/one.conf " MD5_B "\n /etc/a b " MD5_A
			  " obsolete\n /etc/new newconffile\nDescription: x\n more\n\n"
			  "Package: gone\nStatus: deinstall ok config-files\n\n"
			  "Package: torn\nStatus: install reinstreq half-installed\nArchitecture: "
			  "all\n\n" STANZA("libm") "Multi-Arch: same\n\n" STANZA("two"));
	put("var/lib/dpkg/info/format", "1\n");
	put("var/lib/dpkg/info/one.list", "/.\n/bin\n/bin/tool\n/etc\n/etc/one.conf\n/etc/a b\n"
					  "/etc/new\n/usr/share/x\\x2dy\n/usr/bin/same");
	put("var/lib/dpkg/info/one.md5sums",
	    MD5_A "  bin/tool\n" MD5_B "  usr/share/x\\x2dy\n" MD5_A "  ./usr/bin/same\n");
	put("var/lib/dpkg/info/one.postinst", "#!/bin/sh\n");
	put("var/lib/dpkg/info/libm:amd64.list", "/usr/lib/libm.so\n");
	put("var/lib/dpkg/info/two.list", "/usr/bin/same\n");
	put("var/lib/dpkg/diversions", "/usr/bin/same\n/usr/bin/same.one\ntwo\n");
	put("usr/bin/tool", "a");
	link_to("usr/bin", "bin");
}

static const struct dpkg_package *by_name(const struct dpkg *db, const char *name)
{
	size_t pos = 0;

	return dpkg_find(db, name, &pos);
}

static bool owned_by(const struct dpkg *db, const char *path, const char *name)
{
	const struct dpkg_package *owner = dpkg_owner(db, path);

	return name ? owner && strcmp(owner->name, name) == 0 : !owner;
}

/* The file of the package with that path. */
static bool find_file(struct dpkg_files *files, const char *path, struct dpkg_file *ret)
{
	struct err err = ERR_INIT;
	bool more = true;

	while (dpkg_files_next(files, ret, &more, &err) == 0 && more)
		if (strcmp(ret->path, path) == 0)
			return true;
	return false;
}

static bool md5_is(const struct dpkg_file *file, const char *hex)
{
	char text[2 * DPKG_MD5_SIZE + 1];

	hex_format(file->md5, DPKG_MD5_SIZE, text);
	return file->has_md5 && strcmp(text, hex) == 0;
}

static void packages_and_their_states(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;
	size_t pos = 0;

	make_root();
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(dpkg_count(db) == 5);
	CHECK(strcmp(dpkg_at(db, 0)->version, "1-1") == 0);
	CHECK(strcmp(dpkg_at(db, 0)->arch, "amd64") == 0);
	CHECK(dpkg_is_unpacked(by_name(db, "one")));
	CHECK(!dpkg_is_unpacked(by_name(db, "gone")));
	CHECK(!dpkg_is_unpacked(by_name(db, "torn")) && by_name(db, "torn")->broken);
	CHECK(strcmp(dpkg_state_name(by_name(db, "torn")->state), "half-installed") == 0);
	CHECK(dpkg_find(db, "libm:amd64", &pos) && !dpkg_find(db, "libm:amd64", &pos));
	CHECK(!by_name(db, "libm:i386") && !by_name(db, "li"));
}

static void files_with_their_digests(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;
	AUTO_FILES files = NULL;
	struct dpkg_file f;

	make_root();
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK_OK(dpkg_files_open(db, by_name(db, "one"), &files, &err), &err);
	CHECK(find_file(files, "/usr/bin/tool", &f) && md5_is(&f, MD5_A));
	CHECK(f.role == DPKG_FILE_PLAIN);
	CHECK(find_file(files, "/etc/one.conf", &f) && md5_is(&f, MD5_B));
	CHECK(f.role == DPKG_FILE_CONFFILE);
	CHECK(find_file(files, "/etc/a b", &f) && md5_is(&f, MD5_A));
	CHECK(find_file(files, "/etc/new", &f) && !f.has_md5 && f.role == DPKG_FILE_CONFFILE);
	CHECK(find_file(files, "/usr/share/x\\x2dy", &f) && md5_is(&f, MD5_B));
	CHECK(find_file(files, "/usr/bin/same.one", &f) && md5_is(&f, MD5_A));
	CHECK(find_file(files, "/var/lib/dpkg/info/one.postinst", &f));
	CHECK(f.role == DPKG_FILE_SCRIPT && !f.has_md5);
	CHECK(!find_file(files, "anything", &f));
}

static void owners_in_both_spellings(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	make_root();
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(owned_by(db, "/bin/tool", "one") && owned_by(db, "/usr/bin/tool", "one"));
	CHECK(owned_by(db, "/usr/bin/same", "two") && owned_by(db, "/bin/same.one", "one"));
	CHECK(owned_by(db, "/usr/lib/libm.so", "libm"));
	CHECK(owned_by(db, "/var/lib/dpkg/info/one.postinst", "one"));
	CHECK(owned_by(db, "/var/lib/dpkg/info/one.list", NULL));
	CHECK(owned_by(db, "/usr/bin/other", NULL) && owned_by(db, "/home/tool", NULL));
	CHECK(owned_by(db, "tool", NULL) && owned_by(db, "/", NULL) && owned_by(db, "", NULL));
}

static void unmerged_updates_count(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	make_root();
	put("var/lib/dpkg/updates/0000",
	    "Package: one\nStatus: install ok half-configured\nVersion: 2\n");
	put("var/lib/dpkg/updates/0001", "Package: three\nStatus: install ok unpacked\n");
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(dpkg_count(db) == 6);
	CHECK(by_name(db, "one")->state == DPKG_HALF_CONFIGURED);
	CHECK(strcmp(by_name(db, "one")->version, "2") == 0);
	CHECK(dpkg_is_unpacked(by_name(db, "three")) && !by_name(db, "three")->listed);
}

static void a_package_without_digests(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;
	AUTO_FILES files = NULL;
	struct dpkg_file f;

	make_root();
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK_OK(dpkg_files_open(db, by_name(db, "two"), &files, &err), &err);
	CHECK(find_file(files, "/usr/bin/same", &f) && !f.has_md5);
}

/* The status text makes loading fail with words that contain part. */
static bool status_fails(const char *text, const char *part)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	put("var/lib/dpkg/status", text);
	return dpkg_load(unit_tmp(), &db, &err) == -1 && strstr(err.text, part);
}

static void damaged_status(void)
{
	put("var/lib/dpkg/info/format", "1\n");
	CHECK(status_fails("Package: a\n\n", "status:2: a paragraph without a Status"));
	CHECK(status_fails("Status: install ok installed\n", "without a Package"));
	CHECK(status_fails("Package: ../x\nStatus: install ok installed\n", "malformed"));
	CHECK(status_fails("Package: a\nStatus: install ok weird\n", "'weird'"));
	CHECK(status_fails("Package: a\nStatus:\n", "unknown package state"));
	CHECK(status_fails("Package: a\njunk\n", "status:2: not a field"));
	CHECK(status_fails(" x\n", "status:1: not a field"));
}

static void damaged_digests(void)
{
	static const char *const bad[] = { "short\n", MD5_A "  \n", MD5_A " ./\n",
					   "0cc175b9c0f1b6a831c399e26977266g  bin/tool\n",
					   MD5_A "_bin/tool\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;
		AUTO_DB db = NULL;
		AUTO_FILES files = NULL;

		put("var/lib/dpkg/status", STANZA("one"));
		put("var/lib/dpkg/info/one.list", "/x\n");
		put("var/lib/dpkg/info/one.md5sums", bad[i]);
		CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
		CHECK_FAILS(dpkg_files_open(db, by_name(db, "one"), &files, &err), &err,
			    "one.md5sums: line 1");
	}
}

static void damaged_conffiles(void)
{
	static const char *const bad[] = { " /etc/x abc\n", " " MD5_A "\n", " /etc/x obsolete\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;
		AUTO_DB db = NULL;
		AUTO_FILES files = NULL;
		char text[256];

		(void)snprintf(text, sizeof(text), "%sConffiles:\n%s", STANZA("one"), bad[i]);
		put("var/lib/dpkg/status", text);
		put("var/lib/dpkg/info/one.list", "/x\n");
		CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
		CHECK_FAILS(dpkg_files_open(db, by_name(db, "one"), &files, &err), &err,
			    "conffiles of one: line 1");
	}
}

static void damaged_diversions(void)
{
	static const char *const bad[] = { "/a\n", "/a\n/b\n", "a\n/b\n:\n", "/a\n/b\n\n" };

	make_root();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;
		AUTO_DB db = NULL;

		put("var/lib/dpkg/diversions", bad[i]);
		CHECK_FAILS(dpkg_load(unit_tmp(), &db, &err), &err, "diversion");
	}
}

static void a_local_diversion_concerns_all(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	make_root();
	put("var/lib/dpkg/diversions", "/bin/tool\n/opt/tool.orig\n:\n");
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(owned_by(db, "/opt/tool.orig", "one") && owned_by(db, "/usr/bin/tool", NULL));
}

static void directories_that_are_links(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	put("var/lib/dpkg/status", STANZA("one"));
	put("var/lib/dpkg/info/one.list", "/a/b/x\n/c/x2\n/loop/y\n");
	put("srv/real/b/x", "");
	link_to("/srv/../srv/./real", "a");
	link_to("a/b", "c");
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(owned_by(db, "/srv/real/b/x", "one") && owned_by(db, "/srv/real/b/x2", "one"));
	dpkg_free(take_ptr(&db));
	link_to("loop", "loop");
	CHECK_FAILS(dpkg_load(unit_tmp(), &db, &err), &err, "symbolic links");
}

static void no_database_is_an_error(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	CHECK_FAILS(dpkg_load("/nonexistent", &db, &err), &err, "/nonexistent");
	CHECK_FAILS(dpkg_load("/proc", &db, &err), &err, "/proc/var/lib/dpkg");
}

static void an_unknown_format_is_refused(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	make_root();
	put("var/lib/dpkg/info/format", "2\n");
	CHECK_FAILS(dpkg_load(unit_tmp(), &db, &err), &err, "info/format: a version");
	put("var/lib/dpkg/info/format", "0\n");
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
}

static void lists_without_names_are_passed_over(void)
{
	struct err err = ERR_INIT;
	AUTO_DB db = NULL;

	put("var/lib/dpkg/status", STANZA("one") "\n\n\n" STANZA("empty"));
	put("var/lib/dpkg/info/one.list", "\n/.\n\nrelative\n/dir/\n/ok\n");
	put("var/lib/dpkg/info/empty.list", "");
	CHECK_OK(dpkg_load(unit_tmp(), &db, &err), &err);
	CHECK(owned_by(db, "/ok", "one") && owned_by(db, "/relative", NULL));
}

static const struct unit_case cases[] = {
	CASE(packages_and_their_states),
	CASE(files_with_their_digests),
	CASE(owners_in_both_spellings),
	CASE(unmerged_updates_count),
	CASE(a_package_without_digests),
	CASE(damaged_status),
	CASE(damaged_digests),
	CASE(damaged_conffiles),
	CASE(damaged_diversions),
	CASE(a_local_diversion_concerns_all),
	CASE(directories_that_are_links),
	CASE(no_database_is_an_error),
	CASE(lists_without_names_are_passed_over),
	CASE(an_unknown_format_is_refused),
	CASE_END,
};
UNIT_MAIN(cases)
