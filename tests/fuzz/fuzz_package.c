/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A package's signatures: what parses has one spelling, and nothing verifies without a certificate.
 */
#include <string.h>

#include "pkg/package_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_text(const uint8_t *data, size_t size)
{
	CLEANUP(package_done) struct package package = { .deb = { .n_members = 0 } };
	AUTO_BUF out = BUF_INIT(DEB_SIGNATURES_MAX);
	struct err err = ERR_INIT;

	if (package_init(&package, &err) < 0 || package_text_parse(data, size, &package, &err) < 0)
		return;
	if (package_text_put(&package, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(package_done) struct package package = { .deb = { .n_members = 0 } };
	const struct cert_set nobody = CERT_SET_INIT;
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	const struct cert *by;
	struct err err = ERR_INIT;
	uint32_t keyid;

	parse_text(data, size);
	if (buf_put(&text, data, size, &err) < 0 || package_init(&package, &err) < 0)
		return 0;
	if (package_parse(&text, &package, &keyid, &err) == 0 &&
	    package.deb.n_members > DEB_MEMBERS_MAX)
		__builtin_trap();
	package_done(&package);
	if (package_init(&package, &err) == 0 &&
	    package_verify(&text, &nobody, &package, &by, &err) == 0)
		__builtin_trap();
	return 0;
}
