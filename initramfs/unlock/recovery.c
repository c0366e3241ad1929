/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prompt for the recovery key: what differs, which key, and three tries. */
#include "lock/recovery.h"

#include <stdio.h>
#include <string.h>

#include "initramfs/unlock/terminal.h"
#include "initramfs/unlock/unlock.h"

#define PROMPT_MAX (ERR_TEXT_MAX + 256) /* bytes */

_Static_assert(RECOVERY_LOCK_ID_LEN == LOCK_ID_SIZE && RECOVERY_SECRET_LEN == LOCK_SECRET_SIZE &&
		       RECOVERY_WRAPPED_LEN <= LOCK_RECOVERY_MAX &&
		       RECOVERY_ID_TEXT <= LOCK_RECOVERY_ID_MAX && LUKS_KEY_LEN == LOCK_KEY_SIZE &&
		       LOCK_BLOB_MAX <= TOKEN_BLOB_MAX,
	       "the lock's sizes are one");

/* After a rotation that was cut off one volume has the new key's wrap and another the old one's. */
static const struct lock_blob *blob_of(const struct unlock *unlock, const char *id)
{
	if (strcmp(unlock->blob->recovery_id, id) == 0)
		return unlock->blob;
	for (size_t i = 0; i < unlock->list.n; i++)
		if (unlock->volume[i].blob && strcmp(unlock->volume[i].blob->recovery_id, id) == 0)
			return unlock->volume[i].blob;
	return NULL;
}

/* Another lock's key, or an older one, is told by its ID before it is told to be wrong. */
int unlock_try_key(struct unlock *unlock, const char *line, struct err *err)
{
	const struct lock_blob *blob;
	char id[RECOVERY_ID_TEXT];
	AUTO_RECOVERY key;

	if (recovery_parse(line, &key, err) < 0 || recovery_id(&key, id, err) < 0)
		return -1;
	blob = blob_of(unlock, id);
	if (!blob)
		return err_set(err, "recovery key: that is the one with ID %s", id);
	if (recovery_unwrap(&key, blob->id,
			    (struct recovery_wrapped){ blob->recovery, blob->recovery_len },
			    unlock->secret, err) < 0)
		return -1;
	unlock->blob = blob;
	return 0;
}

static void introduce(const struct terminal *t, const struct unlock *unlock)
{
	char text[PROMPT_MAX];

	(void)snprintf(text, sizeof(text),
		       "\nassay: the lock stays closed: %s\n"
		       "assay: boot what was approved, or type the recovery key with ID %s\n",
		       unlock->why.text, unlock->blob->recovery_id);
	terminal_write(t, text);
}

static void tell(const struct terminal *t, const char *text)
{
	terminal_write(t, "assay: ");
	terminal_write(t, text);
	terminal_write(t, "\n");
}

/* 0: the secret is there; -1: this try was none, and err says why. */
static int ask_once(struct unlock *unlock, const struct terminal *t, bool *ret_silent,
		    struct err *err)
{
	struct terminal_ask ask = { .group = RECOVERY_GROUP_DIGITS,
				    .seconds = UNLOCK_ANSWER_SECONDS };
	char line[RECOVERY_INPUT_MAX];
	int result;

	*ret_silent = false;
	do {
		terminal_write(t, "Recovery key (8 groups of 6 digits): ");
		result = terminal_read(t, &ask, line, sizeof(line), err);
		*ret_silent = result < 0;
	} while (result == 0 && line[strspn(line, " \t")] == '\0');
	if (result == 0)
		result = unlock_try_key(unlock, line, err);
	explicit_bzero(line, sizeof(line));
	return result;
}

int unlock_ask(struct unlock *unlock, struct err *err)
{
	AUTO_TERMINAL t = { .n = 0 };
	bool silent = false;

	if (unlock->blob->recovery_len == 0)
		return err_set(err, "%s; and the lock has no recovery key", unlock->why.text);
	if (terminal_open(&t, err) < 0)
		return err_prepend(err, "%s", unlock->why.text);
	introduce(&t, unlock);
	for (int i = 0; i < UNLOCK_TRIES; i++) {
		if (ask_once(unlock, &t, &silent, err) == 0)
			return 0;
		if (silent)
			return err_prepend(err, "%s", unlock->why.text);
		tell(&t, err->text);
	}
	return err_set(err, "%s; and %d wrong recovery keys", unlock->why.text, UNLOCK_TRIES);
}
