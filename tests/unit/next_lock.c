/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What enable tells of the lock, by the words of the hook that approves each initramfs. */
#include "assay/next_boot/lock.h"

#include <unistd.h>

#include "unit/unit.h"

#define LOG "approval 2: 6.1.0-1\n"
#define REFUSED \
	"assay: /boot/initrd.img-6.1.0-1 is not approved: the next boot with it asks for the " \
	"recovery key; 'assay lock approve --change initrd=/boot/initrd.img-6.1.0-1' before it\n"
#define OTHER \
	"assay: a boot of 6.1.0-2 is not approved by this: before it, 'assay lock approve " \
	"--kernel " \
	"6.1.0-2 --change ...', or have the recovery key at hand; see assay-lock(8)\n"

static const struct {
	const char *log; /* NULL: there is none */
	size_t advice;
	const char *text; /* how the last begins */
} words[] = {
	{ "update-initramfs: Generating /boot/initrd.img-6.1.0-1\n" LOG, 0, "" },
	{ "approval 1: holds for that boot already\n", 0, "" },
	{ LOG OTHER, 1, "a boot of 6.1.0-2 is not approved: the lock will not open" },
	{ REFUSED, 1, "/boot/initrd.img-6.1.0-1 is not approved: the lock will not open" },
	{ REFUSED OTHER, 2, "a boot of 6.1.0-2 is not approved: the lock will not open" },
	{ "", 1, "nothing says that the lock will open" },
	{ "update-initramfs: Generating\n", 1, "nothing says that the lock will open" },
	{ "no approval 2: 6.1\n", 1, "nothing says that the lock will open" },
	{ "W: x is not approved\n", 1, "nothing says that the lock will open" },
	{ NULL, 1, "nothing says that the lock will open" },
};

static const char *text_of(const struct report *r)
{
	size_t n = json_array_size(r->findings);
	const json_t *last = n ? json_array_get(r->findings, n - 1) : NULL;
	const char *text = json_string_value(json_object_get(last, "text"));

	return text ? text : "";
}

static void the_hook_decides(void)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char path[] = "/tmp/next_lock.XXXXXX";
		CLEANUP(report_done) struct report r = { .advice = 0 };
		struct err err = ERR_INIT;
		AUTO_FD fd = mkstemp(path);
		size_t len = words[i].log ? strlen(words[i].log) : 0;
		bool written = fd >= 0 && write(fd, words[i].log ? words[i].log : "", len) >= 0;

		if (!words[i].log)
			(void)unlink(path);
		CHECK_OK(report_init(&r, "", &err), &err);
		lock_hear(path, &r);
		(void)unlink(path);
		CHECK(written && r.reasons == 0 && r.advice == words[i].advice);
		CHECK(strncmp(text_of(&r), words[i].text, strlen(words[i].text)) == 0);
	}
}

static const struct unit_case cases[] = { CASE(the_hook_decides), CASE_END };
UNIT_MAIN(cases)
