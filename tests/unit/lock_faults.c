/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TPM that is busy, whose PCRs change meanwhile, or whose commands fail, each in turn. */
#include "unit/lock_world.h"

/* What IMA does all the time, between any two commands of ours: the worst that can be survived. */
static unsigned int extend_every;

static void extend_pcr10(uint32_t code, void (*raw)(const uint8_t *command, size_t len))
{
	static const uint8_t extend[] = {
		0x80, 0x02, 0, 0,  0, 65, 0, 0, 0x01, 0x82, /* TPM2_PCR_Extend */
		0,    0,    0, 10, 0, 0,  0, 9, 0x40, 0,    0,	  9,
		0,    0,    0, 0,  0, 0,  0, 0, 1,    0,    0x0b,
	};
	uint8_t command[65] = { 0 };

	(void)code;
	if (!extend_every || (unsigned int)rand() % extend_every)
		return;
	memcpy(command, extend, sizeof(extend));
	raw(command, sizeof(command));
}

static void extends_of_pcr_10_meanwhile_do_not_matter(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct tpm_pcrs before, after;
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	CHECK_OK(tpm_pcrs_read(1U << 10, &before, &err), &err);
	extend_every = 2;
	swtpm.between = extend_pcr10;
	for (size_t i = 0; i < unit_count(200); i++)
		CHECK_UNSEALS(&w, &err);
	swtpm.between = NULL;
	CHECK_OK(tpm_pcrs_read(1U << 10, &after, &err), &err);
	CHECK(memcmp(before.value[10], after.value[10], TPM_DIGEST_SIZE) != 0);
}

static void extends_without_end_are_given_up(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	uint8_t secret[LOCK_SECRET_SIZE];
	size_t approval;
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	extend_every = 1;
	swtpm.between = extend_pcr10;
	CHECK_FAILS(lock_unseal(w.blob, secret, &approval, &err), &err, "PCRs do not stop");
	swtpm.between = NULL;
	CHECK_UNSEALS(&w, &err);
}

static void a_busy_tpm_is_asked_again(void)
{
	static const TSS2_RC passing[] = { TPM2_RC_RETRY,	  TPM2_RC_YIELDED,
					   TPM2_RC_TESTING,	  TPM2_RC_PCR_CHANGED,
					   TPM2_RC_OBJECT_MEMORY, TPM2_RC_SESSION_MEMORY,
					   TPM2_RC_NV_RATE };
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;
	unsigned int commands;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	swtpm.sent = 0;
	CHECK_UNSEALS(&w, &err);
	commands = swtpm.sent;
	CHECK(commands > 8);
	for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
		for (unsigned int n = 1; n <= commands; n++) {
			swtpm.sent = 0;
			swtpm.at = n;
			swtpm.times = 1;
			swtpm.rc = passing[i];
			CHECK_UNSEALS(&w, &err);
		}
	}
}

/* Whatever fails, nothing is said to be open, and afterwards all is as before. */
static void every_command_that_fails_is_told(void)
{
	static const TSS2_RC codes[] = { 0, TPM2_RC_FAILURE, TPM2_RC_LOCKOUT, TPM2_RC_VALUE,
					 TPM2_RC_BAD_AUTH };
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	uint8_t secret[LOCK_SECRET_SIZE];
	size_t approval;
	struct err err = ERR_INIT;
	unsigned int commands, refused = 0;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	swtpm.sent = 0;
	CHECK_UNSEALS(&w, &err);
	commands = swtpm.sent;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		for (unsigned int n = 1; n <= commands; n++) {
			memset(secret, 0, sizeof(secret));
			swtpm.sent = 0;
			swtpm.at = n;
			swtpm.times = 1000;
			swtpm.rc = codes[i];
			err.text[0] = '\0';
			if (lock_unseal(w.blob, secret, &approval, &err) < 0) {
				refused++;
				CHECK(err.text[0] && !strchr(err.text, '\n'));
				CHECK(memcmp(secret, w.secret, sizeof(secret)) != 0);
			} else {
				CHECK_MEM(secret, w.secret, sizeof(secret));
			}
			swtpm.at = 0;
		}
	}
	CHECK(refused > ARRAY_LEN(codes) * (commands - 6));
	CHECK_UNSEALS(&w, &err);
}

/* Calls fn with each command of it failing in turn; the number of failures. */
static unsigned int each_fails(int (*fn)(struct world *w, struct err *err), struct world *w)
{
	static const TSS2_RC codes[] = { 0, TPM2_RC_FAILURE, TPM2_RC_NV_SPACE, TPM2_RC_LOCKOUT };
	unsigned int failures = 0;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		for (unsigned int n = 1; n < 100; n++) {
			struct err err = ERR_INIT;
			unsigned int sent;

			swtpm.sent = 0;
			swtpm.at = n;
			swtpm.times = 1000;
			swtpm.rc = codes[i];
			if (fn(w, &err) == 0) {
				sent = swtpm.sent;
				swtpm.at = 0;
				if (sent < n)
					break;
				continue;
			}
			swtpm.at = 0;
			if (!err.text[0] || strchr(err.text, '\n'))
				return 0;
			failures++;
		}
	}
	return failures;
}

static int make_counter(struct world *w UNUSED, struct err *err)
{
	struct tpm_counter counter;

	return tpm_counter_make(&counter, err) < 0 ? -1 : tpm_counter_remove(&counter, err);
}

static int count_up(struct world *w, struct err *err)
{
	uint64_t before = 0;
	uint64_t after = 0;
	bool there = false;

	if (tpm_counter_read(&w->blob->counter, &before, &there, err) < 0 ||
	    tpm_counter_increment(&w->blob->counter, err) < 0 ||
	    tpm_counter_read(&w->blob->counter, &after, &there, err) < 0)
		return -1;
	return there && after == before + 1 ? 0 : err_set(err, "it did not count");
}

static int seal_anew(struct world *w, struct err *err)
{
	return lock_seal(w->blob, w->secret, err);
}

static int sign_anew(struct world *w, struct err *err)
{
	return lock_authority_sign(w->authority, w->blob, &w->blob->approvals[0], err);
}

static void whatever_fails_of_the_rest_is_told(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	(void)unlink(HELD_PATH);
	CHECK_OK(lock_held_make(HELD_PATH, "", &err), &err);
	CHECK_OK(world_make(&w, LOCK_SOURCE_TPM, &err), &err);
	CHECK(each_fails(seal_anew, &w) > 8);
	CHECK(each_fails(sign_anew, &w) > 8);
	CHECK(each_fails(count_up, &w) > 8);
	CHECK(each_fails(make_counter, &w) > 8);
	CHECK_OK(approve(&w, &err), &err);
	CHECK_UNSEALS(&w, &err);
}

static void a_dead_device_is_told(void)
{
	struct lock_blob *blob = lock_blob_new();
	uint8_t secret[LOCK_SECRET_SIZE];
	size_t approval;
	struct err err = ERR_INIT;

	CHECK(blob);
	blob->record_pcr = 13;
	swtpm.dead = true;
	CHECK_FAILS(lock_unseal(blob, secret, &approval, &err), &err, "unseal: " TPM_DEVICE);
	swtpm.dead = false;
	lock_blob_free(blob);
}

static const struct unit_case cases[] = {
	CASE(extends_of_pcr_10_meanwhile_do_not_matter),
	CASE(extends_without_end_are_given_up),
	CASE(a_busy_tpm_is_asked_again),
	CASE(every_command_that_fails_is_told),
	CASE(whatever_fails_of_the_rest_is_told),
	CASE(a_dead_device_is_told),
	CASE_END,
};
UNIT_MAIN(cases)
