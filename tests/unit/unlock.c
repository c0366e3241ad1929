/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What assay-unlock says and reads at a console: a pseudo terminal stands for it. */
#include "initramfs/unlock/unlock.h"

#include <fcntl.h>
#include <unistd.h>

#include "initramfs/unlock/terminal.h"
#include "lock/recovery.h"
#include "unit/unit.h"

struct console {
	int person;
	struct terminal machine;
};

static void console_done(struct console *c)
{
	if (c->person >= 0)
		(void)close(c->person);
	terminal_close(&c->machine);
}
#define AUTO_CONSOLE CLEANUP(console_done) struct console

static int console_open(struct console *c)
{
	struct termios raw;

	c->machine.n = 0;
	c->person = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (c->person < 0 || grantpt(c->person) < 0 || unlockpt(c->person) < 0)
		return -1;
	c->machine.fd[0] = open(ptsname(c->person), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->machine.fd[0] < 0 || tcgetattr(c->machine.fd[0], &raw) < 0)
		return -1;
	c->machine.before[0] = raw;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	c->machine.n = 1;
	return tcsetattr(c->machine.fd[0], TCSANOW, &raw);
}

/* What was typed becomes line, and what was shown. */
static int type(struct console *c, const char *typed, char *ret_line, size_t max, char *ret_shown)
{
	struct terminal_ask ask = { .group = 6, .seconds = 5 };
	struct err err = ERR_INIT;
	size_t len = 0;
	ssize_t n;

	*ret_shown = '\0';
	if (write(c->person, typed, strlen(typed)) != (ssize_t)strlen(typed) ||
	    terminal_read(&c->machine, &ask, ret_line, max, &err) < 0)
		return -1;
	/* What was written to the terminal comes through it a little later. */
	for (int tries = 0; tries < 500 && !strchr(ret_shown, '\n'); tries++) {
		n = read(c->person, ret_shown + len, 255 - len);
		len += n > 0 ? (size_t)n : 0;
		ret_shown[len] = '\0';
		(void)usleep(n > 0 ? 0 : 10000);
	}
	return 0;
}

static void digits_are_shown_as_stars(void)
{
	AUTO_CONSOLE c = { .person = -1 };
	char line[64], shown[256];

	CHECK(console_open(&c) == 0);
	CHECK(type(&c, "1234567\r", line, sizeof(line), shown) == 0);
	CHECK_STR(line, "1234567");
	CHECK_STR(shown, "******-*\n");
	CHECK(type(&c, "123456-7 8x\n", line, sizeof(line), shown) == 0);
	CHECK_STR(line, "123456-7 8x");
	CHECK_STR(shown, "******-**\n");
}

static void what_was_typed_can_be_taken_back(void)
{
	AUTO_CONSOLE c = { .person = -1 };
	char line[64], shown[256];

	CHECK(console_open(&c) == 0);
	CHECK(type(&c,
		   "12\x7f\x7f\x7f"
		   "34\n",
		   line, sizeof(line), shown) == 0);
	CHECK_STR(line, "34");
	CHECK_STR(shown, "**\b \b\b \b**\n");
	CHECK(type(&c, "1234567\x08\x08\n", line, sizeof(line), shown) == 0);
	CHECK_STR(line, "12345");
	CHECK_STR(shown, "******-*\b \b\b \b\b \b\n");
	CHECK(type(&c,
		   "999\x15"
		   "1\n",
		   line, sizeof(line), shown) == 0);
	CHECK_STR(line, "1");
	CHECK_STR(shown, "***\b \b\b \b\b \b*\n");
}

static void a_line_has_an_end(void)
{
	AUTO_CONSOLE c = { .person = -1 };
	char line[5], shown[256];

	CHECK(console_open(&c) == 0);
	CHECK(type(&c, "123456789\n", line, sizeof(line), shown) == 0);
	CHECK_STR(line, "1234");
	CHECK(type(&c, "\n", line, sizeof(line), shown) == 0);
	CHECK_STR(line, "");
}

static void silence_and_a_console_that_goes_are_told(void)
{
	struct terminal_ask ask = { .group = 6, .seconds = 1 };
	AUTO_CONSOLE c = { .person = -1 };
	struct err err = ERR_INIT;
	char line[8];

	CHECK(console_open(&c) == 0);
	CHECK_FAILS(terminal_read(&c.machine, &ask, line, sizeof(line), &err), &err,
		    "nobody answered in 1 seconds");
	(void)close(c.person);
	c.person = -1;
	CHECK_FAILS(terminal_read(&c.machine, &ask, line, sizeof(line), &err), &err,
		    "no console is left to ask at");
}

static const char *words(struct lock_blob *blob, const struct lock_why *why)
{
	static struct err err;

	(void)err_set(&err, "as it was");
	unlock_words(blob, why, &err);
	return err.text;
}

static void every_answer_has_its_words(void)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	struct lock_why why = { .answer = LOCK_NOT_APPROVED };

	CHECK(blob);
	blob->record_pcr = 13;
	blob->profile = LOCK_EFISTUB;
	CHECK_STR(words(blob, &why), "no boot is approved");
	blob->n_approvals = 1;
	blob->approvals[0].id = 7;
	strcpy(blob->approvals[0].kernel, "6.12.9");
	why.differ = 1U << 9 | 1U << 13;
	CHECK_STR(words(blob, &why),
		  "not the approved boot: the initramfs or the kernel command line (PCR 9), what "
		  "would be enforced (PCR 13): not as in approval 7 (6.12.9)");
	blob->profile = LOCK_GRUB;
	why.differ = 1U << 9;
	CHECK(strstr(words(blob, &why), "a file that GRUB read"));
	why.answer = LOCK_REVOKED;
	CHECK_STR(words(blob, &why), "the approval of this boot was revoked: 7 (6.12.9)");
	why.answer = LOCK_OTHER_TPM;
	CHECK_STR(words(blob, &why), "TPM: a different one, or it was cleared");
	why.answer = LOCK_DAMAGED;
	CHECK_STR(words(blob, &why), "as it was");
}

/* All of them at once still fit. */
static void many_words_fit(void)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	struct lock_why why = { .answer = LOCK_NOT_APPROVED, .differ = 0xffffff };

	CHECK(blob);
	blob->n_approvals = 1;
	CHECK(strstr(words(blob, &why), "(PCR 23)"));
}

/* A volume's copy of the lock, with the secret wrapped by a new key. */
static int wrap(struct unlock *u, size_t at, uint8_t secret, char ret_key[static RECOVERY_TEXT_MAX])
{
	struct lock_blob *blob = lock_blob_new();
	uint8_t bytes[LOCK_SECRET_SIZE];
	AUTO_RECOVERY key;

	u->volume[at].blob = blob;
	memset(bytes, secret, sizeof(bytes));
	if (!blob || recovery_new(&key, NULL) < 0 || recovery_id(&key, blob->recovery_id, NULL) < 0)
		return -1;
	recovery_format(&key, ret_key);
	blob->recovery_len = RECOVERY_WRAPPED_LEN;
	return recovery_wrap(&key, blob->id, bytes, blob->recovery, NULL);
}

/* After a rotation that was cut off either key is right, whichever the prompt names. */
static void the_key_of_any_copy_is_taken(void)
{
	AUTO_MEM struct unlock *u = calloc(1, sizeof(*u));
	AUTO_LOCK_BLOB old = NULL;
	AUTO_LOCK_BLOB new = NULL;
	char keys[2][RECOVERY_TEXT_MAX], others[RECOVERY_TEXT_MAX];
	struct err err = ERR_INIT;

	CHECK(u);
	u->list.n = 3; /* the first has no token */
	CHECK(wrap(u, 2, 9, others) == 0);
	lock_blob_free(u->volume[2].blob);
	CHECK(wrap(u, 1, 7, keys[0]) == 0 && wrap(u, 2, 8, keys[1]) == 0);
	old = u->volume[1].blob;
	new = u->volume[2].blob;
	u->blob = old;
	CHECK_OK(unlock_try_key(u, keys[1], &err), &err);
	CHECK(u->secret[0] == 8 && u->secret[LOCK_SECRET_SIZE - 1] == 8 && u->blob == new);
	CHECK_OK(unlock_try_key(u, keys[0], &err), &err);
	CHECK(u->secret[0] == 7 && u->blob == old);
	CHECK_FAILS(unlock_try_key(u, others, &err), &err, "that is the one with ID");
	CHECK(u->secret[0] == 7 && u->blob == old);
}

static const struct unit_case cases[] = {
	CASE(the_key_of_any_copy_is_taken),
	CASE(digits_are_shown_as_stars),
	CASE(what_was_typed_can_be_taken_back),
	CASE(a_line_has_an_end),
	CASE(silence_and_a_console_that_goes_are_told),
	CASE(every_answer_has_its_words),
	CASE(many_words_fit),
	CASE_END,
};
UNIT_MAIN(cases)
