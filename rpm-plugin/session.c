/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging what is installed, and looking again. */
#include "rpm-plugin/session.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>

#include "base/io.h"
#include "cli/taken.h"
#include "rpm-plugin/header.h"

#define DESCRIPTORS "/proc/self/fd"
#define NUMBER_MAX 16 /* bytes of a descriptor's number as text */

/*
 * The running system's, whatever the transaction is told: --nosignature leaves it without one, and
 * whoever owns another root could have put any key into the one there.
 */
static rpmKeyring open_keyring(void)
{
	rpmts own = rpmtsCreate();
	rpmKeyring keyring;

	(void)rpmtsSetRootDir(own, "/");
	(void)rpmtsSetVSFlags(own, RPMVSF_DEFAULT);
	keyring = rpmtsGetKeyring(own, 1);
	(void)rpmtsFree(own);
	return keyring;
}

static int load(struct session *s, struct err *err)
{
	struct attacher *a = &s->attacher;

	if (trust_open(&s->trust, err) < 0)
		return -1;
	s->refuses = trust_refuses(s->trust);
	if (signing_load(s->trust, &s->signing, err) < 0 || hash_new(&a->hash, err) < 0)
		return -1;
	s->keyring = open_keyring();
	if (!s->keyring)
		return err_set(err, "rpm's keyring can't be read");
	a->profile = trust_profile(s->trust);
	a->evm = s->trust->settings.evm != EVM_OFF;
	s->fds = open(DESCRIPTORS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->fds < 0 ? err_errno(err, DESCRIPTORS) : 0;
}

/* As rpm opens it: by whoever started the transaction. */
static Header open_package(rpmts ts, rpmte te)
{
	FD_t fd = rpmtsNotify(ts, te, RPMCALLBACK_INST_OPEN_FILE, 0, 0);
	Header h = NULL;

	if (!fd)
		return NULL;
	switch (rpmReadPackageFile(ts, fd, rpmteNEVRA(te), &h)) {
	case RPMRC_OK:
	case RPMRC_NOKEY:
	case RPMRC_NOTTRUSTED:
		break;
	case RPMRC_NOTFOUND:
	case RPMRC_FAIL:
		h = headerFree(h);
		break;
	}
	(void)rpmtsNotify(ts, te, RPMCALLBACK_INST_CLOSE_FILE, 0, 0);
	return h;
}

static int note_taken(const struct session *s, const struct judged *it, Header h, json_t *taken,
		      struct err *err)
{
	const struct taken entry = {
		.package = headerGetString(h, RPMTAG_NAME),
		.version = headerGetString(h, RPMTAG_VERSION),
		.architecture = headerGetString(h, RPMTAG_ARCH),
		.digest_name = "header-sha256",
		.digest = &it->id,
		.files = it->files,
		.vouched_by = "rpm",
		.by = it->by,
		.keyid = s->signing.how.keyid,
	};

	if (!entry.package || !entry.version || !entry.architecture)
		return err_set(err, "its header has no name, version or architecture");
	return taken_add(taken, s->trust, &entry, err);
}

static void refuse(const struct session *s, const char *name, const struct err *why)
{
	if (s->refuses)
		rpmlog(RPMLOG_ERR, "assay: refused: %s: %s\n", name, why->text);
	else if (s->trust->settings.mode != MODE_OFF)
		rpmlog(RPMLOG_WARNING, "assay: not signed: %s: %s\n", name, why->text);
}

/* What can't be judged is refused like what may not be taken. */
static int judge_one(struct session *s, rpmts ts, rpmte te, json_t *taken, struct err *err)
{
	const struct judge judge = { .trust = s->trust,
				     .signing = &s->signing,
				     .keyring = s->keyring };
	struct judged *it = &s->judged[s->n];
	struct err why = ERR_INIT;
	Header h = open_package(ts, te);
	int rc = 0;

	if (!h) {
		(void)err_set(&why, "can't be read");
	} else if (judge_header(&judge, h, it, &why, &why) < 0) {
		table_free(it->table);
		it->table = NULL;
	} else if (it->table) {
		rc = note_taken(s, it, h, taken, err);
	}
	s->n++;
	(void)headerFree(h);
	if (rc == 0 && !it->table)
		refuse(s, rpmteNEVRA(te), &why);
	return rc;
}

static int judge_all(struct session *s, rpmts ts, json_t *taken, struct err *err)
{
	rpmtsi each = rpmtsiInit(ts);
	bool refused = false;
	int rc = 0;
	rpmte te;

	while (rc == 0 && (te = rpmtsiNext(each, TR_ADDED)) != NULL) {
		rc = judge_one(s, ts, te, taken, err);
		refused = refused || !s->judged[s->n - 1].table;
	}
	(void)rpmtsiFree(each);
	return rc == 0 && refused && s->refuses ? -1 : rc;
}

static size_t count_added(rpmts ts)
{
	rpmtsi each = rpmtsiInit(ts);
	size_t n = 0;

	while (rpmtsiNext(each, TR_ADDED))
		n++;
	(void)rpmtsiFree(each);
	return n;
}

static int begin(struct session *s, rpmts ts, json_t *taken, struct err *err)
{
	const rpmtransFlags nothing = RPMTRANS_FLAG_TEST | RPMTRANS_FLAG_JUSTDB;

	if (load(s, err) < 0 || judge_all(s, ts, taken, err) < 0)
		return -1;
	return rpmtsFlags(ts) & nothing ? 0 : taken_write(taken, err);
}

int session_begin(struct session *s, rpmts ts, struct err *err)
{
	const size_t n = count_added(ts);
	json_t *taken;
	int rc;

	if (!n)
		return 0;
	taken = json_array();
	s->judged = calloc(n, sizeof(*s->judged));
	s->refuses =
		io_exists(RECORD_RUN_PATH) && !trust_unsigned_accepted(); /* until it is read */
	rc = s->judged && taken ? begin(s, ts, taken, err) : err_set(err, "out of memory");
	json_decref(taken);
	s->idle = rc < 0;
	return rc;
}

static const struct judged *find(const struct session *s, const struct digest *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->judged[i].id.len == id->len &&
		    memcmp(s->judged[i].id.data, id->data, id->len) == 0)
			return &s->judged[i];
	return NULL;
}

/* rpm has read the package again since it was judged. */
static int find_judged(struct session *s, rpmte te, struct err *err)
{
	Header h = rpmteHeader(te);
	struct digest id;
	int rc;

	if (!h)
		return err_set(err, "has no header");
	rc = header_digest(h, &id, err);
	(void)headerFree(h);
	if (rc == 0)
		s->current = find(s, &id);
	if (rc == 0 && !s->current)
		return err_set(err, "is not the package that was judged");
	return rc;
}

int session_enter(struct session *s, rpmte te, struct err *err)
{
	s->current = NULL;
	s->labelled_before = s->labelled.n;
	if (s->idle || rpmteType(te) != TR_ADDED)
		return 0;
	if (find_judged(s, te, err) < 0)
		return s->refuses ? -1 : 0;
	if (!s->current->table) {
		s->current = NULL;
		return 0;
	}
	s->attacher.table = s->current->table;
	s->attacher.how = s->current->signs ? &s->signing.how : NULL;
	return 0;
}

/* A new owner, mode or capability changes the time of change; so does nothing else that counts. */
static bool is_same(const struct stat *was, const struct stat *now)
{
	return was->st_ctim.tv_sec == now->st_ctim.tv_sec &&
	       was->st_ctim.tv_nsec == now->st_ctim.tv_nsec;
}

/* The file's name now, for a person. */
static int name_it(const struct session *s, int fd, struct err *err)
{
	AUTO_STR path = calloc(1, PATH_MAX);
	char number[NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%d", fd);
	if (!path || readlinkat(s->fds, number, path, PATH_MAX - 1) < 0)
		return -1;
	return err_prepend(err, "%s", path);
}

static int look_again(struct session *s, struct held *held, struct err *err)
{
	AUTO_FD opened = -1;
	int fd = held->fd;
	struct stat now;

	if (fd < 0) {
		if (held_open(&s->labelled, held, &opened, err) < 0)
			return -1;
		fd = opened;
	}
	if (fd < 0)
		return 0;
	if (fstat(fd, &now) < 0)
		return err_errno(err, "stat");
	if (is_same(&held->st, &now))
		return 0;
	if (attach_again(&s->attacher, fd, &held->what, err) < 0)
		return name_it(s, fd, err);
	return fstat(fd, &held->st) < 0 ? err_errno(err, "stat") : 0;
}

void session_look_again(struct session *s, bool all)
{
	const struct package_signing *how = s->attacher.how;

	if (s->idle)
		return;
	s->attacher.how = s->signing.key ? &s->signing.how : NULL;
	for (size_t i = all ? 0 : s->labelled_before; i < s->labelled.n; i++) {
		struct err err = ERR_INIT;

		if (look_again(s, &s->labelled.held[i], &err) < 0)
			rpmlog(RPMLOG_ERR, "assay: not signed again: %s\n", err.text);
	}
	s->attacher.how = how;
}

void session_leave(struct session *s)
{
	session_look_again(s, false);
	s->current = NULL;
}

void session_done(struct session *s)
{
	held_done(&s->labelled);
	for (size_t i = 0; i < s->n; i++)
		judged_done(&s->judged[i]);
	free(s->judged);
	hash_free(s->attacher.hash);
	signing_done(&s->signing);
	trust_free(s->trust);
	(void)rpmKeyringFree(s->keyring);
	cleanup_fd(&s->fds);
	*s = (struct session)SESSION_INIT;
}
