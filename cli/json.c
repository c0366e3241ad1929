/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in JSON, and printing it. */
#include "cli/json.h"

#include "base/attr.h"
#include "cli/cmd.h"

json_t *cmd_json_name(const char *name)
{
	AUTO_STR text = NULL;
	size_t len = 0;
	AUTO_FILE to = NULL;
	json_t *plain = json_string(name);

	if (plain)
		return plain;
	to = open_memstream(&text, &len);
	if (!to)
		return json_null();
	cmd_print_name(to, name);
	if (fflush(to) != 0)
		return json_null();
	return json_string(text);
}

int cmd_json_print(json_t *value, struct err *err)
{
	int rc;

	if (!value)
		return err_set(err, "out of memory");
	rc = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	json_decref(value);
	if (rc < 0 || putchar('\n') == EOF)
		return err_set(err, "stdout: can't write JSON");
	return 0;
}
