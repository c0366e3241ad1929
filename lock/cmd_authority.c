/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock authority: the key that approves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "cli/passphrase.h"
#include "crypto/keygen.h"
#include "lock/commands.h"
#include "lock/empty.h"
#include "lock/host.h"
#include "lock/request.h"
#include "lock/show.h"
#include "lock/work.h"

#define KEY_TEXT_MAX 65536

enum option_id { KEY = 1, TYPE, PASSPHRASE_FILE, NO_PASSPHRASE, OUT, BOUND_MAX };

static const struct cmd_option options[] = {
	{ "key", KEY, 'k', "URI",
	  "init: the file to make (default: a key in this TPM); sign: the authority's key" },
	{ "type", TYPE, 't', "TYPE", "init, of a file: p256 (default) or rsa2048" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the key's passphrase, first line" },
	{ "no-passphrase", NO_PASSPHRASE, 0, NULL,
	  "init: a key that needs none; in this TPM the host then approves by itself" },
	{ "bound-max", BOUND_MAX, 0, "N",
	  "sign: up to which value of its counter an approval may hold (default: 65536)" },
	{ "out", OUT, 0, "FILE", "sign: where the approval goes (default: over the request)" },
	{ .name = NULL },
};

struct authority {
	const char *key;
	const char *out;
	enum keygen_type type;
	unsigned long bound_max;
	bool from_file;
	bool no_passphrase;
};

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct authority *a = ctx;

	switch ((enum option_id)id) {
	case KEY:
		a->key = value;
		return 0;
	case TYPE:
		if (keygen_type_parse(value, &a->type, NULL) == 0 &&
		    (a->type == KEYGEN_P256 || a->type == KEYGEN_RSA2048))
			return 0;
		return err_set(err, "'%s' is no key that every TPM can verify by (p256, rsa2048)",
			       value);
	case PASSPHRASE_FILE:
		a->from_file = true;
		passphrase_use_file(value);
		return 0;
	case NO_PASSPHRASE:
		a->no_passphrase = true;
		return 0;
	case OUT:
		a->out = value;
		return 0;
	case BOUND_MAX:
		return cmd_parse_uint(value, 1, UINT32_MAX, &a->bound_max, err);
	}
	return err_set(err, "unknown option");
}

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static int init_file(const struct authority *a, const char *passphrase, struct err *err)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	CLEANUP(buf_wipe) struct buf text = BUF_INIT(KEY_TEXT_MAX);

	if (keygen_generate(a->type, &key, err) < 0 ||
	    keygen_encode(key, a->no_passphrase ? NULL : passphrase, &text, err) < 0)
		return -1;
	return io_create_file(a->key, &text, 0600, err);
}

static int init_tpm(const char *passphrase, struct err *err)
{
	if (io_make_dirs(LOCK_DIR, err) < 0)
		return -1;
	return lock_held_make(LOCK_HELD_PATH, passphrase, err);
}

static int init(const struct authority *a, struct err *err)
{
	const char *path = a->key ? a->key : LOCK_HELD_PATH;
	char passphrase[PASSPHRASE_MAX] = "";
	int rc = 0;

	if (io_exists(path))
		return err_set(err, "%s: exists already; move it away first to make a new one",
			       path);
	if (!a->key && host_has_tpm(err) < 0)
		return -1;
	if (!a->no_passphrase)
		rc = passphrase_ask_new(passphrase, sizeof(passphrase), err);
	if (rc == 0)
		rc = a->key ? init_file(a, passphrase, err) : init_tpm(passphrase, err);
	explicit_bzero(passphrase, sizeof(passphrase));
	if (rc == 0 && a->key && isatty(STDERR_FILENO) == 1) {
		(void)fprintf(stderr, "made ");
		cmd_print_name(stderr, a->key);
		(void)fprintf(stderr, "; keep a copy of it elsewhere: without it no boot can be "
				      "approved\n");
	}
	return rc;
}

static int show(struct err *err)
{
	AUTO_LOCK_BLOB blob = NULL;
	char name[2 * TPM_NAME_SIZE + 1];

	if (work_load(&blob, err) < 0)
		return -1;
	hex_format(blob->authority.name, TPM_NAME_SIZE, name);
	(void)printf("mode %s\nkey %s\nname %s\n", lock_mode_name(blob->mode),
		     *blob->source ? blob->source : "elsewhere", name);
	return 0;
}

/* What is signed is what is shown: PCRs, counter and bound, and not a digest from the file. */
static void print_request(const struct lock_request *r)
{
	char hex[2 * TPM_DIGEST_SIZE + 1];

	show_request(r);
	for (unsigned int i = 0; i < TPM_PCRS; i++) {
		if (!(r->approval.pcrs.mask >> i & 1))
			continue;
		hex_format(r->approval.pcrs.value[i], TPM_DIGEST_SIZE, hex);
		(void)printf("PCR %u %s (%s)\n", i, hex, show_pcr_words(i, r->record_pcr));
	}
}

static int sign_request(const struct authority *a, struct lock_request *r, struct err *err)
{
	AUTO_LOCK_AUTHORITY authority = NULL;
	AUTO_LOCK_BLOB lock = lock_blob_new();

	if (!lock)
		return err_set(err, "out of memory");
	memcpy(lock->id, r->id, sizeof(lock->id));
	lock->authority = r->authority;
	lock->counter = r->counter;
	if (lock_authority_open(a->key, LOCK_HELD_PATH, passphrase_ask, &authority, err) < 0)
		return -1;
	return lock_authority_sign(authority, lock, &r->approval, err);
}

static int sign(const struct authority *a, const char *path, struct err *err)
{
	AUTO_MEM struct lock_request *r = calloc(1, sizeof(*r));
	AUTO_BUF in = BUF_INIT(LOCK_REQUEST_MAX + 1);
	AUTO_BUF out = BUF_INIT(LOCK_REQUEST_MAX);
	struct err why = ERR_INIT;

	if (!r)
		return err_set(err, "out of memory");
	if (io_read_file(path, &in, err) < 0)
		return -1;
	if (lock_request_decode(in.data, in.len, r, &why) < 0)
		return err_set(err, "%s: no request that 'assay lock approve --request' wrote: %s",
			       path, why.text);
	print_request(r);
	if (lock_pcrs_check(r->profile, &r->approval.pcrs, err) < 0)
		return err_prepend(err, "%s", path);
	if (r->approval.bound > a->bound_max)
		return err_set(err,
			       "%s: it holds until the counter is beyond %llu, which nobody counts "
			       "to: more than %lu (--bound-max)",
			       path, (unsigned long long)r->approval.bound, a->bound_max);
	if (sign_request(a, r, err) < 0 || lock_request_encode(r, &out, err) < 0)
		return -1;
	return io_replace_file(a->out ? a->out : path, &out, 0644, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct authority a = { .type = KEYGEN_P256, .bound_max = LOCK_BOUND_USUAL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &a, &ret);
	int rc;

	if (first < 0)
		return ret;
	if (first == argc)
		return cmd_misuse(cmd, "init, show or sign?");
	if (strcmp(argv[first], "sign") == 0 && (first + 2 != argc || !a.key))
		return cmd_misuse(cmd, "sign takes one REQUEST, and --key");
	if (a.from_file && a.no_passphrase)
		return cmd_misuse(cmd, "--passphrase-file and --no-passphrase exclude each other");
	if (strcmp(argv[first], "sign") == 0)
		rc = sign(&a, argv[first + 1], &err);
	else if (first + 1 < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first + 1]);
	else if (strcmp(argv[first], "init") == 0)
		rc = init(&a, &err);
	else if (strcmp(argv[first], "show") == 0)
		rc = show(&err);
	else
		return cmd_misuse(cmd, "'%s' is none of init, show, sign", argv[first]);
	return rc < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd cmd_authority = {
	.name = "authority",
	.operands = "init | show | sign REQUEST",
	.summary = "the key that approves: make one, show the lock's, sign a request",
	.about =
		"How strong a lock is depends on who may approve.  init makes a key in this TPM,\n"
		"behind a passphrase (attended) or without one (automatic); with --key it makes a\n"
		"file, which belongs on another machine (offline).  sign needs no TPM and no "
		"lock:\n"
		"it shows what 'assay lock approve --request' wrote, and signs it.",
	.options = options,
	.run = run,
};
