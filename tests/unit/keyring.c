/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyrings of a real kernel, in a user namespace of the test's own. */
#include "base/keyring.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <keyutils.h>

#include "base/io.h"
#include "unit/unit.h"

static bool put_text(const char *path, const char *text)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
	struct err err = ERR_INIT;

	return fd >= 0 && io_write_all(fd, text, strlen(text), &err) == 0;
}

/* The root user of a new user namespace has keyrings that nobody else sees. */
static bool apart(void)
{
	return unshare(CLONE_NEWUSER) == 0 && put_text("/proc/self/setgroups", "deny") &&
	       put_text("/proc/self/uid_map", "0 0 1") && put_text("/proc/self/gid_map", "0 0 1") &&
	       keyctl_join_session_keyring(NULL) >= 0 &&
	       keyctl_link(KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING) == 0;
}

#define NEED_KEYRINGS() \
	do { \
		if (!apart()) \
			SKIP("no keyrings in a user namespace here"); \
	} while (0)

static void one_is_made_and_found(void)
{
	struct keyring_state state;
	struct err err = ERR_INIT;
	int32_t serial = 0;

	NEED_KEYRINGS();
	CHECK_OK(keyring_inspect("ima", &state, &err), &err);
	CHECK(!state.present);
	CHECK_OK(keyring_prepare("ima", &serial, &err), &err);
	CHECK_OK(keyring_inspect("ima", &state, &err), &err);
	CHECK(state.present && !state.restricted && !state.kernel_owned);
	CHECK(state.serial == serial && state.keys == 0);
}

static void one_that_is_there_is_refused(void)
{
	struct err err = ERR_INIT;
	int32_t serial;

	NEED_KEYRINGS();
	CHECK(add_key("keyring", "_ima", NULL, 0, KEY_SPEC_SESSION_KEYRING) > 0);
	CHECK_FAILS(keyring_prepare("ima", &serial, &err), &err,
		    "keyring _ima: something else made it already");
}

static void what_is_locked_takes_nothing(void)
{
	struct keyring_state state;
	struct err err = ERR_INIT;
	int32_t serial = 0;

	NEED_KEYRINGS();
	CHECK_OK(keyring_prepare("evm", &serial, &err), &err);
	CHECK_OK(keyring_lock(serial, &err), &err);
	CHECK_OK(keyring_inspect("evm", &state, &err), &err);
	CHECK(state.present && state.restricted && state.serial == serial);
	CHECK(add_key("user", "intruder", "x", 1, serial) < 0);
	CHECK(keyctl_clear(serial) < 0);
	CHECK(keyctl_setperm(serial, KEY_POS_ALL | KEY_USR_ALL) < 0);
	CHECK_FAILS(keyring_lock(serial, &err), &err, "restrict");
}

static void what_is_detached_is_possessed_by_nobody(void)
{
	struct err err = ERR_INIT;
	int32_t serial = 0;

	NEED_KEYRINGS();
	CHECK_OK(keyring_prepare("ima", &serial, &err), &err);
	CHECK_OK(keyring_detach(serial, &err), &err);
	CHECK(request_key("keyring", "_ima", NULL, 0) < 0);
	CHECK_FAILS(keyring_detach(serial, &err), &err, "keyring ");
}

static void no_certificate_at_all(void)
{
	struct err err = ERR_INIT;
	int32_t serial = 0;

	NEED_KEYRINGS();
	CHECK_OK(keyring_prepare("ima", &serial, &err), &err);
	CHECK_FAILS(keyring_add_cert(serial, "no DER", 6, &err), &err, "add to keyring");
}

static void a_serial_that_is_none(void)
{
	struct err err = ERR_INIT;

	NEED_KEYRINGS();
	CHECK_FAILS(keyring_add_cert(0x7ffffffe, "x", 1, &err), &err, "add to keyring");
	CHECK_FAILS(keyring_lock(0x7ffffffe, &err), &err, "describe");
	CHECK_FAILS(keyring_detach(0x7ffffffe, &err), &err, "describe");
}

static void kernel_owned_ones_stay_as_they_are(void)
{
	struct keyring_state state;
	struct err err = ERR_INIT;
	int32_t serial = 0;

	/* Any keyring of the kernel's will do; this one is always there. */
	CHECK_OK(keyring_inspect("builtin_trusted_keys", &state, &err), &err);
	if (!state.present || !state.kernel_owned)
		SKIP("/proc/keys shows no keyring of the kernel's");
	CHECK(state.restricted);
	CHECK_OK(keyring_prepare("builtin_trusted_keys", &serial, &err), &err);
	CHECK(serial == state.serial);
	CHECK_OK(keyring_lock(serial, &err), &err);
	CHECK_OK(keyring_detach(serial, &err), &err);
}

/* /proc/keys shows a description as it is, with its newlines. */
static void a_forged_line_is_not_believed(void)
{
	struct keyring_state state;
	struct err err = ERR_INIT;
	char description[128];
	key_serial_t other;
	int32_t serial = 0;

	NEED_KEYRINGS();
	other = add_key("keyring", "other", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	(void)snprintf(description, sizeof(description),
		       "x\n%08x I--Q---     1 perm 1f0b0000     0     0 keyring   _ima: 7\n",
		       (unsigned int)other);
	CHECK(other > 0 && add_key("user", description, "x", 1, KEY_SPEC_SESSION_KEYRING) > 0);
	CHECK_OK(keyring_inspect("ima", &state, &err), &err);
	CHECK(!state.present);
	CHECK_OK(keyring_prepare("ima", &serial, &err), &err);
	CHECK(serial != other);
	/* About the right one it lies. */
	(void)snprintf(description, sizeof(description),
		       "x\n%08x I--Q---     1 perm 1f0b0000     0     0 keyring   _ima: 7\n",
		       (unsigned int)serial);
	CHECK(add_key("user", description, "x", 1, KEY_SPEC_SESSION_KEYRING) > 0);
	CHECK_OK(keyring_inspect("ima", &state, &err), &err);
	CHECK(state.present && state.serial == serial && !state.restricted && state.keys == 0);
}

/* Makes a keyring that everybody sees, as somebody else, and stays until the pipe is closed. */
static void make_as_somebody_else(int ready, int end)
{
	bool made = setresuid(12345, 12345, 12345) == 0 && keyctl_join_session_keyring(NULL) >= 0;
	key_serial_t ring =
		made ? add_key("keyring", "_ima", NULL, 0, KEY_SPEC_SESSION_KEYRING) : -1;

	made = ring > 0 && keyctl_setperm(ring, KEY_POS_ALL | KEY_OTH_VIEW) == 0;
	if (write(ready, made ? "y" : "n", 1) == 1)
		(void)!read(end, &made, 1);
	_exit(0);
}

static void another_users_keyring_is_none(void)
{
	struct keyring_state state;
	struct err err = ERR_INIT;
	char made = 'n';
	int ready[2];
	int end[2];
	pid_t child;

	CHECK(pipe2(ready, O_CLOEXEC) == 0 && pipe2(end, O_CLOEXEC) == 0);
	child = fork();
	if (child == 0) {
		(void)close(end[1]);
		make_as_somebody_else(ready[1], end[0]);
	}
	CHECK(child > 0 && read(ready[0], &made, 1) == 1);
	CHECK_OK(keyring_inspect("ima", &state, &err), &err);
	(void)close(end[1]);
	CHECK(waitpid(child, NULL, 0) == child);
	if (made != 'y')
		SKIP("nobody else can make a keyring here");
	CHECK(!state.present || state.kernel_owned);
}

static const struct unit_case cases[] = {
	CASE(one_is_made_and_found),
	CASE(one_that_is_there_is_refused),
	CASE(what_is_locked_takes_nothing),
	CASE(what_is_detached_is_possessed_by_nobody),
	CASE(no_certificate_at_all),
	CASE(a_serial_that_is_none),
	CASE(kernel_owned_ones_stay_as_they_are),
	CASE(a_forged_line_is_not_believed),
	CASE(another_users_keyring_is_none),
	CASE_END,
};
UNIT_MAIN(cases)
