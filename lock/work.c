/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock as a whole: blob, authority, approvals. */
#include "lock/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cli/passphrase.h"
#include "lock/empty.h"
#include "lock/rotate.h"
#include "lock/seal.h"
#include "tpm/nv.h"

int work_load(struct lock_blob **ret_blob, struct err *err)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	bool there = false;

	if (!blob)
		return err_set(err, "out of memory");
	if (rotate_finish(err) < 0)
		return err_prepend(err, "finish the rotation");
	if (lock_blob_load(LOCK_BLOB_PATH, blob, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "this host has no lock: see 'assay lock set --help'");
	*ret_blob = take_ptr(&blob);
	return 0;
}

int work_each_volume(const struct lock_blob *blob, work_volume_fn *save, void *ctx, struct err *err)
{
	bool here[LOCK_HANGS_MAX] = { false };
	size_t n = 0, n_here = 0;

	for (size_t i = 0; i < blob->n_hangs; i++) {
		if (blob->hangs[i].kind != LOCK_HANG_LUKS)
			continue;
		n++;
		here[i] = work_volume_here(blob->hangs[i].name);
		n_here += here[i];
	}
	if (n && !n_here)
		return err_set(err, "none of the lock's volumes is here");
	for (size_t i = 0; i < blob->n_hangs; i++) {
		const char *uuid = blob->hangs[i].name;

		if (blob->hangs[i].kind != LOCK_HANG_LUKS)
			continue;
		if (!here[i])
			(void)fprintf(stderr,
				      "assay-lock: volume %s: left out: no disk with it is "
				      "here\n",
				      uuid);
		else if (save(ctx, uuid, err) < 0)
			return err_prepend(err, "volume %s", uuid);
	}
	return 0;
}

static int save_token(void *ctx, const char *uuid, struct err *err)
{
	const struct lock_blob *blob = ctx;
	AUTO_LUKS *luks = NULL;
	AUTO_TOKEN token = TOKEN_INIT;
	bool there = false;

	if (work_open_volume(uuid, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err,
			       "the lock's token is gone from the volume: 'assay lock reseal'");
	buf_reset(&token.blob);
	if (lock_blob_encode(blob, &token.blob, err) < 0)
		return -1;
	return luks_token_save(luks, &token, err);
}

int work_save(struct lock_blob *blob, struct err *err)
{
	return work_each_volume(blob, save_token, blob, err) < 0
		       ? -1
		       : lock_blob_save(LOCK_BLOB_PATH, blob, err);
}

int work_authority(const struct lock_blob *blob, const char *given,
		   struct lock_authority **ret_authority, struct err *err)
{
	const char *source = given ? given : blob->source;

	if (!*source)
		return err_set(err, "where the authority's key is is not known: --authority URI");
	if (lock_authority_open(source, LOCK_HELD_PATH, passphrase_ask, ret_authority, err) < 0)
		return -1;
	if (memcmp(lock_authority_public(*ret_authority)->name, blob->authority.name,
		   TPM_NAME_SIZE) == 0)
		return 0;
	return err_set(err, "authority: %s: not the key of this lock", source);
}

int work_approval(const struct lock_blob *blob, const char *kernel, const struct tpm_pcrs *pcrs,
		  struct lock_approval *ret_approval, struct err *err)
{
	struct lock_approval a = { .time = (uint64_t)time(NULL), .pcrs = *pcrs };
	struct utsname running;
	bool there = false;

	if (!kernel) {
		if (uname(&running) < 0)
			return err_errno(err, "kernel");
		kernel = running.release;
	}
	if (lock_pcrs_check(blob->profile, pcrs, err) < 0)
		return -1;
	if (strlen(kernel) >= sizeof(a.kernel))
		return err_set(err, "'%s': longer than a kernel's version", kernel);
	strcpy(a.kernel, kernel);
	if (tpm_counter_read(&blob->counter, &a.bound, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "the TPM's counter of revocations was deleted or replaced: "
				    "'assay lock reseal'");
	*ret_approval = a;
	return 0;
}

int work_approve(struct lock_blob *blob, const struct lock_authority *authority,
		 struct lock_approval *approval, uint32_t *ret_dropped, struct err *err)
{
	approval->id = blob->next_id;
	if (lock_authority_sign(authority, blob, approval, err) < 0)
		return -1;
	return lock_approval_add(blob, approval, ret_dropped, err);
}

int work_settle(const struct lock_blob *blob, struct err *err)
{
	uint64_t value = 0;
	bool there = false;

	if (blob->n_approvals == 0)
		return 0;
	if (tpm_counter_read(&blob->counter, &value, &there, err) < 0)
		return -1;
	for (size_t i = 0; i < blob->n_approvals; i++)
		if (!there || blob->approvals[i].bound <= value)
			return 0;
	return tpm_counter_increment(&blob->counter, err);
}
