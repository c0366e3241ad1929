/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text formats of dpkg's database; the first byte picks one. */
#include "sig/dpkg_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must lie within what was given. */
static void must_be_inside(struct dpkg_span s, const uint8_t *data, size_t size)
{
	const uint8_t *at = (const uint8_t *)s.at;

	if (s.len && (at < data || at + s.len > data + size))
		__builtin_trap();
}

static void status(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct err err = ERR_INIT;
	struct dpkg_stanza s;
	size_t line = 0;
	bool more = true;

	while (more && dpkg_stanza_next(&r, &line, &s, &more, &err) == 0 && more) {
		must_be_inside(s.name, data, size);
		must_be_inside(s.version, data, size);
		must_be_inside(s.conffiles, data, size);
	}
}

static void lines(const uint8_t *data, size_t size, bool conffiles)
{
	struct rd r = rd_init(data, size);
	struct err err = ERR_INIT;
	struct dpkg_digest d;
	struct dpkg_span line;

	while (dpkg_line_next(&r, &line))
		if ((conffiles ? dpkg_conffile_parse(line, &d, &err)
			       : dpkg_md5sums_parse(line, &d, &err)) == 0)
			must_be_inside(d.path, data, size);
}

static void diversions(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct err err = ERR_INIT;
	struct dpkg_diversion d;
	bool more = true;

	while (more && dpkg_diversion_next(&r, &d, &more, &err) == 0 && more) {
		must_be_inside(d.from, data, size);
		must_be_inside(d.to, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0]) {
	case 's':
		status(data + 1, size - 1);
		break;
	case 'm':
		lines(data + 1, size - 1, false);
		break;
	case 'c':
		lines(data + 1, size - 1, true);
		break;
	case 'd':
		diversions(data + 1, size - 1);
		break;
	default:
		break;
	}
	return 0;
}
