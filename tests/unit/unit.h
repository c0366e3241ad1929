/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of the C tests: a table of cases, run one by name, or all. */
#ifndef ASSAY_TESTS_UNIT_UNIT_H
#define ASSAY_TESTS_UNIT_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A test file is a program: cases, then UNIT_MAIN(cases).
 *
 *	static void empty_is_done(void)
 *	{
 *		struct rd r = rd_init("", 0);
 *
 *		CHECK(rd_done(&r));
 *	}
 *	static const struct unit_case cases[] = {
 *		CASE(empty_is_done),
 *		CASE_END,
 *	};
 *	UNIT_MAIN(cases)
 *
 * PROGRAM runs all; PROGRAM NAME... those; PROGRAM --list prints the names.  Each case ends in one
 * line, "ok NAME", "skip NAME: reason" or "not ok NAME: file:line: what"; exit 1 when one is not
 * ok, 2 when none has the name.
 */
struct unit_case {
	const char *name;
	void (*run)(void);
};

#define CASE(fn) \
	{ \
		.name = #fn, .run = (fn) \
	}
#define CASE_END \
	{ \
		.name = NULL, .run = NULL \
	}

/* The first failure of the running case; empty while there is none. */
static char unit_failure[4096];

__attribute__((noinline, unused)) static void unit_fail(const char *file, int line,
							const char *what, const char *got)
{
	if (unit_failure[0] == '\0')
		(void)snprintf(unit_failure, sizeof(unit_failure), "%s:%d: %s%s%s", file, line,
			       what, *got ? ", got: " : "", got);
}

/* Why the running case can't be run on this machine; empty: it can. */
static char unit_skipped[256];

/* Ends the case: this machine can't show the claim, for the reason. */
#define SKIP(reason) \
	do { \
		(void)snprintf(unit_skipped, sizeof(unit_skipped), "%s", reason); \
		return; \
	} while (0)

/* Ends the case (cleanup attributes run) unless the expression holds. */
#define CHECK(expr) \
	do { \
		if (!(expr)) { \
			unit_fail(__FILE__, __LINE__, #expr, ""); \
			return; \
		} \
	} while (0)

/* As CHECK, for a function with struct err: the error's text is shown. */
#define CHECK_OK(expr, err) \
	do { \
		if ((expr) != 0) { \
			unit_fail(__FILE__, __LINE__, #expr, (err)->text); \
			return; \
		} \
	} while (0)

/* It fails with -1, and its line contains the text. */
#define CHECK_FAILS(expr, err, part) \
	do { \
		if ((expr) != -1) { \
			unit_fail(__FILE__, __LINE__, #expr " does not fail", ""); \
			return; \
		} \
		if (!strstr((err)->text, part)) { \
			unit_fail(__FILE__, __LINE__, #expr " says " #part, (err)->text); \
			return; \
		} \
	} while (0)

#define CHECK_STR(text, want) \
	do { \
		const char *unit_got_ = (text); \
		if (strcmp(unit_got_, want) != 0) { \
			unit_fail(__FILE__, __LINE__, #text " is " #want, unit_got_); \
			return; \
		} \
	} while (0)

#define CHECK_MEM(data, want, len) \
	do { \
		if (memcmp(data, want, len) != 0) { \
			unit_fail(__FILE__, __LINE__, #data " has the bytes of " #want, ""); \
			return; \
		} \
	} while (0)

/* n times the factor that make check-long sets (ASSAY_COUNT_FACTOR). */
static inline size_t unit_count(size_t n)
{
	const char *factor = getenv("ASSAY_COUNT_FACTOR");

	return factor && atoi(factor) > 0 ? n * (size_t)atoi(factor) : n;
}

/* A new empty directory, removed by the driver: $UNIT_TMP, or the current one. */
static inline const char *unit_tmp(void)
{
	const char *dir = getenv("UNIT_TMP");

	return dir ? dir : ".";
}

static inline bool unit_run(const struct unit_case *c)
{
	unit_failure[0] = '\0';
	unit_skipped[0] = '\0';
	c->run();
	if (unit_skipped[0])
		(void)printf("skip %s: %s\n", c->name, unit_skipped);
	else if (unit_failure[0])
		(void)printf("not ok %s: %s\n", c->name, unit_failure);
	else
		(void)printf("ok %s\n", c->name);
	(void)fflush(stdout);
	return unit_failure[0] == '\0';
}

static inline int unit_main(const struct unit_case *cases, int argc, char **argv)
{
	bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
	bool all = argc == 1 || list;
	bool good = true;

	for (const struct unit_case *c = cases; all && c->name; c++) {
		if (list)
			(void)printf("%s\n", c->name);
		else
			good = unit_run(c) && good;
	}
	for (int i = 1; !all && i < argc; i++) {
		const struct unit_case *c = cases;

		while (c->name && strcmp(c->name, argv[i]) != 0)
			c++;
		if (!c->name) {
			(void)fprintf(stderr, "%s: no case is named '%s'\n", argv[0], argv[i]);
			return 2;
		}
		good = unit_run(c) && good;
	}
	return good ? 0 : 1;
}

#define UNIT_MAIN(cases) \
	int main(int argc, char **argv) \
	{ \
		return unit_main(cases, argc, argv); \
	}

#endif
