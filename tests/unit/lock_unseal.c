/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing under an authority, approving, unsealing, revoking: on a software TPM. */
#include "lock/unseal.h"

#include "crypto/keygen.h"
#include "base/io.h"
#include "base/random.h"
#include "lock/authority.h"
#include "lock/seal.h"
#include "tpm/nv.h"
#include "tpm/pcr.h"
#include "unit/swtpm.h"
#include "unit/unit.h"

#define KEY_PATH "authority.pem"
#define HELD_PATH "held"

/* A lock, its authority, and the secret that it keeps. */
struct world {
	struct lock_blob *blob;
	struct lock_authority *authority;
	uint8_t secret[LOCK_SECRET_SIZE];
};

static void world_done(struct world *w)
{
	lock_blob_free(w->blob);
	lock_authority_free(w->authority);
}

#define AUTO_WORLD CLEANUP(world_done) struct world

static int make_key(const char *path, enum keygen_type type, struct err *err)
{
	AUTO_BUF pem = BUF_INIT(65536);
	struct key *key = NULL;
	int rc;

	(void)unlink(path);
	if (keygen_generate(type, &key, err) < 0)
		return -1;
	rc = keygen_encode(key, NULL, &pem, err);
	key_free(key);
	return rc < 0 ? -1 : io_create_file(path, &pem, 0600, err);
}

static int ask_wrong(const char *uri, char *ret_text, size_t max, struct err *err)
{
	(void)uri;
	(void)max;
	(void)err;
	strcpy(ret_text, "wrong");
	return 0;
}

static int ask_right(const char *uri, char *ret_text, size_t max, struct err *err)
{
	(void)ask_wrong(uri, ret_text, max, err);
	strcpy(ret_text, "right");
	return 0;
}

/* Seals a new secret for the authority. */
static int seal(struct world *w, struct err *err)
{
	w->blob->authority = *lock_authority_public(w->authority);
	if (random_bytes(w->blob->id, sizeof(w->blob->id), err) < 0 ||
	    lock_secret_make(w->secret, err) < 0)
		return -1;
	return lock_seal(w->blob, w->secret, err);
}

static int approve(struct world *w, struct err *err)
{
	struct lock_blob *b = w->blob;
	struct lock_approval *a = &b->approvals[b->n_approvals];
	bool there = false;

	memset(a, 0, sizeof(*a));
	a->id = b->next_id++;
	strcpy(a->kernel, "6.12.9-amd64");
	if (tpm_counter_read(&b->counter, &a->bound, &there, err) < 0 ||
	    tpm_pcrs_read(lock_profile_pcrs(b->profile, b->record_pcr), &a->pcrs, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "no counter");
	b->n_approvals++;
	return lock_authority_sign(w->authority, b, a, err);
}

static int world_make(struct world *w, const char *source, struct err *err)
{
	w->blob = lock_blob_new();
	w->authority = NULL;
	if (!w->blob)
		return err_set(err, "out of memory");
	w->blob->profile = LOCK_GRUB;
	w->blob->record_pcr = 13;
	w->blob->next_id = 1;
	if (lock_authority_open(source, HELD_PATH, ask_right, &w->authority, err) < 0 ||
	    tpm_counter_make(&w->blob->counter, err) < 0 || seal(w, err) < 0)
		return -1;
	return approve(w, err);
}

static int world_of_file(struct world *w, enum keygen_type type, struct err *err)
{
	return make_key(KEY_PATH, type, err) < 0 ? -1 : world_make(w, KEY_PATH, err);
}

#define CHECK_UNSEALS(w, err) \
	do { \
		uint8_t got_[LOCK_SECRET_SIZE]; \
		size_t approval_; \
		CHECK_OK(lock_unseal((w)->blob, got_, &approval_, err), err); \
		CHECK_MEM(got_, (w)->secret, sizeof(got_)); \
	} while (0)

#define CHECK_SEALED(w, what, part, err) \
	do { \
		uint8_t got_[LOCK_SECRET_SIZE] = { 0 }; \
		struct lock_why why_; \
		bool asked_; \
		CHECK_FAILS(lock_unseal_why((w)->blob, got_, &why_, &asked_, err), err, part); \
		CHECK(asked_ &&why_.answer == (what)); \
		CHECK(memcmp(got_, (w)->secret, sizeof(got_)) != 0); \
	} while (0)

static void an_approved_boot_unseals(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	CHECK_UNSEALS(&w, &err);
	CHECK_UNSEALS(&w, &err);
}

static void an_rsa_key_approves_too(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_RSA2048, &err), &err);
	CHECK_UNSEALS(&w, &err);
}

static void other_keys_can_be_no_authority(void)
{
	struct lock_authority *authority = NULL;
	struct err err = ERR_INIT;

	CHECK_OK(make_key(KEY_PATH, KEYGEN_P384, &err), &err);
	CHECK_FAILS(lock_authority_open(KEY_PATH, HELD_PATH, NULL, &authority, &err), &err,
		    "neither RSA-2048 nor P-256");
	CHECK_OK(make_key(KEY_PATH, KEYGEN_RSA3072, &err), &err);
	CHECK_FAILS(lock_authority_open(KEY_PATH, HELD_PATH, NULL, &authority, &err), &err,
		    "neither RSA-2048 nor P-256");
}

static void the_tpms_own_key_approves(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct lock_authority *other = NULL;
	struct err err = ERR_INIT;

	(void)unlink(HELD_PATH);
	CHECK_OK(lock_held_make(HELD_PATH, "right", &err), &err);
	CHECK_FAILS(lock_held_make(HELD_PATH, "right", &err), &err, "exists already");
	CHECK_OK(world_make(&w, LOCK_SOURCE_TPM, &err), &err);
	CHECK(lock_authority_mode(w.authority) == LOCK_ATTENDED);
	CHECK_UNSEALS(&w, &err);
	CHECK_OK(lock_authority_open("tpm", HELD_PATH, ask_wrong, &other, &err), &err);
	CHECK_FAILS(lock_authority_sign(other, w.blob, &w.blob->approvals[0], &err), &err,
		    "the passphrase is not the key's");
	lock_authority_free(other);
	CHECK_FAILS(lock_authority_open("tpm", HELD_PATH, NULL, &other, &err), &err,
		    "needs a passphrase");
	(void)unlink(HELD_PATH);
	CHECK_OK(lock_held_make(HELD_PATH, "", &err), &err);
	CHECK_OK(lock_authority_open("tpm", HELD_PATH, NULL, &other, &err), &err);
	CHECK(lock_authority_mode(other) == LOCK_AUTOMATIC);
	lock_authority_free(other);
}

static void a_changed_pcr_keeps_it_sealed_and_is_named(void)
{
	static const unsigned int of_grub[] = { 4, 7, 8, 9, 13 };
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;
	char part[32];

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	CHECK_OK(tpm_pcr_extend(10, "x", 1, &err), &err);
	CHECK_OK(tpm_pcr_extend(5, "x", 1, &err), &err);
	CHECK_UNSEALS(&w, &err);
	for (size_t i = 0; i < ARRAY_LEN(of_grub); i++) {
		(void)snprintf(part, sizeof(part), "PCR %s%u is not", i ? "4, " : "", of_grub[i]);
		CHECK_OK(tpm_pcr_extend(of_grub[i], "x", 1, &err), &err);
		CHECK_SEALED(&w, LOCK_NOT_APPROVED, i < 2 ? part : "is not as in approval 1", &err);
	}
	CHECK(strstr(err.text, "PCR 4, 7, 8, 9, 13 is not as in approval 1 (6.12.9-amd64)"));
	CHECK_OK(approve(&w, &err), &err);
	CHECK_UNSEALS(&w, &err);
}

static void another_tpm_and_a_cleared_one_are_told(void)
{
	AUTO_SWTPM a = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	{
		AUTO_SWTPM b = swtpm_start("b");

		CHECK_SEALED(&w, LOCK_OTHER_TPM, "another TPM", &err);
	}
	swtpm.dir = "a";
	CHECK_UNSEALS(&w, &err);
	/* TPM2_Clear by the lockout hierarchy, whose password is empty. */
	swtpm_stop(&a);
	a = swtpm_start("a");
	CHECK_UNSEALS(&w, &err);
}

static void a_revoked_approval_never_unseals_again(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct tpm_counter again;
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	CHECK_OK(tpm_counter_increment(&w.blob->counter, &err), &err);
	CHECK_SEALED(&w, LOCK_REVOKED, "the approval was revoked", &err);
	/* Root deletes the counter: gone.  And makes it anew: it goes on where it was. */
	CHECK_OK(tpm_counter_remove(&w.blob->counter, &err), &err);
	CHECK_SEALED(&w, LOCK_COUNTER_GONE, "counter of revocations was deleted", &err);
	CHECK_OK(tpm_counter_make(&again, &err), &err);
	CHECK(again.index == w.blob->counter.index);
	CHECK_MEM(again.name, w.blob->counter.name, TPM_NAME_SIZE);
	CHECK_SEALED(&w, LOCK_REVOKED, "the approval was revoked", &err);
	CHECK_OK(approve(&w, &err), &err);
	CHECK_UNSEALS(&w, &err);
}

static void forged_approvals_are_refused(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct lock_approval *a;
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	a = &w.blob->approvals[0];
	a->bound += 1;
	CHECK_SEALED(&w, LOCK_FORGED, "not signed by the lock authority", &err);
	a->bound -= 1;
	a->sig[10] ^= 1;
	CHECK_SEALED(&w, LOCK_FORGED, "not signed by the lock authority", &err);
	a->sig[10] ^= 1;
	a->sig_len = 63;
	CHECK_SEALED(&w, LOCK_FORGED, "not signed by the lock authority", &err);
	a->sig_len = 64;
	CHECK_UNSEALS(&w, &err);
	/* Another key's, in the lock's place: its policy is not what was sealed to. */
	CHECK_OK(make_key("other.pem", KEYGEN_P256, &err), &err);
	lock_authority_free(w.authority);
	w.authority = NULL;
	CHECK_OK(lock_authority_open("other.pem", HELD_PATH, NULL, &w.authority, &err), &err);
	CHECK_FAILS(lock_authority_sign(w.authority, w.blob, a, &err), &err,
		    "not the key of this lock");
	w.blob->authority = *lock_authority_public(w.authority);
	CHECK_OK(lock_authority_sign(w.authority, w.blob, a, &err), &err);
	CHECK_SEALED(&w, LOCK_DAMAGED, "another authority", &err);
}

static void an_approval_of_another_lock_opens_nothing(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	w.blob->id[0] ^= 1;
	CHECK_FAILS(lock_authority_verify(w.blob, &w.blob->approvals[0], &err), &err,
		    "or for another lock");
	CHECK_SEALED(&w, LOCK_FORGED, "not signed", &err);
	CHECK_OK(lock_authority_sign(w.authority, w.blob, &w.blob->approvals[0], &err), &err);
	CHECK_SEALED(&w, LOCK_DAMAGED, "another lock", &err);
}

static void damaged_objects_are_told(void)
{
	AUTO_SWTPM tpm = swtpm_start("a");
	AUTO_WORLD w = { .blob = NULL };
	struct err err = ERR_INIT;

	CHECK_OK(world_of_file(&w, KEYGEN_P256, &err), &err);
	w.blob->sealed.private[40] ^= 1;
	CHECK_SEALED(&w, LOCK_DAMAGED, "damaged", &err);
	w.blob->sealed.private[40] ^= 1;
	w.blob->sealed.private_len -= 1;
	CHECK_SEALED(&w, LOCK_DAMAGED, "damaged", &err);
	w.blob->sealed.private_len += 1;
	w.blob->sealed.public[w.blob->sealed.public_len - 1] ^= 1;
	CHECK_SEALED(&w, LOCK_DAMAGED, "damaged", &err);
	w.blob->sealed.public_len = 3;
	CHECK_SEALED(&w, LOCK_DAMAGED, "damaged", &err);
}

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
	CASE(an_approved_boot_unseals),
	CASE(an_rsa_key_approves_too),
	CASE(other_keys_can_be_no_authority),
	CASE(the_tpms_own_key_approves),
	CASE(a_changed_pcr_keeps_it_sealed_and_is_named),
	CASE(another_tpm_and_a_cleared_one_are_told),
	CASE(a_revoked_approval_never_unseals_again),
	CASE(forged_approvals_are_refused),
	CASE(an_approval_of_another_lock_opens_nothing),
	CASE(damaged_objects_are_told),
	CASE(extends_of_pcr_10_meanwhile_do_not_matter),
	CASE(extends_without_end_are_given_up),
	CASE(a_busy_tpm_is_asked_again),
	CASE(every_command_that_fails_is_told),
	CASE(a_dead_device_is_told),
	CASE_END,
};
UNIT_MAIN(cases)
