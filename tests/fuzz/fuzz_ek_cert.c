/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EK certificates: an EK behind its length, then its certificate; one CA is trusted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/tpm_vectors.h"
#include "attest/enrol.h"
#include "base/hex.h"
#include "base/io.h"
#include "base/rd.h"

#define NOW 1800000000 /* the certificate of the vectors is valid then */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ek_trust *load(void)
{
	AUTO_BUF ca = BUF_INIT(8192);
	char dir[] = "/tmp/assay-fuzz-XXXXXX";
	struct ek_trust *trust = NULL;
	char path[64];
	uint8_t *at;

	if (!mkdtemp(dir) || buf_reserve(&ca, strlen(VECTOR_EK_CA) / 2, &at, NULL) < 0 ||
	    hex_parse(VECTOR_EK_CA, at, ca.len, NULL) < 0)
		abort();
	(void)snprintf(path, sizeof(path), "%s/ca.der", dir);
	if (io_replace_file(path, &ca, 0600, NULL) < 0 || ek_trust_load(dir, &trust, NULL) < 0)
		abort();
	(void)unlink(path);
	(void)rmdir(dir);
	return trust;
}

static void must_be_the_vector(const uint8_t *data, size_t size)
{
	char hex[2 * EVIDENCE_CERT_MAX + 1];

	hex_format(data, size, hex);
	if (strcmp(hex, VECTOR_EK_CERT) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ek_trust *trust;
	struct rd rd = rd_init(data, size);
	struct rd key = rd_sub(&rd, rd_be16(&rd));
	uint8_t ca[EK_CA_SIZE];
	struct tpm_public ek;

	if (!trust)
		trust = load();
	if (!rd_ok(&rd) || public_decode(key.at, key.left, &ek, NULL) < 0)
		return 0;
	if (ek_cert_verify(trust, &(struct ek_claim){ rd.at, rd.left, &ek }, NOW, ca, NULL) == 0)
		must_be_the_vector(rd.at, rd.left);
	return 0;
}
