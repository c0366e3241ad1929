/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI images: what firmware and shim measure of one, and the sections of a unified kernel image. */
#ifndef ASSAY_LOCK_PE_H
#define ASSAY_LOCK_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

#define PE_MAX (1U << 29)  /* bytes of an image */
#define PE_SECTIONS_MAX 96 /* the format's own limit */
#define PE_NAME_SIZE 8	   /* bytes of a section's name */

struct pe_section {
	char name[PE_NAME_SIZE + 1];
	uint32_t offset;   /* in the file */
	uint32_t raw_size; /* bytes in the file */
	uint32_t size;	   /* bytes in memory: zeroes follow where the file has fewer */
};

/* Leads into the image, which must outlive it. */
struct pe {
	const uint8_t *data;
	size_t len;
	size_t checksum_at; /* four bytes that are not hashed */
	size_t security_at; /* the entry of the certificate table, eight bytes; 0: none */
	size_t headers;	    /* bytes */
	size_t certs;	    /* bytes of the certificate table, which ends the file */
	struct pe_section sections[PE_SECTIONS_MAX]; /* in the table's order */
	size_t n_sections;
};

/* PE32 and PE32+ (PE/COFF specification 11.0, 3 and 4); fails where anything leads outside. */
MUST_USE int pe_open(const void *data, size_t len, struct pe *ret_pe, struct err *err);

/*
 * The Authenticode digest (EDK2 DxeTpm2MeasureBootLib, PeCoffImage; shim generate_hash): what an
 * EV_EFI_BOOT_SERVICES_APPLICATION in PCR 4 has.
 */
MUST_USE int pe_digest(const struct pe *pe, enum hash_algo algo, struct digest *ret_digest,
		       struct err *err);

/*
 * SHA-256 over who signed it (issuer and serial number of each certificate, in the table's order);
 * of nothing where it is not signed.  Nothing is verified: for telling whether it is still the
 * same.
 */
MUST_USE int pe_signers(const struct pe *pe, struct digest *ret_digest, struct err *err);

/* NULL: there is none of this name.  Two of one name are refused by pe_open. */
const struct pe_section *pe_find(const struct pe *pe, const char *name);

/* The section as it lies in memory: what systemd-stub measures. */
MUST_USE int pe_section_digest(const struct pe *pe, const struct pe_section *section,
			       enum hash_algo algo, struct digest *ret_digest, struct err *err);

/* Its bytes in the file, at most its size in memory. */
const uint8_t *pe_section_data(const struct pe *pe, const struct pe_section *section,
			       size_t *ret_len);

#endif
