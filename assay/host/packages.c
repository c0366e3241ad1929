/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners of files. */
#include "assay/host/packages.h"

#include <stdio.h>

int packages_load(const struct host *host, struct dpkg **ret_db, struct err *err)
{
	*ret_db = NULL;
	if (!host_has(host, DPKG_ADMIN_DIR "/status"))
		return 0;
	return dpkg_load(host->root, ret_db, err);
}

bool packages_owner(const struct dpkg *db, const char *path,
		    char ret_name[static PACKAGES_NAME_MAX])
{
	const struct dpkg_package *p = db && *path == '/' ? dpkg_owner(db, path) : NULL;

	if (!p)
		return false;
	(void)snprintf(ret_name, PACKAGES_NAME_MAX, "%s%s%s", p->name, p->multi_arch ? ":" : "",
		       p->multi_arch ? p->arch : "");
	return true;
}
