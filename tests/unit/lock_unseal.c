/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing under an authority, approving, unsealing, revoking: on a software TPM. */
#include "unit/lock_world.h"

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
	tpm_process_stop(&a);
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
	CASE_END,
};
UNIT_MAIN(cases)
