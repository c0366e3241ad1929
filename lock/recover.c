/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recovery key: asked for, made, shown and confirmed. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cli/cmd.h"
#include "lock/work.h"

_Static_assert(RECOVERY_WRAPPED_LEN <= LOCK_RECOVERY_MAX, "the blob has room for the wrap");
_Static_assert(RECOVERY_ID_TEXT <= LOCK_RECOVERY_ID_MAX, "the blob has room for the id");

static int read_key(const char *path, struct recovery_key *ret_key, struct err *err)
{
	CLEANUP(buf_wipe) struct buf text = BUF_INIT(RECOVERY_INPUT_MAX);
	AUTO_FD fd = -1;
	struct stat st;

	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (st.st_mode & 077)
		return err_set(err, "%s: mode %04o lets others read it; make it 0600", path,
			       (unsigned int)(st.st_mode & 07777));
	if (io_read_fd(fd, path, &text, err) < 0)
		return -1;
	if (text.len)
		text.data[strcspn((char *)text.data, "\r\n")] = '\0';
	return recovery_parse(buf_text(&text), ret_key, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

static int ask_key(const char *prompt, struct recovery_key *ret_key, struct err *err)
{
	char text[RECOVERY_INPUT_MAX];
	int rc = cmd_ask_secret(prompt, "--recovery-key-file", text, sizeof(text), err);

	if (rc == 0)
		rc = recovery_parse(text, ret_key, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

int work_recover(const struct lock_blob *blob, const char *key_path,
		 uint8_t ret_secret[static LOCK_SECRET_SIZE], struct err *err)
{
	AUTO_RECOVERY key = { .data = { 0 } };

	return work_recover_key(blob, key_path, &key, ret_secret, err);
}

int work_recover_key(const struct lock_blob *blob, const char *key_path,
		     struct recovery_key *ret_key, uint8_t ret_secret[static LOCK_SECRET_SIZE],
		     struct err *err)
{
	char prompt[96];

	(void)snprintf(prompt, sizeof(prompt), "recovery key %s", blob->recovery_id);
	if (key_path ? read_key(key_path, ret_key, err) < 0 : ask_key(prompt, ret_key, err) < 0)
		return err_prepend(err, "recovery key");
	if (recovery_unwrap(ret_key, blob->id,
			    (struct recovery_wrapped){ blob->recovery, blob->recovery_len },
			    ret_secret, err) < 0)
		return err_prepend(err, "recovery key %s", blob->recovery_id);
	return 0;
}

static int confirm(const struct recovery_key *key, const char *text, const char *id,
		   struct err *err)
{
	AUTO_RECOVERY again = { .data = { 0 } };

	(void)printf("recovery key %s:\n\n    %s\n\n"
		     "Without it nothing opens what hangs on the lock when the TPM does not.  Keep "
		     "it elsewhere.\n",
		     id, text);
	if (fflush(stdout) != 0)
		return err_errno(err, "stdout");
	if (ask_key("type it again, to confirm that you have it", &again, err) < 0)
		return -1;
	if (memcmp(&again, key, sizeof(again)) != 0)
		return err_set(err, "not the key that was shown: nothing was changed");
	return 0;
}

static int deliver(const struct recovery_key *key, const char *id, const char *path,
		   struct err *err)
{
	CLEANUP(buf_wipe) struct buf file = BUF_INIT(RECOVERY_INPUT_MAX);
	char text[RECOVERY_TEXT_MAX];
	int rc;

	recovery_format(key, text);
	if (path)
		rc = buf_putf(&file, err, "%s\n", text) < 0
			     ? -1
			     : io_create_file(path, &file, 0600, err);
	else
		rc = confirm(key, text, id, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

int work_new_recovery(struct lock_blob *blob, const uint8_t secret[static LOCK_SECRET_SIZE],
		      const char *path, struct err *err)
{
	AUTO_RECOVERY key = { .data = { 0 } };
	char id[RECOVERY_ID_TEXT];
	uint8_t wrapped[RECOVERY_WRAPPED_LEN];

	if (recovery_new(&key, err) < 0 || recovery_id(&key, id, err) < 0 ||
	    recovery_wrap(&key, blob->id, secret, wrapped, err) < 0 ||
	    deliver(&key, id, path, err) < 0)
		return err_prepend(err, "recovery key");
	memcpy(blob->recovery, wrapped, sizeof(wrapped));
	blob->recovery_len = sizeof(wrapped);
	strcpy(blob->recovery_id, id);
	return 0;
}
