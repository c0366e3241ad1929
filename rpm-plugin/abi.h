/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rpm calls a plugin by: lib/rpmplugin.h of rpm 4.18 and 4.19, which no package installs. */
#ifndef ASSAY_RPM_PLUGIN_ABI_H
#define ASSAY_RPM_PLUGIN_ABI_H

#include <sys/types.h>

#include <rpm/rpmfi.h>
#include <rpm/rpmtypes.h>

/* rpm looks "NAME_hooks" up in NAME.so; NULL: not called.  RPMRC_FAIL is all that it looks at. */
struct rpmPluginHooks_s {
	rpmRC (*init)(rpmPlugin plugin, rpmts ts);
	void (*cleanup)(rpmPlugin plugin);
	rpmRC (*tsm_pre)(rpmPlugin plugin, rpmts ts);
	rpmRC (*tsm_post)(rpmPlugin plugin, rpmts ts, int res);
	rpmRC (*psm_pre)(rpmPlugin plugin, rpmte te);
	rpmRC (*psm_post)(rpmPlugin plugin, rpmte te, int res);
	rpmRC (*scriptlet_pre)(rpmPlugin plugin, const char *name, int type);
	rpmRC (*scriptlet_fork_post)(rpmPlugin plugin, const char *path, int type);
	rpmRC (*scriptlet_post)(rpmPlugin plugin, const char *name, int type, int res);
	rpmRC (*fsm_file_pre)(rpmPlugin plugin, rpmfi fi, const char *path, mode_t mode,
			      rpmFlags op);
	rpmRC (*fsm_file_post)(rpmPlugin plugin, rpmfi fi, const char *path, mode_t mode,
			       rpmFlags op, int res);
	rpmRC (*fsm_file_prepare)(rpmPlugin plugin, rpmfi fi, int fd, const char *path,
				  const char *dest, mode_t mode, rpmFlags op);
};

void rpmPluginSetData(rpmPlugin plugin, void *data);
void *rpmPluginGetData(rpmPlugin plugin);

#endif
