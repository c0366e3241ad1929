/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unified kernel image in place of another: systemd 252 src/boot/efi/stub.c. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lock/pe.h"
#include "lock/predict_change.h"

#define CMDLINE_SECTION_MAX 16384 /* bytes */
#define STUB_MAGIC "#### LoaderInfo: systemd-stub "

/* The stub's major version: another one may measure otherwise. */
static unsigned long stub_version(const struct pe *pe)
{
	const struct pe_section *magic = pe_find(pe, ".sdmagic");
	char text[64] = "";
	size_t len;
	const uint8_t *data;

	if (!magic)
		return 0;
	data = pe_section_data(pe, magic, &len);
	memcpy(text, data, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
	if (strncmp(text, STUB_MAGIC, strlen(STUB_MAGIC)) != 0)
		return 0;
	return strtoul(text + strlen(STUB_MAGIC), NULL, 10);
}

static int same_stub(const struct lock_images *images, struct err *err)
{
	unsigned long was = stub_version(&images->was);
	unsigned long now = stub_version(&images->now);

	if (!was || !now)
		return err_set(err, "%s: not made with systemd-stub", images->change->name);
	if (was != now)
		return err_set(err,
			       "%s: systemd-stub %lu in place of %lu, which may measure otherwise: "
			       "approve it after it was booted",
			       images->change->name, now, was);
	return 0;
}

/* The same sections, so that the same are measured. */
static int same_sections(const struct pe *a, const struct pe *b, const char *name, struct err *err)
{
	for (size_t i = 0; i < a->n_sections; i++)
		if (!pe_find(b, a->sections[i].name))
			return err_set(err, "%s: section %s is in one image only", name,
				       a->sections[i].name);
	return 0;
}

static int open_kernel(const struct pe *image, const char *name, struct pe *ret_pe, struct err *err)
{
	const struct pe_section *section = pe_find(image, ".linux");
	const uint8_t *data;
	size_t len;

	if (!section)
		return err_set(err, "%s: has no kernel", name);
	data = pe_section_data(image, section, &len);
	return pe_open(data, len, ret_pe, err) < 0 ? err_prepend(err, "%s: .linux", name) : 0;
}

/* Whether an image was started after the last that was changed, and is not known. */
static bool has_unknown_image(const struct lock_events *events)
{
	bool unknown = false;

	for (size_t i = 0; i < events->n; i++) {
		const struct lock_event *e = &events->at[i];

		if (e->pcr == 4 && e->reading.kind == BOOT_KIND_IMAGE)
			unknown = !e->changed;
	}
	return unknown;
}

/* The image; and the kernel in it, which the firmware measures too, but not where Secure Boot is
 * on: the stub then vouches for it (systemd 252, security_override in linux.c). */
static int predict_pcr4(struct lock_events *events, const struct lock_images *images,
			struct err *err)
{
	AUTO_MEM struct pe *kernels = calloc(2, sizeof(*kernels));
	const char *name = images->change->name;
	size_t outer;
	size_t inner;

	if (!kernels)
		return err_set(err, "out of memory");
	if (open_kernel(&images->was, name, &kernels[0], err) < 0 ||
	    open_kernel(&images->now, name, &kernels[1], err) < 0 ||
	    lock_images_replace(events, &images->was, &images->now, &outer, err) < 0 ||
	    lock_images_replace(events, &kernels[0], &kernels[1], &inner, err) < 0)
		return -1;
	if (!outer || has_unknown_image(events))
		return err_set(err,
			       "%s: PCR 4 has no event of it, or of the kernel in it, as it was "
			       "booted",
			       name);
	return 0;
}

static void ascii_of(const struct boot_reading *reading, char name[static PE_NAME_SIZE + 1])
{
	size_t n = reading->len / 2;

	memset(name, 0, PE_NAME_SIZE + 1);
	for (size_t i = 0; i < n && n <= PE_NAME_SIZE; i++)
		name[i] = (char)reading->text[2 * i];
}

/* The event behind that of a section's name: its content. */
static int predict_section(struct lock_events *events, const struct lock_images *images, size_t at,
			   struct err *err)
{
	struct lock_event *event = &events->at[at];
	const struct pe_section *was;
	const struct pe_section *now;
	char name[PE_NAME_SIZE + 1];
	struct digest old;

	ascii_of(&event->reading, name);
	was = pe_find(&images->was, name);
	now = pe_find(&images->now, name);
	if (!was || !now)
		return err_set(err, "%s: section %s was measured, and is not in it",
			       images->change->name, name);
	if (pe_section_digest(&images->was, was, events->bank, &old, err) < 0)
		return -1;
	if (memcmp(old.data, event->digest.data, old.len) != 0)
		return err_set(err, "%s: PCR 11: section %s is not what was booted",
			       images->change->name, name);
	event->changed = true;
	return pe_section_digest(&images->now, now, events->bank, &event->digest, err);
}

static int predict_pcr11(struct lock_events *events, const struct lock_images *images,
			 struct err *err)
{
	size_t at = 0;
	size_t n = 0;

	for (;; at++, n++) {
		at = lock_events_find(events, 11, BOOT_KIND_SECTION_DATA, at);
		if (at == events->n)
			break;
		if (predict_section(events, images, at, err) < 0)
			return -1;
	}
	return n ? 0 : err_set(err, "%s: PCR 11 has no event of a section", images->change->name);
}

static bool is_blank(char c)
{
	return (unsigned char)c <= 0x20 || c == 0x7f;
}

/* What the stub makes of .cmdline: no blanks around it, and each control character one within. */
static int section_cmdline(const struct pe *pe, const char *name, char **ret_text, struct err *err)
{
	const struct pe_section *section = pe_find(pe, ".cmdline");
	AUTO_STR text = NULL;
	const uint8_t *data;
	size_t from = 0;
	size_t len;

	if (!section)
		return err_set(err, "%s: has no .cmdline", name);
	data = pe_section_data(pe, section, &len);
	if (len > CMDLINE_SECTION_MAX)
		return err_set(err, "%s: .cmdline: larger than %d bytes", name,
			       CMDLINE_SECTION_MAX);
	text = strndup((const char *)data, len);
	if (!text)
		return err_set(err, "out of memory");
	len = strlen(text);
	while (len && is_blank(text[len - 1]))
		text[--len] = '\0';
	while (is_blank(text[from]) && text[from])
		from++;
	for (size_t i = from; i < len; i++)
		if (is_blank(text[i]))
			text[i] = ' ';
	memmove(text, text + from, len - from + 1);
	*ret_text = take_ptr(&text);
	return 0;
}

static int predict_load_options(struct lock_events *events, const struct lock_images *images,
				struct err *err)
{
	AUTO_STR was = NULL;
	AUTO_STR now = NULL;
	size_t n;

	/* The loader's options took the place of the section. */
	if (lock_events_find(events, 12, BOOT_KIND_OPTIONS, 0) < events->n)
		return 0;
	if (section_cmdline(&images->was, images->change->name, &was, err) < 0 ||
	    section_cmdline(&images->now, images->change->name, &now, err) < 0 ||
	    lock_events_set_cmdline(events, now, strlen(now), err) < 0 ||
	    lock_predict_options(events, 9, (struct lock_texts){ was, now }, &n, err) < 0)
		return -1;
	return n == 1 ? 0
		      : err_set(err, "%s: PCR 9 has no event of its .cmdline",
				images->change->name);
}

static int predict_pcr9(struct lock_events *events, const struct lock_images *images,
			struct err *err)
{
	const struct pe_section *was = pe_find(&images->was, ".initrd");
	const struct pe_section *now = pe_find(&images->now, ".initrd");
	struct digest old;
	struct digest new;

	if (predict_load_options(events, images, err) < 0)
		return -1;
	if (!was || !now)
		return 0;
	if (pe_section_digest(&images->was, was, events->bank, &old, err) < 0 ||
	    pe_section_digest(&images->now, now, events->bank, &new, err) < 0)
		return -1;
	if (lock_events_replace(events, 9, &old, &new) == 1)
		return 0;
	return err_set(err, "%s: PCR 9: the initrd was put together with others (credentials)",
		       images->change->name);
}

int lock_predict_uki(struct lock_events *events, const struct lock_change *change, uint32_t mask,
		     struct err *err)
{
	AUTO_MEM struct lock_images *images = calloc(1, sizeof(*images));

	if (!images)
		return err_set(err, "out of memory");
	if (lock_images_open(change, images, err) < 0 || same_stub(images, err) < 0 ||
	    same_sections(&images->was, &images->now, change->name, err) < 0 ||
	    same_sections(&images->now, &images->was, change->name, err) < 0)
		return -1;
	if (lock_wants(mask, 7) && lock_images_same_signers(images, events, err) < 0)
		return -1;
	if (predict_pcr4(events, images, err) < 0 && lock_wants(mask, 4))
		return -1;
	if (predict_pcr11(events, images, err) < 0 && lock_wants(mask, 11))
		return -1;
	return predict_pcr9(events, images, err) < 0 && lock_wants(mask, 9) ? -1 : 0;
}
