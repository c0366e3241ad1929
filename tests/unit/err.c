/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors: one line whatever is put into it, and never longer than its array. */
#include "base/err.h"

#include <errno.h>

#include "unit/unit.h"

static void set_returns_failure(void)
{
	struct err err = ERR_INIT;

	CHECK(err_set(&err, "open: %s: %d", "x", 7) == -1);
	CHECK_STR(err.text, "open: x: 7");
	CHECK(err_set(NULL, "nobody asks") == -1);
}

static void errno_is_said_and_kept(void)
{
	struct err err = ERR_INIT;

	errno = ENOENT;
	CHECK(err_errno(&err, "open: %s", "/nowhere") == -1);
	CHECK_STR(err.text, "open: /nowhere: No such file or directory");
	CHECK(errno == ENOENT);
	CHECK(err_errno(NULL, "nobody asks") == -1);
}

static void prepend_puts_before(void)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, "reason");
	CHECK(err_prepend(&err, "sign: %s", "file") == -1);
	CHECK_STR(err.text, "sign: file: reason");
	CHECK(err_prepend(NULL, "nobody asks") == -1);
}

static void a_name_cannot_forge_a_line(void)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, "open: %s: denied", "a\nassay: all good\r\x1b[2J\x7f");
	CHECK_STR(err.text, "open: a\\nassay: all good\\x0d\\x1b[2J\\x7f: denied");
	(void)err_prepend(&err, "b\n");
	CHECK_STR(err.text, "b\\n: open: a\\nassay: all good\\x0d\\x1b[2J\\x7f: denied");
}

static void long_texts_are_cut(void)
{
	char name[3 * ERR_TEXT_MAX];
	struct err err = ERR_INIT;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	errno = EIO;
	(void)err_errno(&err, "open: %s", name);
	CHECK(strlen(err.text) < ERR_TEXT_MAX && strlen(err.text) > ERR_TEXT_MAX - 10);
	(void)err_prepend(&err, "%s", name);
	CHECK(strlen(err.text) < ERR_TEXT_MAX && strlen(err.text) > ERR_TEXT_MAX - 10);
	memset(name, '\n', sizeof(name) - 1);
	(void)err_set(&err, "%s", name);
	CHECK(strlen(err.text) < ERR_TEXT_MAX && !strchr(err.text, '\n'));
}

static const struct unit_case cases[] = {
	CASE(set_returns_failure),	  CASE(errno_is_said_and_kept), CASE(prepend_puts_before),
	CASE(a_name_cannot_forge_a_line), CASE(long_texts_are_cut),	CASE_END,
};
UNIT_MAIN(cases)
