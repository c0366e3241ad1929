/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock on a software TPM, its authority, and the secret that it keeps. */
#ifndef ASSAY_TESTS_UNIT_LOCK_WORLD_H
#define ASSAY_TESTS_UNIT_LOCK_WORLD_H

#include "base/io.h"
#include "base/random.h"
#include "crypto/keygen.h"
#include "lock/authority.h"
#include "lock/seal.h"
#include "lock/unseal.h"
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

static inline void world_done(struct world *w)
{
	lock_blob_free(w->blob);
	lock_authority_free(w->authority);
}

#define AUTO_WORLD CLEANUP(world_done) struct world

static inline int make_key(const char *path, enum keygen_type type, struct err *err)
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

static inline int ask_wrong(const char *uri, unsigned int wrong UNUSED, char *ret_text, size_t max,
			    struct err *err)
{
	(void)uri;
	(void)max;
	(void)err;
	strcpy(ret_text, "wrong");
	return 0;
}

static inline int ask_right(const char *uri, unsigned int wrong UNUSED, char *ret_text, size_t max,
			    struct err *err)
{
	(void)ask_wrong(uri, wrong, ret_text, max, err);
	strcpy(ret_text, "right");
	return 0;
}

/* Seals a new secret for the authority. */
static inline int seal(struct world *w, struct err *err)
{
	w->blob->authority = *lock_authority_public(w->authority);
	if (random_bytes(w->blob->id, sizeof(w->blob->id), err) < 0 ||
	    lock_secret_make(w->secret, err) < 0)
		return -1;
	return lock_seal(w->blob, w->secret, err);
}

static inline int approve(struct world *w, struct err *err)
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

static inline int world_make(struct world *w, const char *source, struct err *err)
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

static inline int world_of_file(struct world *w, enum keygen_type type, struct err *err)
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
		CHECK_FAILS(lock_unseal_why((w)->blob, false, got_, &why_, err), err, part); \
		CHECK(why_.asked &&why_.answer == (what)); \
		CHECK(memcmp(got_, (w)->secret, sizeof(got_)) != 0); \
	} while (0)

#endif
