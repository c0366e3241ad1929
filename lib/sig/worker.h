/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the engine: what one thread keeps, and the steps of one file. */
#ifndef ASSAY_SIG_WORKER_H
#define ASSAY_SIG_WORKER_H

#include <pthread.h>

#include "crypto/md5.h"
#include "ima/evm.h"
#include "ima/verity.h"
#include "ima/xattr.h"
#include "sig/engine.h"
#include "sig/queue.h"
#include "sig/seen.h"

#define WORKER_PATH_MAX 65536 /* bytes of a path put together for messages */

struct engine {
	const struct engine_config *config;
	struct queue queue;
	atomic_size_t dirs_open; /* held by the walk, and by files that wait */
	size_t dirs_max;
	size_t chunk;		 /* bytes that each thread reads at a time */
	struct seen *inodes;	 /* with several links, met already */
	struct seen *complaints; /* file systems without attributes, reported already */
	pthread_mutex_t report_lock;
	struct engine_totals totals; /* under report_lock */
};

/* An attribute as read or to be written: bytes, and decoded when it is a signature. */
struct worker_attr {
	uint8_t data[XATTR_VALUE_MAX];
	size_t len; /* 0: the file has none */
	bool is_sig;
	struct xattr_sig sig;
};

/* One file on its way; everything a thread needs lives here and is used again for the next. */
struct worker {
	struct engine *engine;
	struct hash_ctx *hash;
	struct md5 *md5; /* NULL: not asked for */
	struct signer *signer;
	struct buf path; /* of the current file */
	struct buf value;
	int fd;
	struct stat st; /* as it was when it was opened */
	enum sig_kind kind;
	enum xattr_type want; /* XATTR_DIGSIG or XATTR_VERITY_DIGSIG */
	enum verity_state verity;
	struct digest digest; /* the file's; what the result tells */
	struct digest signed_digest;
	struct worker_attr ima;
	struct worker_attr evm;
	void *cookie;
	struct err err;
	struct engine_totals totals;
};

/* Waits for room; the item's references become the queue's. */
void engine_push_item(struct engine *engine, const struct queue_item *item);

/* Waits until another directory may be opened. */
void engine_wait_for_dirs(struct engine *engine);

/* Each returns the outcome of w's file; for DENIED and FAILED w->err says why. */
enum engine_outcome worker_sign(struct worker *w);
enum engine_outcome worker_verify(struct worker *w);

/* Asks the caller's check, md5 NULL or of the content.  False: *ret_outcome is the file's. */
bool worker_check(struct worker *w, const uint8_t *md5, enum engine_outcome *ret_outcome);

/* Reads one attribute of w->fd.  -1: an I/O error, or the file system keeps no attributes; that has
 * a text only for the first file of each file system. */
MUST_USE int worker_attr_load(struct worker *w, const char *name, struct worker_attr *ret_attr);

/* Chooses v2 or v3 for the file; what fs-verity says of it is in w->verity afterwards. */
MUST_USE int worker_choose(struct worker *w);

/*
 * Would the kernel run the file by a v2 signature?  Where the policy takes these by owner (5.19 and
 * later), not what a user owns; false says so in w->err.  With all_files it is not asked.
 */
bool worker_owner_runs(struct worker *w);

/* w->digest by content, w->signed_digest by w->want. */
MUST_USE int worker_digest(struct worker *w, enum hash_algo algo);

/* Is the file as it was when it was opened?  Its change time counts only until it is labelled. When
 * it is not, w->st is what it is now. */
MUST_USE int worker_unchanged(struct worker *w, bool labelled, bool *ret_same);

/* The path of the file for messages; "" when there is no memory. */
const char *worker_path(const struct worker *w);

#endif
