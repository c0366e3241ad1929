/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making, filling, locking and looking at the keyrings of IMA and EVM. */
#include "base/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <keyutils.h>

#include "base/io.h"

#define PROC_KEYS "/proc/keys"
#define KEYS_LINE_MAX 1024 /* bytes; the kernel cuts descriptions long before */
#define KEYS_TYPE_MAX 16   /* include/linux/key.h: type names are at most 31, shown cut to 9 */

/* What stays: to be seen, read and searched by those who possess it, to be seen by root. */
#define PERM_LOCKED (KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_USR_VIEW | KEY_USR_READ)
#define PERM_ANY_CHANGE \
	(KEY_POS_WRITE | KEY_POS_SETATTR | KEY_USR_WRITE | KEY_USR_SETATTR | KEY_GRP_WRITE | \
	 KEY_GRP_SETATTR | KEY_OTH_WRITE | KEY_OTH_SETATTR)

/*
 * security/keys/proc.c: "SERIAL FLAGS USAGE TIMEOUT PERM UID GID TYPE DESCRIPTION".  A hint only:
 * descriptions are shown as they are, so that whoever may make a key can make a line.
 */
static bool line_parse(const char *line, const char *name, int32_t *ret_serial)
{
	char type[KEYS_TYPE_MAX];
	char description[KEYS_LINE_MAX];
	unsigned int serial;
	size_t len = strlen(name);

	if (sscanf(line, "%x %*s %*s %*s %*x %*s %*s %15s %1023[^\n]", &serial, type,
		   description) != 3)
		return false;
	if (strcmp(type, "keyring") != 0 || strncmp(description, name, len) != 0 ||
	    description[len] != ':')
		return false;
	*ret_serial = (int32_t)serial;
	return true;
}

/*
 * Does the kernel say that this is root's keyring of exactly this name?  One that root can't read
 * is in somebody's session, and neither the kernel's nor what keyring_prepare() made.
 */
static bool is_roots(int32_t serial, const char *name, struct keyring_state *ret_state)
{
	char text[KEYS_LINE_MAX];
	unsigned int uid, permissions;
	long len = keyctl_read(serial, NULL, 0);
	int at = 0;

	/* "keyring;0;0;1f0f0000;_ima" */
	if (len < 0 || keyctl_describe(serial, text, sizeof(text)) < 0)
		return false;
	text[sizeof(text) - 1] = '\0';
	if (sscanf(text, "keyring;%u;%*d;%x;%n", &uid, &permissions, &at) != 2 || at == 0 ||
	    uid != 0 || strcmp(text + at, name) != 0)
		return false;
	*ret_state = (struct keyring_state){
		.present = true,
		.restricted = (permissions & PERM_ANY_CHANGE) == 0,
		.kernel_owned = name[0] == '.',
		.keys = (size_t)len / sizeof(key_serial_t),
		.permissions = permissions,
		.serial = serial,
	};
	return true;
}

/* Root's first keyring of exactly this name; *ret_state is left alone when there is none. */
static int find_named(const char *name, struct keyring_state *ret_state, struct err *err)
{
	AUTO_FILE f = fopen(PROC_KEYS, "re");
	char line[KEYS_LINE_MAX];
	int32_t serial;

	if (!f)
		return io_require_proc(err) < 0 ? -1 : err_errno(err, "%s", PROC_KEYS);
	while (fgets(line, sizeof(line), f))
		if (line_parse(line, name, &serial) && is_roots(serial, name, ret_state))
			return 0;
	return ferror(f) ? err_errno(err, "%s", PROC_KEYS) : 0;
}

static void full_name(char prefix, const char *name, char ret_name[static KEYRING_NAME_MAX])
{
	(void)snprintf(ret_name, KEYRING_NAME_MAX, "%c%s", prefix, name);
}

int keyring_inspect(const char *name, struct keyring_state *ret_state, struct err *err)
{
	struct keyring_state state = { .present = false };
	char full[KEYRING_NAME_MAX];

	full_name('.', name, full);
	if (find_named(full, &state, err) < 0)
		return -1;
	if (!state.present) {
		full_name('_', name, full);
		if (find_named(full, &state, err) < 0)
			return -1;
	} else {
		state.restricted = true; /* by the kernel: certs/system_keyring.c */
	}
	*ret_state = state;
	return 0;
}

/*
 * The kernel asks for "_ima" by request_key() in the context of the first appraisal and keeps what
 * it gets (security/integrity/digsig.c), so what we made must be what such a request finds.
 */
static int check_found(const char *full, key_serial_t serial, struct err *err)
{
	long found = request_key("keyring", full, NULL, 0);

	if (found < 0)
		return err_errno(err, "keyring %s: request", full);
	if (found != serial)
		return err_set(err, "keyring %s: another of this name is found first (%ld)", full,
			       found);
	return 0;
}

int keyring_prepare(const char *name, int32_t *ret_serial, struct err *err)
{
	struct keyring_state state = { .present = false };
	char full[KEYRING_NAME_MAX];
	key_serial_t serial;

	full_name('.', name, full);
	if (find_named(full, &state, err) < 0)
		return -1;
	if (state.present) {
		*ret_serial = state.serial;
		return 0;
	}
	full_name('_', name, full);
	if (request_key("keyring", full, NULL, 0) >= 0)
		return err_set(err, "keyring %s: something else made it already", full);
	serial = add_key("keyring", full, NULL, 0, KEY_SPEC_USER_KEYRING);
	if (serial < 0)
		return err_errno(err, "keyring %s: make", full);
	if (check_found(full, serial, err) < 0)
		return -1;
	*ret_serial = serial;
	return 0;
}

static const char *add_cause(int code)
{
	switch (code) {
	case ENOPKG:
	case ENOENT: /* 6.1, a P-256 key: crypto_alloc_akcipher() finds no such cipher */
		return "this kernel has no such signature algorithm";
	case EBADMSG:
		return "the kernel cannot read this certificate";
	case EKEYREJECTED:
	case ENOKEY:
		return "not signed by a key that the kernel trusts";
	case EPERM:
	case EACCES:
		return "the keyring takes no more keys";
	default:
		return strerror(code);
	}
}

int keyring_add_cert(int32_t serial, const void *der, size_t len, struct err *err)
{
	/* Without a description the kernel takes subject and key ID from the certificate. */
	key_serial_t key = add_key("asymmetric", NULL, der, len, serial);

	if (key < 0)
		return err_set(err, "add to keyring %d: %s", serial, add_cause(errno));
	if (keyctl_setperm(key, PERM_LOCKED) < 0)
		return err_errno(err, "key %d: drop permissions", key);
	return 0;
}

static int is_kernel_owned(int32_t serial, bool *ret_owned, struct err *err)
{
	char text[KEYS_LINE_MAX];
	const char *description;

	/* "keyring;0;0;1f0f0000;_ima" */
	if (keyctl_describe(serial, text, sizeof(text)) < 0)
		return err_errno(err, "keyring %d: describe", serial);
	text[sizeof(text) - 1] = '\0';
	description = strrchr(text, ';');
	*ret_owned = description && description[1] == '.';
	return 0;
}

int keyring_lock(int32_t serial, struct err *err)
{
	bool kernel_owned;

	if (is_kernel_owned(serial, &kernel_owned, err) < 0)
		return -1;
	if (kernel_owned)
		return 0;
	if (keyctl_restrict_keyring(serial, NULL, NULL) < 0)
		return err_errno(err, "keyring %d: restrict", serial);
	if (keyctl_setperm(serial, PERM_LOCKED) < 0)
		return err_errno(err, "keyring %d: drop permissions", serial);
	return 0;
}

int keyring_detach(int32_t serial, struct err *err)
{
	bool kernel_owned;

	if (is_kernel_owned(serial, &kernel_owned, err) < 0)
		return -1;
	if (kernel_owned)
		return 0;
	if (keyctl_unlink(serial, KEY_SPEC_USER_KEYRING) < 0)
		return err_errno(err, "keyring %d: unlink", serial);
	return 0;
}
