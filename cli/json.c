/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in JSON. */
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
