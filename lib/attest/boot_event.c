/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one event of the boot log is. */
#include "attest/boot_event.h"

#include <string.h>

#include "attest/boot_text.h"

#define SECTION_NAME_MAX 32 /* bytes of a section's name, NUL included */

/* efistub.h: INITRD_EVENT_TAG_ID, LOAD_OPTIONS_EVENT_TAG_ID. */
#define TAG_INITRD 0x8f3b22ecU
#define TAG_OPTIONS 0x8f3b22edU

static const uint8_t global_guid[BOOT_GUID_SIZE] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
};
static const uint8_t database_guid[BOOT_GUID_SIZE] = {
	0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
	0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f,
};

bool boot_kind_proven(enum boot_kind kind)
{
	return kind <= BOOT_KIND_DATA;
}

int boot_digest_is(const struct digest *digest, const void *data, size_t len, bool *ret_same,
		   struct err *err)
{
	struct digest d;

	if (hash_bytes(digest->algo, data, len, &d, err) < 0)
		return -1;
	*ret_same = d.len == digest->len && memcmp(d.data, digest->data, d.len) == 0;
	return 0;
}

bool boot_variable_read(const uint8_t *data, size_t len, struct boot_variable *ret_var)
{
	struct rd r = rd_init(data, len);
	struct boot_variable var;
	uint64_t name_chars;
	uint64_t value_len;

	var.guid = rd_bytes(&r, BOOT_GUID_SIZE);
	name_chars = rd_le64(&r);
	value_len = rd_le64(&r);
	if (!rd_ok(&r) || name_chars == 0 || name_chars > r.left / 2 || value_len > r.left)
		return false;
	var.name_len = 2 * (size_t)name_chars;
	var.name = rd_bytes(&r, var.name_len);
	var.value_len = (size_t)value_len;
	var.value = rd_bytes(&r, var.value_len);
	if (!rd_done(&r))
		return false;
	*ret_var = var;
	return true;
}

static bool is_variable(const struct boot_variable *var, const uint8_t *guid, const char *name)
{
	return memcmp(var->guid, guid, BOOT_GUID_SIZE) == 0 &&
	       boot_text_is(var->name, var->name_len, name);
}

bool boot_variable_is_global(const struct boot_variable *var, const char *name)
{
	return is_variable(var, global_guid, name);
}

bool boot_variable_is_database(const struct boot_variable *var, const char *name)
{
	return is_variable(var, database_guid, name);
}

void boot_load_option_data(const uint8_t *value, size_t len, const uint8_t **ret_data,
			   size_t *ret_len)
{
	struct rd r = rd_init(value, len);
	uint16_t path_len;

	*ret_data = NULL;
	*ret_len = 0;
	(void)rd_le32(&r); /* attributes */
	path_len = rd_le16(&r);
	while (rd_ok(&r) && rd_le16(&r) != 0)
		continue; /* description */
	(void)rd_bytes(&r, path_len);
	if (!rd_ok(&r) || !r.left)
		return;
	*ret_len = r.left;
	*ret_data = rd_bytes(&r, r.left);
}

/* UTF-16 with one NUL at its end and none within: the bytes without it, or 0. */
static size_t utf16_len(const uint8_t *data, size_t len)
{
	if (len < 4 || len % 2 || data[len - 1] || data[len - 2])
		return 0;
	for (size_t i = 0; i + 2 < len; i += 2)
		if (!data[i] && !data[i + 1])
			return 0;
	return len - 2;
}

static enum boot_kind kind_of_data(const struct boot_event *event, struct boot_reading *reading)
{
	static const uint8_t separator[4] = { 0 };

	if (event->len == sizeof(separator) && memcmp(event->data, separator, event->len) == 0)
		return BOOT_KIND_SEPARATOR;
	if (boot_variable_read(event->data, event->len, &reading->var))
		return BOOT_KIND_VARIABLE;
	reading->text = event->data;
	reading->len = event->len;
	if (event->pcr != 12)
		return BOOT_KIND_DATA;
	reading->len = utf16_len(event->data, event->len);
	return reading->len ? BOOT_KIND_OPTIONS : BOOT_KIND_DATA;
}

/* "PREFIX: STRING\0", of which the STRING was hashed. */
static int read_string(const struct boot_event *event, struct boot_reading *reading,
		       struct err *err)
{
	static const char *const prefixes[] = { "grub_cmd: ", "kernel_cmdline: ",
						"module_cmdline: " };
	const uint8_t *end = event->len ? memchr(event->data, '\0', event->len) : NULL;
	bool same = false;

	if (event->pcr != 8 || !end || end != event->data + event->len - 1)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t skip = strlen(prefixes[i]);

		if (event->len <= skip || memcmp(event->data, prefixes[i], skip) != 0)
			continue;
		reading->text = event->data + skip;
		reading->len = event->len - skip - 1;
		if (boot_digest_is(&event->digest, reading->text, reading->len, &same, err) < 0)
			return -1;
		if (same)
			reading->kind = BOOT_KIND_STRING;
	}
	return 0;
}

/* systemd-stub hashes the name in ASCII with its NUL, and says it in UTF-16. */
static int read_section(const struct boot_event *event, struct boot_reading *reading,
			struct err *err)
{
	size_t len = utf16_len(event->data, event->len);
	char name[SECTION_NAME_MAX] = "";
	bool same;

	if (event->pcr != 11 || len == 0 || len / 2 >= sizeof(name))
		return 0;
	for (size_t i = 0; i < len / 2; i++) {
		if (event->data[2 * i + 1] || event->data[2 * i] < 0x21)
			return 0;
		name[i] = (char)event->data[2 * i];
	}
	if (boot_digest_is(&event->digest, name, len / 2 + 1, &same, err) < 0)
		return -1;
	reading->text = event->data;
	reading->len = len;
	if (same)
		reading->kind = BOOT_KIND_SECTION;
	else if (event->type == BOOT_EV_IPL)
		reading->kind = BOOT_KIND_SECTION_DATA;
	return 0;
}

/* UEFI_IMAGE_LOAD_EVENT, 10.2.3. */
static bool is_image(const struct boot_event *event, struct boot_reading *reading)
{
	struct rd r = rd_init(event->data, event->len);

	if (event->pcr != 4 || event->type != BOOT_EV_APPLICATION)
		return false;
	(void)rd_bytes(&r, 24); /* location, length, link time address */
	if (rd_le64(&r) != r.left || !rd_ok(&r))
		return false;
	reading->len = r.left;
	reading->text = rd_bytes(&r, r.left);
	return true;
}

/* A tagged event, 10.2.7.  The kernel hashes what it tells of, not the tag. */
static enum boot_kind kind_of_tag(const struct boot_event *event)
{
	struct rd r = rd_init(event->data, event->len);
	uint32_t id = rd_le32(&r);

	if (event->pcr != 9 || event->type != BOOT_EV_EVENT_TAG || rd_le32(&r) != r.left)
		return BOOT_KIND_OPAQUE;
	if (id == TAG_OPTIONS)
		return BOOT_KIND_TAG_OPTIONS;
	return id == TAG_INITRD ? BOOT_KIND_TAG_INITRD : BOOT_KIND_OPAQUE;
}

static enum boot_kind kind_of_claim(const struct boot_event *event, struct boot_reading *reading)
{
	const uint8_t *end = event->len > 1 ? memchr(event->data, '\0', event->len) : NULL;

	if (is_image(event, reading))
		return BOOT_KIND_IMAGE;
	if (event->pcr != 9 || event->type != BOOT_EV_IPL)
		return kind_of_tag(event);
	if (!end || end != event->data + event->len - 1)
		return BOOT_KIND_OPAQUE;
	reading->text = event->data;
	reading->len = event->len - 1;
	return BOOT_KIND_FILE;
}

static int read_value(const struct boot_event *event, struct boot_reading *reading, struct err *err)
{
	bool same;

	if (!boot_variable_read(event->data, event->len, &reading->var))
		return 0;
	if (boot_digest_is(&event->digest, reading->var.value, reading->var.value_len, &same, err) <
	    0)
		return -1;
	if (same)
		reading->kind = BOOT_KIND_VALUE;
	return 0;
}

int boot_event_read(const struct boot_event *event, struct boot_reading *ret_reading,
		    struct err *err)
{
	struct boot_reading reading = { .kind = BOOT_KIND_OPAQUE };
	bool same;

	if (boot_digest_is(&event->digest, event->data, event->len, &same, err) < 0)
		return -1;
	if (same)
		reading.kind = kind_of_data(event, &reading);
	if (reading.kind == BOOT_KIND_OPAQUE && read_string(event, &reading, err) < 0)
		return -1;
	if (reading.kind == BOOT_KIND_OPAQUE && read_section(event, &reading, err) < 0)
		return -1;
	if (reading.kind == BOOT_KIND_OPAQUE && read_value(event, &reading, err) < 0)
		return -1;
	if (reading.kind == BOOT_KIND_OPAQUE)
		reading.kind = kind_of_claim(event, &reading);
	*ret_reading = reading;
	return 0;
}
