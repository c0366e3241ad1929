/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that were replaced in their place: what was is gone, and its events are found by name. */
#include <string.h>
#include <strings.h>

#include "base/rd.h"
#include "lock/predict_change.h"

#define NAME_MAX_BYTES 256
#define NODE_HEADER 4	      /* bytes: type, subtype, length */
#define NODE_FILE_PATH 0x0404 /* media device path, file path */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* GRUB's name of the file ends in it, behind a slash. */
static bool is_file(const struct lock_event *e, const char *name)
{
	size_t n = strlen(name);
	const struct boot_reading *r = &e->reading;

	return e->pcr == 9 && r->kind == BOOT_KIND_FILE && n && r->len > n &&
	       r->text[r->len - n - 1] == '/' && memcmp(r->text + r->len - n, name, n) == 0;
}

/* Of a UTF-16 path behind its last backslash, ASCII alone. */
static void last_name(struct rd path, char name[static NAME_MAX_BYTES])
{
	size_t n = 0;

	while (path.left && n < NAME_MAX_BYTES - 1) {
		uint16_t c = rd_le16(&path);

		if (c == 0)
			break;
		if (c == '\\')
			n = 0;
		else
			name[n++] = c < 0x80 ? (char)c : '?';
	}
	name[n] = '\0';
}

/* The file path of the device path (UEFI 2.10, 10.3.5.4) ends in it; FAT has no case. */
static bool is_image(const struct lock_event *e, const char *name)
{
	struct rd r = rd_init(e->reading.text, e->reading.len);
	char last[NAME_MAX_BYTES] = "";

	if (e->pcr != 4 || e->reading.kind != BOOT_KIND_IMAGE)
		return false;
	while (r.left) {
		uint16_t type = rd_be16(&r);
		uint16_t len = rd_le16(&r);
		struct rd node =
			rd_sub(&r, len < NODE_HEADER ? SIZE_MAX : (size_t)len - NODE_HEADER);

		if (!rd_ok(&node))
			return false;
		if (type == NODE_FILE_PATH)
			last_name(node, last);
	}
	return *last && strcasecmp(last, name) == 0;
}

/* All events that the question is true of become this one; they must have one digest. */
struct named {
	struct lock_events *events;
	const struct lock_change *change;
	const struct digest *now;
	size_t n;
	struct digest was;
};

static int change_event(struct named *named, size_t at, struct err *err)
{
	struct lock_event *e = &named->events->at[at];

	if (e->changed)
		return 0;
	if (named->n && memcmp(named->was.data, e->digest.data, e->digest.len) != 0)
		return err_set(err, "%s: PCR %u has two files of this name", named->change->name,
			       e->pcr);
	named->was = e->digest;
	e->digest = *named->now;
	e->changed = true;
	named->n++;
	return 0;
}

int lock_predict_file_named(struct lock_events *events, const struct lock_change *change,
			    const struct digest *now, size_t *ret_n, struct err *err)
{
	struct named named = { .events = events, .change = change, .now = now };
	bool initrd = change->kind == LOCK_CHANGE_INITRD;

	for (size_t i = 0; i < events->n; i++) {
		const struct lock_event *e = &events->at[i];
		bool tag = e->pcr == 9 && e->reading.kind == BOOT_KIND_TAG_INITRD;

		if (((initrd && tag) || is_file(e, base_name(change->name))) &&
		    change_event(&named, i, err) < 0)
			return -1;
	}
	*ret_n = named.n;
	return 0;
}

/* shim gets the kernel from GRUB without a path. */
int lock_predict_image_named(struct lock_events *events, const struct lock_change *change,
			     const struct digest *now, bool by_grub, size_t *ret_n)
{
	struct named named = { .events = events, .change = change, .now = now };
	int rc = 0;

	for (size_t i = 0; i < events->n && rc == 0; i++) {
		const struct lock_event *e = &events->at[i];
		bool bare = by_grub && e->pcr == 4 && e->reading.kind == BOOT_KIND_IMAGE &&
			    e->reading.len == 0;

		if (bare || is_image(e, base_name(change->name)))
			rc = change_event(&named, i, NULL);
	}
	*ret_n = named.n;
	return rc;
}
