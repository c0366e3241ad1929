/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the mount to the devices below it. */
#include "lock/root_fs.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/attr.h"
#include "base/io.h"

#define MOUNTS_MAX (1U << 20) /* bytes */
#define FIELDS_MAX 32
#define PATH_BYTES 1024
#define DEPTH_MAX 8 /* devices one on the other */
#define UUID_MAX 256
#define UUID_DIGITS 32

/* proc(5): id, parent, major:minor, root, mount point, options, optional fields, "-", type, source.
 */
struct mount {
	const char *device;
	const char *source;
};

static bool split(char *line, struct mount *ret_mount)
{
	char *field[FIELDS_MAX], *state = NULL;
	size_t n = 0, dash;

	for (char *at = strtok_r(line, " ", &state); at && n < FIELDS_MAX;
	     at = strtok_r(NULL, " ", &state))
		field[n++] = at;
	if (n < 6 || strcmp(field[4], "/") != 0)
		return false;
	for (dash = 6; dash < n && strcmp(field[dash], "-") != 0; dash++)
		;
	ret_mount->device = field[2];
	ret_mount->source = dash + 2 < n ? field[dash + 2] : "";
	return true;
}

/* btrfs and others have a number that is no device's: then the source is asked. */
static bool device_of(const struct mount *m, char ret_number[static 32])
{
	struct stat st;

	(void)snprintf(ret_number, 32, "%.31s", m->device);
	if (strncmp(m->device, "0:", 2) != 0)
		return true;
	if (*m->source != '/' || stat(m->source, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	(void)snprintf(ret_number, 32, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return true;
}

static bool is_hung(const struct lock_blob *blob, const char *digits)
{
	for (size_t i = 0; i < blob->n_hangs; i++) {
		char plain[LOCK_HANG_NAME_MAX];
		size_t n = 0;

		for (const char *at = blob->hangs[i].name; *at; at++)
			if (*at != '-')
				plain[n++] = *at;
		plain[n] = '\0';
		if (blob->hangs[i].kind == LOCK_HANG_LUKS && n == UUID_DIGITS &&
		    strncmp(digits, plain, n) == 0 && digits[n] == '-')
			return true;
	}
	return false;
}

static enum lock_root_kind kind_of(const struct lock_blob *blob, const char *device)
{
	static const char luks[] = "CRYPT-LUKS2-", verity[] = "CRYPT-VERITY-";
	AUTO_BUF uuid = BUF_INIT(UUID_MAX);
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/dm/uuid", device);
	if (!io_exists(path) || io_read_file(path, &uuid, NULL) < 0)
		return LOCK_ROOT_OPEN;
	if (strncmp(buf_text(&uuid), verity, strlen(verity)) == 0)
		return LOCK_ROOT_VERITY;
	if (strncmp(buf_text(&uuid), luks, strlen(luks)) == 0 &&
	    is_hung(blob, buf_text(&uuid) + strlen(luks)))
		return LOCK_ROOT_LOCKED;
	return LOCK_ROOT_OPEN;
}

static enum lock_root_kind look(const struct lock_blob *blob, const char *device, int depth);

/* The weakest of those that it stands on; with none of them it is a disk. */
static enum lock_root_kind look_below(const struct lock_blob *blob, const char *device, int depth)
{
	enum lock_root_kind weakest = LOCK_ROOT_LOCKED;
	char path[PATH_BYTES], slave[PATH_BYTES];
	const struct dirent *e;
	AUTO_DIR dir = NULL;
	size_t n = 0;

	if (snprintf(path, sizeof(path), "%s/slaves", device) < (int)sizeof(path))
		dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		enum lock_root_kind kind = LOCK_ROOT_UNKNOWN;

		if (e->d_name[0] == '.')
			continue;
		n++;
		if (snprintf(slave, sizeof(slave), "%s/%s", path, e->d_name) < (int)sizeof(slave))
			kind = look(blob, slave, depth + 1);
		if (kind < weakest)
			weakest = kind;
	}
	return n ? weakest : LOCK_ROOT_OPEN;
}

/* A partition stands on the device that it is a part of. */
static enum lock_root_kind look(const struct lock_blob *blob, const char *device, int depth)
{
	enum lock_root_kind kind = kind_of(blob, device);
	char path[PATH_BYTES];

	if (kind != LOCK_ROOT_OPEN)
		return kind;
	if (depth == DEPTH_MAX)
		return LOCK_ROOT_UNKNOWN;
	if (snprintf(path, sizeof(path), "%s/partition", device) >= (int)sizeof(path))
		return LOCK_ROOT_UNKNOWN;
	if (!io_exists(path))
		return look_below(blob, device, depth);
	(void)snprintf(path, sizeof(path), "%s/..", device);
	return look(blob, path, depth + 1);
}

static void find(const struct lock_blob *blob, const struct mount *m, const char *sys,
		 struct lock_root *root)
{
	char number[32], device[PATH_BYTES];

	(void)snprintf(root->source, sizeof(root->source), "%s", m->source);
	root->kind = LOCK_ROOT_UNKNOWN;
	if (!device_of(m, number))
		return;
	(void)snprintf(device, sizeof(device), "%s/dev/block/%s", sys, number);
	if (io_exists(device))
		root->kind = look(blob, device, 0);
}

/* The last one that was mounted there is the one that is seen. */
void lock_root_find(const struct lock_blob *blob, const struct lock_root_from *from,
		    struct lock_root *ret_root)
{
	AUTO_BUF text = BUF_INIT(MOUNTS_MAX);
	char *state = NULL;

	*ret_root = (struct lock_root){ .kind = LOCK_ROOT_UNKNOWN };
	if (io_read_file(from->mountinfo, &text, NULL) < 0 || !text.len)
		return;
	for (char *line = buf_line(&text, &state); line; line = buf_line(&text, &state)) {
		struct mount m;

		if (split(line, &m))
			find(blob, &m, from->sys, ret_root);
	}
}

const char *lock_root_name(enum lock_root_kind kind)
{
	static const char *const names[] = { "unknown", "open", "verity", "locked" };

	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "unknown";
}

const char *lock_root_words(enum lock_root_kind kind)
{
	switch (kind) {
	case LOCK_ROOT_LOCKED:
		return "on a volume that hangs on the lock";
	case LOCK_ROOT_VERITY:
		return "on dm-verity: whoever has the disk reads it, and changes nothing";
	case LOCK_ROOT_OPEN:
		return "not on a locked volume: whoever has the disk changes what is no program, "
		       "boots what is approved, and reads what that opens";
	case LOCK_ROOT_UNKNOWN:
		break;
	}
	return "whether it is on a locked volume can't be told";
}
