/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signs or verifies any number of files on all cores. */
#ifndef ASSAY_SIG_ENGINE_H
#define ASSAY_SIG_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "sig/classify.h"

#define ENGINE_JOBS_MAX 256

enum engine_act { ENGINE_SIGN, ENGINE_VERIFY };

/* Which executables carry v3 signatures over fs-verity digests: those on file systems that have
 * the feature, none, all. */
enum engine_profile { ENGINE_AUTO, ENGINE_SIGNATURE, ENGINE_VERITY };

enum engine_outcome {
	ENGINE_SIGNED,	/* got a new signature, or would get one (dry run) */
	ENGINE_KEPT,	/* carries a valid signature by this key already */
	ENGINE_VALID,	/* verifies */
	ENGINE_IGNORED, /* the kernel would not appraise it, or not a regular file */
	ENGINE_DENIED,	/* does not verify, or the check refused it: text says why */
	ENGINE_FAILED,	/* could not be judged or signed: text says why */
};

#define ENGINE_OUTCOMES 6

/* What the check hook sees: an open file, before it is signed.  The offset of fd is free to use. */
struct engine_file {
	const char *path;
	int fd;
	const struct stat *st;
	enum sig_kind kind;
	void *cookie;	    /* what was pushed with it */
	const uint8_t *md5; /* with want_md5: of the content that is going to be signed */
};

/*
 * 0: go on; 1: refuse, err says why; 2: leave it out (ENGINE_IGNORED); -1: trouble.  Called on
 * worker threads, once per file; with want_md5 each time that its content is read.
 */
typedef int (*engine_check_fn)(void *ctx, const struct engine_file *file, struct err *err);

/* The values are the attributes that the file has now; NULL where it has none. */
struct engine_result {
	const char *path;
	enum engine_outcome outcome;
	const char *text; /* the reason, without the path; "" where there is none */
	enum sig_kind kind;
	const struct stat *st;	     /* NULL: it could not be opened */
	const struct digest *digest; /* what security.ima is over: file hash or fs-verity digest */
	const uint8_t *ima;
	size_t ima_len;
	const uint8_t *evm;
	size_t evm_len;
	void *cookie;
};

/* One call at a time, on worker threads. */
typedef void (*engine_report_fn)(void *ctx, const struct engine_result *result);

/* From the thread that runs the engine, about ten times a second. */
typedef void (*engine_tick_fn)(void *ctx, size_t done, size_t pushed);

struct engine_config {
	enum engine_act act;
	enum engine_profile profile;
	enum hash_algo algo;		/* of new signatures */
	const struct key *key;		/* ENGINE_SIGN */
	uint32_t keyid;			/* ENGINE_SIGN: from the key's certificate */
	const struct cert_set *trusted; /* ENGINE_VERIFY */
	bool evm;			/* portable EVM signatures too */
	bool all_files;			/* every regular file, not what the kernel would appraise */
	bool dry_run;
	bool cross_file_systems;
	bool report_all;   /* report every file, not just what was denied or failed */
	unsigned int jobs; /* threads at most, 0: one per processor we may use */
	bool want_md5;	   /* ENGINE_SIGN: the check compares with dpkg's records */
	engine_check_fn check;
	engine_report_fn report;
	engine_tick_fn tick;
	void *ctx; /* of the three */
};

struct engine_totals {
	size_t count[ENGINE_OUTCOMES];
};

/* Where files are pushed while the engine runs. */
struct engine;

/* Called once, to push files; its failure ends the run when the pushed files are done. */
typedef int (*engine_feed_fn)(struct engine *engine, void *feed_ctx, struct err *err);

/*
 * Every file is opened once, and the object that was hashed is the object that is labelled.  A file
 * with several links is done once, and once more for each time that it is named.  The limit of
 * open files is raised as far as it goes; whatever the limit and the number of threads are, open
 * files stay below it, and what the threads read into below 16 MiB.  A file that can't be done is
 * reported and counted, and the rest go on; -1 is for what stops them all.  Killed at any point it
 * leaves each attribute as it was or new: with evm, security.ima is written first, and until
 * security.evm follows EVM denies the file.
 */
MUST_USE int engine_run(const struct engine_config *config, engine_feed_fn feed, void *feed_ctx,
			struct engine_totals *ret_totals, struct err *err);

/* One file by its path; symbolic links in it are followed.  named: it is done whatever its kind,
 * and must be a regular file.  May wait for room. */
MUST_USE int engine_push_file(struct engine *engine, const char *path, bool named, void *cookie,
			      struct err *err);

/* All regular files below a directory, in the order of the directories; no links are followed.
 * What can't be read is reported as failed. */
MUST_USE int engine_push_tree(struct engine *engine, const char *path, struct err *err);

/* Counts and reports a file that never could be pushed. */
void engine_push_failure(struct engine *engine, const char *path, const char *text);

#endif
