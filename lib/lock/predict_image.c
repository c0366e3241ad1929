/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An EFI image in place of another. */
#include <stdlib.h>
#include <string.h>

#include "lock/predict_change.h"

int lock_images_open(const struct lock_change *change, struct lock_images *ret_images,
		     struct err *err)
{
	ret_images->change = change;
	if (pe_open(change->was, change->was_len, &ret_images->was, err) < 0 ||
	    pe_open(change->now, change->now_len, &ret_images->now, err) < 0)
		return err_prepend(err, "%s", change->name);
	return 0;
}

/* As PCR 7 says it. */
static bool secure_boot(const struct lock_events *events)
{
	for (size_t i = 0; i < events->n; i++) {
		const struct boot_reading *r = &events->at[i].reading;

		if (events->at[i].pcr == 7 && r->kind == BOOT_KIND_VARIABLE &&
		    boot_variable_is_global(&r->var, "SecureBoot"))
			return r->var.value_len == 1 && r->var.value[0] == 1;
	}
	return false;
}

int lock_images_same_signers(const struct lock_images *images, const struct lock_events *events,
			     struct err *err)
{
	struct digest was;
	struct digest now;

	if (!secure_boot(events))
		return 0;
	if (pe_signers(&images->was, &was, err) < 0 || pe_signers(&images->now, &now, err) < 0)
		return err_prepend(err, "%s", images->change->name);
	if (memcmp(was.data, now.data, was.len) == 0)
		return 0;
	return err_set(err,
		       "%s: signed by another key than what was booted, so that PCR 7 may "
		       "change: approve it after it was booted",
		       images->change->name);
}

int lock_images_replace(struct lock_events *events, const struct pe *was, const struct pe *now,
			size_t *ret_n, struct err *err)
{
	struct digest old;
	struct digest new;

	if (pe_digest(was, events->bank, &old, err) < 0 ||
	    pe_digest(now, events->bank, &new, err) < 0)
		return -1;
	*ret_n = lock_events_replace(events, 4, &old, &new);
	return 0;
}

/* What was is gone.  Under GRUB the kernel is the file that it read, and then each image without a
 * path. */
static int predict_named(struct lock_events *events, const struct lock_change *change,
			 size_t *ret_n, struct err *err)
{
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct digest image;
	struct digest whole;
	size_t files = 0;

	if (!pe)
		return err_set(err, "out of memory");
	if (pe_open(change->now, change->now_len, pe, err) < 0)
		return err_prepend(err, "%s", change->name);
	if (pe_digest(pe, events->bank, &image, err) < 0 ||
	    hash_bytes(events->bank, change->now, change->now_len, &whole, err) < 0 ||
	    lock_predict_file_named(events, change, &whole, &files, err) < 0)
		return -1;
	if (lock_predict_image_named(events, change, &image, files > 0, ret_n) < 0)
		return err_set(err, "%s: PCR 4 has two images of this name", change->name);
	*ret_n += files;
	return 0;
}

static int predict_known(struct lock_events *events, const struct lock_change *change,
			 uint32_t mask, size_t *ret_n, struct err *err)
{
	AUTO_MEM struct lock_images *images = calloc(1, sizeof(*images));
	struct digest was;
	struct digest now;

	if (!images)
		return err_set(err, "out of memory");
	if (lock_images_open(change, images, err) < 0 ||
	    (lock_wants(mask, 7) && lock_images_same_signers(images, events, err) < 0) ||
	    lock_images_replace(events, &images->was, &images->now, ret_n, err) < 0)
		return -1;
	if (!lock_is_grub(events))
		return 0;
	if (lock_whole_digests(events, change, &was, &now, err) < 0)
		return -1;
	*ret_n += lock_events_replace(events, 9, &was, &now);
	return 0;
}

/* GRUB reads the kernel as a file, and hands it to shim, which measures the image where Secure Boot
 * is on: so one event is enough. */
int lock_predict_image(struct lock_events *events, const struct lock_change *change, uint32_t mask,
		       struct err *err)
{
	size_t n = 0;

	if ((change->was ? predict_known(events, change, mask, &n, err)
			 : predict_named(events, change, &n, err)) < 0)
		return -1;
	if (n || !(lock_wants(mask, 4) || lock_wants(mask, 9)))
		return 0;
	return lock_no_event(4, change, err);
}
