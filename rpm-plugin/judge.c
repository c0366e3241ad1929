/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's files by its header: those that carry good signatures, those that are vouched for. */
#include "rpm-plugin/judge.h"

#include <stdlib.h>
#include <string.h>

#include <rpm/rpmfiles.h>
#include <rpm/rpmpgp.h>

#include "ima/xattr.h"
#include "rpm-plugin/header.h"

#define EXECUTE_BITS 0111

struct reading {
	const struct judge *judge;
	rpmfiles files;
	struct judged *judged;
	struct package *package; /* what carries signatures */
	const struct cert *by;	 /* of the last one that was accepted */
	size_t executables;	 /* by their mode */
	size_t signatures;
	struct err missing; /* the first executable that has neither */
};

/* Fails on what the kernel's signatures are not made over. */
static int digest_of(rpmfiles files, int i, struct digest *ret, struct err *err)
{
	int algo = 0;
	size_t len = 0;
	const unsigned char *data = rpmfilesFDigest(files, i, &algo, &len);

	switch (algo) {
	case PGPHASHALGO_SHA256:
		ret->algo = HASH_SHA256;
		break;
	case PGPHASHALGO_SHA384:
		ret->algo = HASH_SHA384;
		break;
	case PGPHASHALGO_SHA512:
		ret->algo = HASH_SHA512;
		break;
	default:
		return err_set(err, "its digest in the header is neither SHA-256 nor longer");
	}
	ret->len = hash_algo_size(ret->algo);
	if (!data || len != ret->len)
		return err_set(err, "has no digest in the header");
	memcpy(ret->data, data, len);
	return 0;
}

/* Of a level that is taken? The last one is remembered: levels are read from files. */
static int accept(struct reading *r, const struct cert *by, struct err *err)
{
	if (by == r->by)
		return 0;
	if (trust_accepts(r->judge->trust, by, err) < 0)
		return -1;
	r->by = by;
	return 0;
}

/* rpmsign writes nothing, or zeroes, where it signs nothing. */
static int check_signature(struct reading *r, int i, const struct digest *digest,
			   struct manifest_entry *entry, struct err *err)
{
	size_t len = 0;
	const unsigned char *data = rpmfilesFSignature(r->files, i, &len);
	const struct cert *by;
	struct xattr_sig sig;

	if (!data || !len || !*data)
		return err_set(err, "carries no signature");
	if (xattr_sig_decode(data, len, &sig, err) < 0)
		return -1;
	if (sig.type != XATTR_DIGSIG || sig.version != XATTR_SIG_V2)
		return err_set(err, "carries a signature that is not over its content");
	if (xattr_sig_verify(&sig, digest, &r->judge->trust->certs, &by, err) < 0)
		return -1;
	entry->ima = data;
	entry->ima_len = len;
	return accept(r, by, err);
}

/* With a key, what needs fs-verity is signed here; without, v2 signatures are all that there is. */
static int put_signed(struct reading *r, const struct manifest_entry *entry, struct err *err)
{
	struct manifest **entries = r->package->entries[DEB_FILE];

	r->signatures++;
	if (manifest_put(entries[PACKAGE_SIGNATURE], entry, err) < 0)
		return -1;
	if (r->judged->signs)
		return table_vouch(r->judged->table, &entry->digest, err);
	return manifest_put(entries[PACKAGE_VERITY], entry, err);
}

static void note_missing(struct reading *r, const char *path, const struct err *why)
{
	if (!*r->missing.text)
		(void)err_set(&r->missing, "%s %s", path, why->text);
}

static int read_file(struct reading *r, int i, const char *path, struct err *err)
{
	const rpm_mode_t mode = rpmfilesFMode(r->files, i);
	const bool executes = (mode & EXECUTE_BITS) && rpmfilesFSize(r->files, i) > 0;
	struct manifest_entry entry = { .path = path, .mode = mode & 07777 };
	struct err why = ERR_INIT;

	r->executables += executes ? 1 : 0;
	if (digest_of(r->files, i, &entry.digest, &why) == 0) {
		if (check_signature(r, i, &entry.digest, &entry, &why) == 0)
			return put_signed(r, &entry, err);
		if (r->judged->signs)
			return table_vouch(r->judged->table, &entry.digest, err);
	}
	if (executes)
		note_missing(r, path, &why);
	return 0;
}

static int read_files(struct reading *r, struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < (int)rpmfilesFC(r->files); i++) {
		char *path;

		if (!S_ISREG(rpmfilesFMode(r->files, i)) ||
		    (rpmfilesFFlags(r->files, i) & RPMFILE_GHOST))
			continue;
		path = rpmfilesFN(r->files, i);
		rc = path ? read_file(r, i, path, err) : err_set(err, "out of memory");
		free(path);
	}
	return rc;
}

/* Why the files' own signatures are not enough; 0: they are. */
static int check_signatures(const struct reading *r, struct err *why)
{
	const struct trust *trust = r->judge->trust;

	if (*r->missing.text)
		return err_set(why, "%s", r->missing.text);
	if (!r->executables)
		return 0;
	if (trust->settings.evm != EVM_OFF)
		return err_set(why, "it carries no portable EVM signatures, which this host wants");
	if (trust_profile(trust) == ATTACH_VERITY)
		return err_set(why, "it carries no fs-verity signatures, which this host wants");
	return 0;
}

/* header: why it is not verified; empty: it is. */
static int conclude(const struct reading *r, const struct err *header, struct err *why)
{
	const struct signing *signing = r->judge->signing;
	struct err lack = ERR_INIT;

	if (r->judged->signs)
		return *r->missing.text ? err_set(why, "%s", r->missing.text) : 0;
	if (check_signatures(r, &lack) == 0)
		return r->signatures || !*header->text ? 0 : err_set(why, "%s", header->text);
	if (signing->key)
		return err_set(why, "%s; %s", header->text, lack.text);
	return err_set(why, "%s; and no key signs here without asking: %s", lack.text,
		       signing->why.text);
}

static int fill(struct reading *r, struct err *err)
{
	if (!r->files)
		return err_set(err, "its list of files can't be read");
	if (table_new(&r->judged->table, err) < 0 || read_files(r, err) < 0)
		return -1;
	return table_add(r->judged->table, &r->package, err);
}

static int read_header(struct reading *r, Header h, struct err *err)
{
	int rc;

	r->package = calloc(1, sizeof(*r->package));
	if (!r->package)
		return err_set(err, "out of memory");
	rc = package_init(r->package, err);
	r->files = rpmfilesNew(NULL, h, RPMTAG_BASENAMES, RPMFI_FLAGS_INSTALL);
	if (rc == 0)
		rc = fill(r, err);
	(void)rpmfilesFree(r->files);
	package_free(&r->package);
	return rc;
}

static int judge_with(struct reading *r, Header h, struct err *ret_why, struct err *err)
{
	struct judged *ret = r->judged;
	struct err header = ERR_INIT;

	if (header_digest(h, &ret->id, err) < 0)
		return -1;
	ret->signs = header_verify(h, r->judge->keyring, &header) == 0 && r->judge->signing->key;
	if (read_header(r, h, err) < 0)
		return -1;
	ret->files = r->executables;
	ret->by = ret->signs ? NULL : r->by;
	if (conclude(r, &header, ret_why) == 0)
		return 0;
	table_free(ret->table);
	ret->table = NULL;
	return 0;
}

int judge_header(const struct judge *judge, Header h, struct judged *ret, struct err *ret_why,
		 struct err *err)
{
	AUTO_MEM struct reading *r = calloc(1, sizeof(*r));

	*ret = (struct judged){ .name = header_name(h) };
	if (!r || !ret->name)
		return err_set(err, "out of memory");
	r->judge = judge;
	r->judged = ret;
	return judge_with(r, h, ret_why, err);
}

void judged_done(struct judged *judged)
{
	table_free(judged->table);
	free(judged->name);
	*judged = (struct judged){ .name = NULL };
}
