/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads dpkg's database and answers for its packages. */
#include "sig/dpkg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "sig/dpkg_db.h"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define OPEN_FILE (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define DIVERSIONS_FIRST 64

size_t dpkg_count(const struct dpkg *db)
{
	return db->n;
}

const struct dpkg_package *dpkg_at(const struct dpkg *db, size_t index)
{
	return &db->entry[index].package;
}

const struct dpkg_package *dpkg_find(const struct dpkg *db, const char *name, size_t *pos)
{
	const char *colon = strchr(name, ':');
	size_t len = colon ? (size_t)(colon - name) : strlen(name);

	while (*pos < db->n) {
		const struct dpkg_package *p = &db->entry[(*pos)++].package;

		if (strlen(p->name) != len || memcmp(p->name, name, len) != 0)
			continue;
		if (!colon || strcmp(p->arch, colon + 1) == 0)
			return p;
	}
	return NULL;
}

bool dpkg_is_unpacked(const struct dpkg_package *package)
{
	switch (package->state) {
	case DPKG_UNPACKED:
	case DPKG_HALF_CONFIGURED:
	case DPKG_TRIGGERS_AWAITED:
	case DPKG_TRIGGERS_PENDING:
	case DPKG_INSTALLED:
		return !package->broken;
	case DPKG_NOT_INSTALLED:
	case DPKG_CONFIG_FILES:
	case DPKG_HALF_INSTALLED:
		break;
	}
	return false;
}

bool dpkg_has_scripts(const struct dpkg_package *package)
{
	return dpkg_is_unpacked(package) ||
	       (package->state == DPKG_CONFIG_FILES && !package->broken);
}

/* "name:arch" where several architectures may be there; older databases know only "name". */
static int open_list(struct dpkg *db, struct dpkg_entry *e, int *ret_fd, struct err *err)
{
	const char *arch = e->package.multi_arch ? e->package.arch : "";
	char name[1024];
	int fd;

	for (;;) {
		(void)snprintf(name, sizeof(name), "%s%s%s.list", e->package.name, *arch ? ":" : "",
			       arch);
		fd = openat(db->info_fd, name, OPEN_FILE);
		if (fd >= 0 || errno != ENOENT || !*arch)
			break;
		arch = "";
	}
	if (fd < 0 && errno != ENOENT)
		return err_errno(err, "info/%s", name);
	e->file_name = strndup(name, strlen(name) - strlen(".list"));
	if (!e->file_name)
		return err_set(err, "out of memory");
	*ret_fd = fd;
	return 0;
}

static int list_load(struct dpkg *db, struct dpkg_entry *e, struct err *err)
{
	AUTO_FD fd = -1;

	if (e->package.state < DPKG_CONFIG_FILES)
		return 0;
	if (open_list(db, e, &fd, err) < 0)
		return -1;
	/* What a removed package left behind is nobody's; of itself, only its scripts are there. */
	if (fd < 0 || e->package.state == DPKG_CONFIG_FILES)
		return 0;
	e->package.listed = true;
	e->list_at = db->text.len;
	if (io_read_fd(fd, e->file_name, &db->text, err) < 0)
		return -1;
	e->list_len = db->text.len - e->list_at;
	if (e->list_len && memchr(db->text.data + e->list_at, '\0', e->list_len))
		return err_set(err, "info/%s.list: a NUL byte", e->file_name);
	return 0;
}

/* lib/dpkg/infodb-format.c: "1" since packages of several architectures, "0" or none before. */
static int format_check(const struct dpkg *db, struct err *err)
{
	AUTO_BUF text = BUF_INIT(16);
	AUTO_FD fd = openat(db->info_fd, "format", OPEN_FILE);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, "info/format");
	if (io_read_fd(fd, "info/format", &text, err) < 0)
		return -1;
	if (strcmp(buf_text(&text), "1\n") != 0 && strcmp(buf_text(&text), "0\n") != 0)
		return err_set(err, "info/format: a version that is not known here");
	return 0;
}

static int diversions_read(struct dpkg *db, int admin_fd, struct err *err)
{
	AUTO_FD fd = openat(admin_fd, "diversions", OPEN_FILE);
	AUTO_BUF text = BUF_INIT(DPKG_DIVERSIONS_MAX);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, "diversions");
	if (io_read_fd(fd, "diversions", &text, err) < 0)
		return -1;
	return buf_put(&db->text, text.data, text.len, err);
}

static int diversion_compare(const void *a, const void *b)
{
	const struct dpkg_span *x = &((const struct dpkg_diversion *)a)->from;
	const struct dpkg_span *y = &((const struct dpkg_diversion *)b)->from;
	int c = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* After the lists, since the text must not move any more. */
static int diversions_parse(struct dpkg *db, size_t len, struct err *err)
{
	struct rd r = rd_init(db->text.data, len);
	struct dpkg_diversion d;
	size_t cap = 0;
	bool more;

	for (;;) {
		if (dpkg_diversion_next(&r, &d, &more, err) < 0)
			return err_prepend(err, "diversions");
		if (!more)
			break;
		if (db->diversions == cap) {
			cap = cap ? 2 * cap : DIVERSIONS_FIRST;
			struct dpkg_diversion *grown =
				reallocarray(db->diversion, cap, sizeof(*grown));
			if (!grown)
				return err_set(err, "out of memory");
			db->diversion = grown;
		}
		db->diversion[db->diversions++] = d;
	}
	if (db->diversions)
		qsort(db->diversion, db->diversions, sizeof(d), diversion_compare);
	return 0;
}

static int load_from(struct dpkg *db, int admin_fd, struct err *err)
{
	size_t diversions;

	if (format_check(db, err) < 0 || dpkg_status_load(db, admin_fd, err) < 0 ||
	    diversions_read(db, admin_fd, err) < 0)
		return -1;
	diversions = db->text.len;
	for (size_t i = 0; i < db->n; i++)
		if (list_load(db, &db->entry[i], err) < 0)
			return -1;
	if (diversions_parse(db, diversions, err) < 0)
		return -1;
	return dpkg_index_build(db, err);
}

static void free_db(struct dpkg **db)
{
	dpkg_free(*db);
}

int dpkg_load(const char *root, struct dpkg **ret_db, struct err *err)
{
	CLEANUP(free_db) struct dpkg *db = calloc(1, sizeof(*db));
	AUTO_FD root_fd = open(*root ? root : "/", OPEN_DIR);
	AUTO_FD admin_fd = -1;

	if (!db)
		return err_set(err, "out of memory");
	db->info_fd = -1;
	db->text.max = DPKG_LISTS_MAX;
	if (root_fd < 0)
		return err_errno(err, "%s", *root ? root : "/");
	db->root = strndup(root, strcmp(root, "/") == 0 ? 0 : strlen(root));
	if (!db->root)
		return err_set(err, "out of memory");
	admin_fd = openat(root_fd, &DPKG_ADMIN_DIR[1], OPEN_DIR);
	if (admin_fd < 0)
		return err_errno(err, "%s%s", db->root, DPKG_ADMIN_DIR);
	db->info_fd = openat(admin_fd, "info", OPEN_DIR);
	if (db->info_fd < 0)
		return err_errno(err, "%s%s/info", db->root, DPKG_ADMIN_DIR);
	db->dirs.root_fd = root_fd;
	if (load_from(db, admin_fd, err) < 0)
		return err_prepend(err, "%s%s", db->root, DPKG_ADMIN_DIR);
	db->dirs.root_fd = -1;
	*ret_db = take_ptr(&db);
	return 0;
}

void dpkg_free(struct dpkg *db)
{
	int saved = errno;

	if (!db)
		return;
	for (size_t i = 0; i < db->n; i++) {
		free(db->entry[i].strings);
		free(db->entry[i].conffiles);
		free(db->entry[i].file_name);
	}
	free(db->entry);
	free(db->root);
	free(db->diversion);
	free(db->owned);
	free(db->slot);
	dpkg_dirs_done(&db->dirs);
	buf_done(&db->text);
	cleanup_fd(&db->info_fd);
	free(db);
	errno = saved;
}
