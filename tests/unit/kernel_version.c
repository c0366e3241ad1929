/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel versions: what is read, and how they compare. */
#include "ima/kernel_version.h"

#include "unit/unit.h"

static void releases_are_read(void)
{
	static const struct {
		const char *text;
		unsigned int major;
		unsigned int minor;
	} rows[] = { { "6.1", 6, 1 },
		     { "6.1.0-48-cloud-amd64", 6, 1 },
		     { "6.12.117+deb12-amd64", 6, 12 },
		     { "7.3-rc1", 7, 3 },
		     { "5.10", 5, 10 },
		     { "10.0+", 10, 0 } };
	struct kernel_version v;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_OK(kernel_version_parse(rows[i].text, &v, &err), &err);
		CHECK(v.major == rows[i].major && v.minor == rows[i].minor);
	}
}

static void others_are_refused(void)
{
	static const char *const texts[] = { "",     "6",    "6.",   ".1",     "6.x",	"v6.1",
					     "6.1x", "6 .1", "-6.1", "1000.1", "6.1000" };
	struct kernel_version v;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK_FAILS(kernel_version_parse(texts[i], &v, &err), &err, "is no kernel version");
	CHECK_FAILS(kernel_version_parse("5.9.16", &v, &err), &err, "older than 5.10");
	CHECK_FAILS(kernel_version_parse("4.19", &v, &err), &err, "older than 5.10");
}

static void they_compare(void)
{
	struct kernel_version v = { 6, 12 };

	CHECK(kernel_version_from(v, 6, 12) && kernel_version_from(v, 6, 1));
	CHECK(kernel_version_from(v, 5, 19) && !kernel_version_from(v, 6, 13));
	CHECK(!kernel_version_from(v, 7, 0));
}

static void the_running_one_is_known(void)
{
	struct kernel_version v;
	struct err err = ERR_INIT;

	CHECK_OK(kernel_version_running(&v, &err), &err);
	CHECK(v.major >= 5);
}

static const struct unit_case cases[] = {
	CASE(releases_are_read),
	CASE(others_are_refused),
	CASE(they_compare),
	CASE(the_running_one_is_known),
	CASE_END,
};

UNIT_MAIN(cases)
