/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hook said of the lock, and what it need not say. */
#include "assay/next_boot/lock.h"

#include <string.h>

#include "base/io.h"
#include "lock/blob.h"

/* The beginnings and middles of lines of initramfs/update/assay-lock, and of what it runs. */
#define SAID_BY "assay: "
#define NOT_APPROVED " is not approved"
#define APPROVED "approval "

#define AT_HAND "have it at hand ('assay lock recovery list' names it)"

static void will_not_open(struct report *r, const char *which, size_t len)
{
	(void)report_add(r, REPORT_ADVICE, "lock",
			 "'assay lock approve' before that boot, see assay-lock(8), or " AT_HAND,
			 "%.*s" NOT_APPROVED ": the lock will not open in that boot, and the "
			 "recovery key will be asked for on the console",
			 (int)len, which);
}

/* Was anything approved?  Tells of each boot that was not. */
static bool read_words(char *text, struct report *r)
{
	bool heard = false;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *refused = strstr(line, NOT_APPROVED);

		heard |= strncmp(line, APPROVED, sizeof(APPROVED) - 1) == 0;
		if (!refused || strncmp(line, SAID_BY, sizeof(SAID_BY) - 1) != 0)
			continue;
		line += sizeof(SAID_BY) - 1;
		will_not_open(r, line, (size_t)(refused - line));
		heard = true;
	}
	return heard;
}

void lock_hear(const char *log_path, struct report *report)
{
	AUTO_BUF text = BUF_INIT(UPDATE_LOG_MAX);
	AUTO_STR copy = NULL;

	if (io_read_file(log_path, &text, NULL) == 0)
		copy = strdup(buf_text(&text));
	if (!copy || !read_words(copy, report))
		(void)report_add(report, REPORT_ADVICE, "lock", "'assay lock approve', or " AT_HAND,
				 "nothing says that the lock will open in that boot: the recovery "
				 "key may be asked for on the console");
}

void lock_advise(const struct change *change, struct report *report)
{
	if (!host_has(change->host, LOCK_BLOB_PATH))
		return;
	if (change->mode != MODE_ENFORCE)
		(void)report_add(report, REPORT_ADVICE, "lock",
				 AT_HAND ", or 'assay lock remove' first",
				 "the lock will not open in that boot: the recovery key will be "
				 "asked for on the console");
	else if (change->initramfs)
		lock_hear(UPDATE_LOG, report);
	else
		(void)report_add(report, REPORT_ADVICE, "lock",
				 "'assay lock approve' once the initramfs is made, or " AT_HAND,
				 "the lock opens in that boot only if it is approved first");
}
