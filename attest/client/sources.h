/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host's evidence is made from: the kernel's logs and the record in force. */
#ifndef ASSAY_ATTEST_CLIENT_SOURCES_H
#define ASSAY_ATTEST_CLIENT_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "proto/record.h"

#define SOURCES_LIST "/sys/kernel/security/ima/binary_runtime_measurements"
#define SOURCES_BOOT_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"

#define SOURCES_CMDLINE "/proc/cmdline"

/* Where they are; NULL: as above, RECORD_RUN_PATH, RECORD_TRUST_DIR. */
struct source_paths {
	const char *list, *boot_log;
	const char *record; /* its signature is beside it, with .sig */
	const char *cmdline;
	const char *certs; /* a directory: a certificate by the SHA-256 that the record has of it */
};

/* Opened while the privileges for it are there; read when it is wanted. */
struct sources {
	int list;
	uint64_t list_at;  /* where the list's descriptor stands; UINT64_MAX: not known */
	uint64_t list_end; /* the furthest that was read */
	int boot_log;	   /* -1: the firmware left none */
	struct buf record, record_sig; /* len 0: none */
	struct buf cmdline;	       /* without the newline */
	struct buf certs[RECORD_CERTS_MAX];
	size_t n_certs; /* of those that the record names, the ones that are there */
};

#define SOURCES_INIT \
	{ \
		.list = -1, .list_at = UINT64_MAX, .boot_log = -1 \
	}

/* A list that is not there fails and says what it takes; a log, a record or a path that was named
 * by the caller must be there, too. */
MUST_USE int sources_open(const struct source_paths *paths, struct sources *ret_sources,
			  struct err *err);
void sources_done(struct sources *sources);

/*
 * The list from this offset on, whole entries, up to the buffer's maximum.  The kernel's file is
 * read on from where it stands, which costs nothing where the offset is that.
 */
MUST_USE int sources_read_list(struct sources *sources, uint64_t offset, struct buf *out,
			       struct err *err);

/* The whole boot log; nothing where there is none. */
MUST_USE int sources_read_boot_log(const struct sources *sources, struct buf *out, struct err *err);

#endif
