/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings. */
#include "assay/checks/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/commands/out.h"

static const char *const levels[] = {
	[REPORT_FACT] = "ok",
	[REPORT_ADVICE] = "advice",
	[REPORT_REASON] = "reason",
};

int report_init(struct report *report, const char *root, struct err *err)
{
	char *option = report_remedy("%s%s", *root ? " --root " : "", root);
	char *chroot = report_remedy("%s%s%s", *root ? "chroot " : "", root, *root ? " " : "");

	*report = (struct report){
		.findings = json_array(), .root = root, .root_option = option, .chroot = chroot
	};
	if (!option || !chroot) {
		report_done(report);
		return err_set(err, "out of memory");
	}
	return 0;
}

void report_done(struct report *report)
{
	cleanup_json(&report->findings);
	free(report->root_option);
	free(report->chroot);
	report->root_option = NULL;
	report->chroot = NULL;
}

char *report_remedy(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}

json_t *report_add(struct report *report, enum report_level level, const char *id,
		   const char *remedy, const char *fmt, ...)
{
	char text[REPORT_TEXT_MAX];
	json_t *finding = json_object();
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_set_new(finding, "level", json_string(levels[level]));
	json_object_set_new(finding, "id", json_string(id));
	json_object_set_new(finding, "text", out_name(text));
	json_object_set_new(finding, "remedy", remedy ? out_name(remedy) : json_null());
	json_array_append_new(report->findings, finding);
	report->reasons += level == REPORT_REASON ? 1 : 0;
	report->advice += level == REPORT_ADVICE ? 1 : 0;
	return finding;
}

static void print_files(const json_t *finding)
{
	const json_t *files = json_object_get(finding, "files");
	const json_t *file;
	size_t i;

	json_array_foreach(files, i, file)
	{
		const char *why = json_string_value(json_object_get(file, "cause"));

		(void)printf("          %s%s%s\n", json_string_value(json_object_get(file, "file")),
			     why ? ": " : "", why ? why : "");
	}
}

static void print_level(const struct report *report, const char *level)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(report->findings, i, finding)
	{
		const char *remedy = json_string_value(json_object_get(finding, "remedy"));

		if (strcmp(json_string_value(json_object_get(finding, "level")), level) != 0)
			continue;
		(void)printf("%-6s  %s\n", level,
			     json_string_value(json_object_get(finding, "text")));
		print_files(finding);
		if (remedy)
			(void)printf("        mend: %s\n", remedy);
	}
}

void report_print(const struct report *report, bool verbose)
{
	if (verbose)
		print_level(report, levels[REPORT_FACT]);
	print_level(report, levels[REPORT_ADVICE]);
	print_level(report, levels[REPORT_REASON]);
}
