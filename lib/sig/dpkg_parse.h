/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text formats of dpkg's database, each read from memory; dpkg(1), deb-md5sums(5). */
#ifndef ASSAY_SIG_DPKG_PARSE_H
#define ASSAY_SIG_DPKG_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"
#include "sig/dpkg.h"

/* Bytes within the text that is parsed; not NUL-terminated. */
struct dpkg_span {
	const char *at;
	size_t len;
};

/* The next line without its newline, which the last line may lack; false at the end. */
bool dpkg_line_next(struct rd *r, struct dpkg_span *ret_line);

/* One paragraph of status. */
struct dpkg_stanza {
	struct dpkg_span name;
	struct dpkg_span version;
	struct dpkg_span arch;
	struct dpkg_span conffiles; /* the lines below the field, each begins with a space */
	enum dpkg_state state;
	bool broken;
	bool multi_arch;
};

/*
 * Reads the next paragraph; *ret_more false: there is none.  *line counts lines, from 0.  Unknown
 * fields are passed over, an unknown state or a paragraph without Package or Status fails.
 */
MUST_USE int dpkg_stanza_next(struct rd *r, size_t *line, struct dpkg_stanza *ret_stanza,
			      bool *ret_more, struct err *err);

/* A path with the digest that dpkg recorded for it. */
struct dpkg_digest {
	struct dpkg_span path; /* without the leading slash */
	bool has_md5;	       /* a conffile not yet unpacked has none */
	bool conffile;
	uint8_t md5[DPKG_MD5_SIZE];
};

/* One line of an md5sums file, and one of Conffiles. */
MUST_USE int dpkg_md5sums_parse(struct dpkg_span line, struct dpkg_digest *ret_digest,
				struct err *err);
MUST_USE int dpkg_conffile_parse(struct dpkg_span line, struct dpkg_digest *ret_digest,
				 struct err *err);

/* Three lines of diversions; by is empty for a local diversion, which concerns every package. */
struct dpkg_diversion {
	struct dpkg_span from;
	struct dpkg_span to;
	struct dpkg_span by;
};

MUST_USE int dpkg_diversion_next(struct rd *r, struct dpkg_diversion *ret_diversion, bool *ret_more,
				 struct err *err);

#endif
