/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot loader it is, and what all of them have in common. */
#include "lock/installed.h"

#include <string.h>

#include "base/io.h"
#include "lock/events.h"

const char *const installed_esps[] = { "/efi", "/boot/efi", "/boot", NULL };

static void cleanup_template(struct next_template **t)
{
	next_template_free(t);
}

int installed_changes(struct next *next, const struct lock_blob *blob, const char *version,
		      struct err *err)
{
	CLEANUP(cleanup_template) struct next_template *template = NULL;
	struct lock_template view;

	if (blob->profile == LOCK_MINIMAL)
		return 0;
	if (next_template_read(next, &template, &view, err) < 0)
		return -1;
	switch (blob->profile) {
	case LOCK_GRUB:
		return installed_grub(next, &view, version, err);
	case LOCK_EFISTUB:
		return installed_entry(next, &view, version, err);
	case LOCK_UKI:
		return installed_uki(next, &view, version, err);
	case LOCK_MINIMAL:
		break;
	}
	return err_set(err, "no such profile");
}

bool installed_was_measured(const struct lock_template *view, uint32_t pcr,
			    const struct digest *digest)
{
	AUTO_EVENTS events = LOCK_EVENTS_INIT;

	if (lock_events_load(&events, view->log, view->len, view->bank, NULL) < 0)
		return false;
	for (size_t i = 0; i < events.n; i++)
		if (events.at[i].pcr == pcr && events.at[i].digest.len == digest->len &&
		    memcmp(events.at[i].digest.data, digest->data, digest->len) == 0)
			return true;
	return false;
}

static void cleanup_files(struct next_files *files)
{
	buf_done(&files->was);
	buf_done(&files->now);
}

int installed_add_image(struct next *next, const char *was, const char *now, struct err *err)
{
	CLEANUP(cleanup_files)
	struct next_files files = { .was = BUF_INIT(NEXT_FILE_MAX),
				    .now = BUF_INIT(NEXT_FILE_MAX) };

	if (io_read_file(now, &files.now, err) < 0)
		return -1;
	if (strcmp(was, now) == 0) {
		files.was.max = 0;
		return next_take_change(next, LOCK_CHANGE_IMAGE, now, &files, err);
	}
	if (io_read_file(was, &files.was, err) < 0)
		return -1;
	if (files.was.len == files.now.len &&
	    memcmp(buf_text(&files.was), buf_text(&files.now), files.was.len) == 0)
		return 0;
	return next_take_change(next, LOCK_CHANGE_IMAGE, now, &files, err);
}
