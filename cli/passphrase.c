/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passphrases from a file or the terminal. */
#include "cli/passphrase.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cli/cmd.h"
#include "crypto/key.h"

#define PROMPT_MAX 256 /* bytes */

static const char *passphrase_file; /* the parsed option */

void passphrase_use_file(const char *path)
{
	passphrase_file = path;
}

static int from_file(char *ret_text, size_t max, struct err *err)
{
	CLEANUP(buf_wipe) struct buf raw = BUF_INIT(PASSPHRASE_MAX);
	AUTO_FD fd = -1;
	struct stat st;
	size_t len;

	if (io_open_regular(passphrase_file, &fd, err) < 0)
		return err_prepend(err, "passphrase");
	if (fstat(fd, &st) < 0)
		return err_errno(err, "passphrase: %s", passphrase_file);
	if (st.st_mode & 077)
		return err_set(err, "passphrase: %s: mode %04o lets others read it; make it 0600",
			       passphrase_file, (unsigned int)(st.st_mode & 07777));
	if (io_read_fd(fd, passphrase_file, &raw, err) < 0)
		return err_prepend(err, "passphrase");
	len = strcspn(buf_text(&raw), "\r\n");
	if (len == 0 || len >= max)
		return err_set(err, "passphrase: %s: its first line %s", passphrase_file,
			       len ? "is too long" : "is empty");
	memcpy(ret_text, raw.data, len);
	ret_text[len] = '\0';
	return 0;
}

int passphrase_ask(const char *uri, unsigned int wrong, char *ret_text, size_t max, struct err *err)
{
	unsigned int left = wrong < KEY_TRIES ? KEY_TRIES - wrong : 0;
	char again[64] = "";
	char prompt[PROMPT_MAX];

	if (passphrase_file)
		return from_file(ret_text, max, err);
	if (wrong)
		(void)snprintf(again, sizeof(again), "wrong passphrase, %u more %s\n", left,
			       left == 1 ? "try" : "tries");
	(void)snprintf(prompt, sizeof(prompt), "%spassphrase of %s", again, uri);
	return cmd_ask_secret(prompt, "--passphrase-file", ret_text, max, err);
}

int passphrase_ask_new(char *ret_text, size_t max, struct err *err)
{
	static const char instead[] = "--passphrase-file, or --no-passphrase";
	char again[PASSPHRASE_MAX];
	int rc = 0;

	if (passphrase_file)
		return from_file(ret_text, max, err);
	if (cmd_ask_secret("new passphrase", instead, ret_text, max, err) < 0)
		return -1;
	if (!*ret_text)
		return err_set(err, "the passphrase is empty; --no-passphrase makes a key without");
	if (cmd_ask_secret("the same again", instead, again, sizeof(again), err) < 0)
		return -1;
	if (strcmp(ret_text, again) != 0)
		rc = err_set(err, "the two passphrases differ");
	explicit_bzero(again, sizeof(again));
	return rc;
}
