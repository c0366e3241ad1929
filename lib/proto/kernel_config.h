/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel must be built with to enforce, read from its configuration (/boot/config-RELEASE).
 */
#ifndef ASSAY_PROTO_KERNEL_CONFIG_H
#define ASSAY_PROTO_KERNEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/cert.h"
#include "proto/settings.h"

#define KERNEL_CONFIG_MAX (1U << 20) /* bytes of one kernel's configuration */

/* The value of CONFIG_NAME in the text: 'y', 'm', 'n' (unset), or '=' for others. */
char kernel_config_value(const char *text, const char *name);

struct kernel_lack {
	const char *option; /* without CONFIG_ */
	const char *what;   /* "fs-verity" */
	const char *remedy; /* one clause */
};

/* What the host asks for: profile is never PROFILE_AUTO here. */
struct kernel_wants {
	const struct settings *settings;
	enum settings_profile profile;
	bool ecdsa; /* some certificate has an ECDSA key */
};

bool kernel_config_wants_ecdsa(const struct cert_set *certs);

/* The next option at or after *pos (0 first) that is needed and not built in; false: no more. */
bool kernel_config_next_lack(const char *text, const struct kernel_wants *wants, size_t *pos,
			     struct kernel_lack *ret_lack);

#endif
