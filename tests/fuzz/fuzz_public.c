/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas: read, judged, and used on the rest of the input as a signature. */
#include <stdint.h>
#include <stdlib.h>

#include "attest/public.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpm_public public;
	size_t len = size > 1 ? (size_t)data[0] << 8 | data[1] : 0;

	if (size < 2)
		return 0;
	data += 2;
	size -= 2;
	if (len > size)
		len = size;
	if (public_decode(data, len, &public, NULL) < 0)
		return 0;
	if (public.name_len > PUBLIC_NAME_MAX || public.x_len > PUBLIC_RSA_MAX ||
	    public.y_len > PUBLIC_POINT_MAX)
		abort();
	/* Nobody can sign what the key's owner did not: the fuzzer least of all. */
	if (public_check_ak(&public, NULL) == 0 && public_check_ek(&public, NULL) == 0)
		abort();
	if (public_verify(&public, "assay fuzz", 10, data + len, size - len, NULL) == 0)
		abort();
	return 0;
}
