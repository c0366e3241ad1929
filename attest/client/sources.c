/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's logs and the record in force. */
#include "attest/client/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/evidence.h"
#include "base/hex.h"
#include "base/io.h"
#include "ima/mlist.h"

#define LIST_CHUNK 65536 /* bytes read at a time */
#define PATH_ROOM 1200	 /* bytes of a directory, and a name in it */

static int open_list(const char *named, struct sources *s, struct err *err)
{
	const char *path = named ? named : SOURCES_LIST;

	if (io_open_regular(path, &s->list, err) == 0)
		return 0;
	if (errno == ENOENT && !named)
		return err_set(err,
			       "%s: is not there: the kernel has no IMA, or securityfs is not "
			       "mounted",
			       path);
	if (errno == EACCES)
		return err_set(err, "%s: may be read by root alone", path);
	return -1;
}

static int open_boot_log(const char *named, struct sources *s, struct err *err)
{
	if (!named && !io_exists(SOURCES_BOOT_LOG))
		return 0;
	return io_open_regular(named ? named : SOURCES_BOOT_LOG, &s->boot_log, err);
}

/* A signature of another record is none of this one: the bundle's is already the next boot's. */
static int read_bundle_sig(struct sources *s, struct err *err)
{
	AUTO_BUF other = BUF_INIT(RECORD_MAX);

	if (!io_exists(BUNDLE_HOST_DIR "/record") || !io_exists(BUNDLE_HOST_DIR "/record.sig"))
		return 0;
	if (io_read_file(BUNDLE_HOST_DIR "/record", &other, err) < 0)
		return -1;
	if (other.len != s->record.len || memcmp(other.data, s->record.data, other.len) != 0)
		return 0;
	return io_read_file(BUNDLE_HOST_DIR "/record.sig", &s->record_sig, err);
}

static int read_sig(const char *named, struct sources *s, struct err *err)
{
	char path[PATH_ROOM];

	if (snprintf(path, sizeof(path), "%s.sig", named ? named : RECORD_RUN_PATH) >=
	    (int)sizeof(path))
		return err_set(err, "%s: the name is too long", named);
	if (io_exists(path))
		return io_read_file(path, &s->record_sig, err);
	return named ? 0 : read_bundle_sig(s, err);
}

/* One that is not there, or is not what its name says, is left out: the verifier tells. */
static int read_cert(const char *dir, const struct record_file *file, struct sources *s,
		     struct err *err)
{
	struct buf *out = &s->certs[s->n_certs];
	char hex[2 * HASH_SIZE_MAX + 1];
	char path[PATH_ROOM];
	struct digest got;

	hex_format(file->digest.data, file->digest.len, hex);
	if (snprintf(path, sizeof(path), "%s/%s", dir, hex) >= (int)sizeof(path))
		return err_set(err, "%s: the name is too long", dir);
	out->max = CERT_FILE_MAX;
	if (!io_exists(path))
		return 0;
	if (io_read_file(path, out, err) < 0 ||
	    hash_bytes(HASH_SHA256, out->data, out->len, &got, err) < 0)
		return -1;
	if (out->len > 0 && memcmp(got.data, file->digest.data, got.len) == 0)
		s->n_certs++;
	else
		buf_reset(out);
	return 0;
}

static int read_record(const struct source_paths *paths, struct sources *s, struct err *err)
{
	const char *path = paths->record ? paths->record : RECORD_RUN_PATH;
	AUTO_MEM struct record *record = NULL;

	if (!paths->record && !io_exists(path))
		return 0;
	record = calloc(1, sizeof(*record));
	if (!record)
		return err_set(err, "out of memory");
	if (io_read_file(path, &s->record, err) < 0 || read_sig(paths->record, s, err) < 0)
		return -1;
	/* What is no record is sent as it is, for the verifier to refuse. */
	if (record_parse(buf_text(&s->record), s->record.len, record, NULL) < 0)
		return 0;
	for (size_t i = 0; i < record->n_certs; i++)
		if (read_cert(paths->certs ? paths->certs : RECORD_TRUST_DIR, &record->certs[i], s,
			      err) < 0)
			return -1;
	return 0;
}

static int read_cmdline(const char *named, struct sources *s, struct err *err)
{
	if (io_read_file(named ? named : SOURCES_CMDLINE, &s->cmdline, err) < 0)
		return -1;
	if (s->cmdline.len > 0 && s->cmdline.data[s->cmdline.len - 1] == '\n')
		s->cmdline.len--;
	if (s->cmdline.len > EVIDENCE_CMDLINE_MAX)
		return err_set(err, "command line: more than %d bytes", EVIDENCE_CMDLINE_MAX);
	return 0;
}

int sources_open(const struct source_paths *paths, struct sources *ret_sources, struct err *err)
{
	*ret_sources = (struct sources)SOURCES_INIT;
	ret_sources->record.max = RECORD_MAX;
	ret_sources->record_sig.max = EVIDENCE_RECORD_SIG_MAX;
	ret_sources->cmdline.max = EVIDENCE_CMDLINE_MAX + 1;
	if (open_list(paths->list, ret_sources, err) == 0 &&
	    open_boot_log(paths->boot_log, ret_sources, err) == 0 &&
	    read_cmdline(paths->cmdline, ret_sources, err) == 0 &&
	    read_record(paths, ret_sources, err) == 0)
		return 0;
	sources_done(ret_sources);
	return -1;
}

void sources_done(struct sources *sources)
{
	cleanup_fd(&sources->list);
	cleanup_fd(&sources->boot_log);
	buf_done(&sources->record);
	buf_done(&sources->record_sig);
	buf_done(&sources->cmdline);
	for (size_t i = 0; i < RECORD_CERTS_MAX; i++)
		buf_done(&sources->certs[i]);
	*sources = (struct sources)SOURCES_INIT;
}

/*
 * The kernel's file is made anew as it is read (seq_lseek(), traverse() of fs/seq_file.c, Linux
 * 6.12): going anywhere but on reads through everything before, in the kernel.
 */
static int go_to(struct sources *s, uint64_t offset, struct err *err)
{
	if (s->list_at == offset)
		return 0;
	s->list_at = UINT64_MAX;
	if (offset > INT64_MAX)
		return err_set(err, "measurement list: no offset is that large");
	if (lseek(s->list, 0, SEEK_SET) < 0 || lseek(s->list, (off_t)offset, SEEK_SET) < 0)
		return err_errno(err, "measurement list: go to %llu", (unsigned long long)offset);
	s->list_at = offset;
	return 0;
}

static int read_on(struct sources *s, struct buf *out, struct err *err)
{
	while (out->len < out->max) {
		size_t want = out->max - out->len < LIST_CHUNK ? out->max - out->len : LIST_CHUNK;
		uint8_t *at;
		ssize_t n;

		if (buf_reserve(out, want, &at, err) < 0)
			return -1;
		n = read(s->list, at, want);
		out->len -= want - (n > 0 ? (size_t)n : 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "measurement list: read");
		if (n == 0)
			return 0;
		s->list_at += (uint64_t)n;
	}
	return 0;
}

/* The last entry may be there in part only: it is for the next round. */
static int cut_to_entries(struct sources *s, struct buf *out, struct err *err)
{
	struct rd rd = rd_init(out->data, out->len);
	struct mlist_frame frame; /* what is in it is for the verifier to judge */
	size_t whole = 0;
	bool end = false;

	while (mlist_frame_next(&rd, &frame, &end, NULL) == 0 && !end)
		whole = out->len - rd.left;
	if (end)
		return 0;
	if (whole == 0)
		return err_set(err,
			       "measurement list: an entry that is none, or larger than %zu "
			       "bytes",
			       out->max);
	out->len = whole;
	s->list_at = UINT64_MAX;
	return 0;
}

int sources_read_list(struct sources *sources, uint64_t offset, struct buf *out, struct err *err)
{
	buf_reset(out);
	if (go_to(sources, offset, err) < 0)
		return -1;
	if (read_on(sources, out, err) < 0) {
		sources->list_at = UINT64_MAX;
		return -1;
	}
	/* Past the end a seek succeeds, too: where it stands is then not known. */
	if (out->len == 0)
		sources->list_at =
			sources->list_at == sources->list_end ? sources->list_at : UINT64_MAX;
	else
		sources->list_end = offset + out->len;
	return out->len == out->max ? cut_to_entries(sources, out, err) : 0;
}

int sources_read_boot_log(const struct sources *sources, struct buf *out, struct err *err)
{
	buf_reset(out);
	if (sources->boot_log < 0)
		return 0;
	if (lseek(sources->boot_log, 0, SEEK_SET) < 0)
		return err_errno(err, "boot log");
	return io_read_fd(sources->boot_log, "boot log", out, err);
}
