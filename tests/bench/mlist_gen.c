/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mlist_gen KEY CERT ENTRIES FILES LIST: a signed measurement list (template ima-sig). */
/*
 * ENTRIES entries besides boot_aggregate, over FILES different files, each signed for real; a file
 * that is there more than once has other names.  Prints what PCR 10 then holds, "sha1:HEX" and
 * "sha256:HEX", a line each.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/list_replay.h"
#include "base/hex.h"
#include "base/io.h"
#include "crypto/key.h"
#include "ima/xattr.h"
#include "frame/mlist_make.h"

#define ENTRIES_MAX 10000000
#define ENTRY_MAX 1024 /* bytes, more than one takes */
#define BATCH 64       /* signatures that a thread makes at a time */
#define THREADS_MAX 16

struct file {
	struct digest digest;
	uint8_t sig[XATTR_VALUE_MAX];
	size_t sig_len;
};

struct job {
	const struct key *key;
	uint32_t keyid;
	struct file *files;
	size_t n;
	atomic_size_t next;
	atomic_bool failed;
};

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static void cleanup_cert(struct cert **cert)
{
	cert_free(*cert);
}

static void cleanup_signer(struct signer **signer)
{
	signer_free(*signer);
}

static int sign_file(const struct job *job, struct signer *signer, size_t i, struct err *err)
{
	const struct xattr_signer by = { .signer = signer, .keyid = job->keyid };
	AUTO_BUF value = BUF_INIT(XATTR_VALUE_MAX);
	struct file *file = &job->files[i];
	struct xattr_sig sig;

	if (hash_bytes(HASH_SHA256, &i, sizeof(i), &file->digest, err) < 0 ||
	    xattr_sig_make(&by, XATTR_DIGSIG, &file->digest, &sig, err) < 0 ||
	    xattr_sig_encode(&sig, &value, err) < 0)
		return -1;
	memcpy(file->sig, value.data, value.len);
	file->sig_len = value.len;
	return 0;
}

static void *sign_some(void *arg)
{
	CLEANUP(cleanup_signer) struct signer *signer = NULL;
	struct job *job = arg;

	if (signer_new(job->key, &signer, NULL) < 0)
		atomic_store(&job->failed, true);
	while (!atomic_load(&job->failed)) {
		size_t at = atomic_fetch_add(&job->next, BATCH);

		if (at >= job->n)
			return NULL;
		for (size_t i = at; i < job->n && i < at + BATCH; i++)
			if (sign_file(job, signer, i, NULL) < 0)
				atomic_store(&job->failed, true);
	}
	return NULL;
}

static int sign_all(struct job *job, struct err *err)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread[THREADS_MAX];
	long made = 0;

	while (made < n && made < THREADS_MAX &&
	       pthread_create(&thread[made], NULL, sign_some, job) == 0)
		made++;
	for (long i = 0; i < made; i++)
		(void)pthread_join(thread[i], NULL);
	return made && !job->failed ? 0 : err_set(err, "the files could not be signed");
}

static int put_entries(const struct job *job, size_t entries, struct buf *out, struct err *err)
{
	struct digest aggregate = { .algo = HASH_SHA256, .len = 32 };
	struct made_file file = { .template = "ima-sig",
				  .name = "boot_aggregate",
				  .digest = &aggregate };

	if (make_file(out, &file, err) < 0)
		return -1;
	for (size_t i = 0; i < entries; i++) {
		const struct file *from = &job->files[i % job->n];
		char name[128];

		(void)snprintf(name, sizeof(name), "/usr/lib/x86_64-linux-gnu/part%zu/lib%zu.so.1",
			       i / job->n, i % job->n);
		file.name = name;
		file.digest = &from->digest;
		file.sig = from->sig;
		file.sig_len = from->sig_len;
		if (make_file(out, &file, err) < 0)
			return -1;
	}
	return 0;
}

static int print_pcr(const struct buf *list, enum hash_algo bank, struct err *err)
{
	struct list_replay replay = {
		.bank = bank, .data = list->data, .len = list->len, .threads = 1
	};
	char hex[2 * HASH_SIZE_MAX + 1];

	if (list_replay_run(&replay, err) < 0)
		return -1;
	hex_format(replay.value, hash_algo_size(bank), hex);
	(void)printf("%s:%s\n", hash_algo_name(bank), hex);
	return 0;
}

static int generate(char **argv, struct err *err)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	CLEANUP(cleanup_cert) struct cert *cert = NULL;
	size_t entries = strtoul(argv[3], NULL, 10);
	AUTO_MEM struct file *files = NULL;
	struct job job = { .n = strtoul(argv[4], NULL, 10) };
	AUTO_BUF list = BUF_INIT(entries * ENTRY_MAX + ENTRY_MAX);

	if (entries > ENTRIES_MAX || job.n == 0 || job.n > entries)
		return err_set(err, "%zu entries over %zu files", entries, job.n);
	files = calloc(job.n, sizeof(*files));
	if (!files)
		return err_set(err, "out of memory");
	if (key_load(argv[1], NULL, &key, err) < 0 || cert_load(argv[2], &cert, err) < 0)
		return -1;
	job.key = key;
	job.keyid = cert_keyid(cert);
	job.files = files;
	if (sign_all(&job, err) < 0 || put_entries(&job, entries, &list, err) < 0 ||
	    io_replace_file(argv[5], &list, 0644, err) < 0)
		return -1;
	return print_pcr(&list, HASH_SHA1, err) < 0 ? -1 : print_pcr(&list, HASH_SHA256, err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: mlist_gen KEY CERT ENTRIES FILES LIST\n");
		return 2;
	}
	if (generate(argv, &err) < 0) {
		(void)fprintf(stderr, "mlist_gen: %s\n", err.text);
		return 2;
	}
	return 0;
}
