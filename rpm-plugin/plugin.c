/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay.so: what rpm installs is signed before it has its name. */
#include <stdlib.h>
#include <sys/stat.h>

#include <rpm/rpmlog.h>

#include "rpm-plugin/abi.h"
#include "rpm-plugin/label.h"
#include "rpm-plugin/session.h"

static rpmRC fail(const char *what, const struct err *err)
{
	rpmlog(RPMLOG_ERR, "assay: %s: %s\n", what, err->text);
	return RPMRC_FAIL;
}

static rpmRC on_init(rpmPlugin plugin, rpmts ts)
{
	struct session *s = malloc(sizeof(*s));

	(void)ts;
	if (!s)
		return RPMRC_FAIL;
	*s = (struct session)SESSION_INIT;
	rpmPluginSetData(plugin, s);
	return RPMRC_OK;
}

static void on_cleanup(rpmPlugin plugin)
{
	struct session *s = rpmPluginGetData(plugin);

	if (s)
		session_done(s);
	free(s);
}

/* Where nothing is enforced, what goes wrong here keeps nobody from installing. */
static rpmRC on_transaction(rpmPlugin plugin, rpmts ts)
{
	struct session *s = rpmPluginGetData(plugin);
	struct err err = ERR_INIT;

	if (session_begin(s, ts, &err) == 0)
		return RPMRC_OK;
	if (!s->refuses) {
		rpmlog(RPMLOG_WARNING, "assay: nothing is signed: %s\n", err.text);
		return RPMRC_OK;
	}
	if (*err.text)
		return fail("refused", &err);
	rpmlog(RPMLOG_ERR,
	       "assay: nothing was unpacked: enforcement is in force; see assay-rpm(8)\n");
	return RPMRC_FAIL;
}

static rpmRC after_transaction(rpmPlugin plugin, rpmts ts, int res)
{
	struct session *s = rpmPluginGetData(plugin);

	(void)ts;
	(void)res;
	session_look_again(s, true);
	session_done(s);
	return RPMRC_OK;
}

static rpmRC on_package(rpmPlugin plugin, rpmte te)
{
	struct session *s = rpmPluginGetData(plugin);
	struct err err = ERR_INIT;

	return session_enter(s, te, &err) == 0 ? RPMRC_OK : fail(rpmteNEVRA(te), &err);
}

static rpmRC after_package(rpmPlugin plugin, rpmte te, int res)
{
	(void)te;
	(void)res;
	session_leave(rpmPluginGetData(plugin));
	return RPMRC_OK;
}

static rpmRC after_script(rpmPlugin plugin, const char *name, int type, int res)
{
	(void)name;
	(void)type;
	(void)res;
	session_look_again(rpmPluginGetData(plugin), false);
	return RPMRC_OK;
}

static rpmRC on_file(rpmPlugin plugin, rpmfi fi, int fd, const char *path, const char *dest,
		     mode_t mode, rpmFlags op)
{
	struct session *s = rpmPluginGetData(plugin);
	struct err err = ERR_INIT;

	(void)path;
	(void)op;
	if (!s->current || !fi || !S_ISREG(mode))
		return RPMRC_OK;
	return label_file(s, fd, dest, &err) == 0 ? RPMRC_OK : fail(dest, &err);
}

/* Found by its name. */
extern const struct rpmPluginHooks_s assay_hooks;
__attribute__((visibility("default"))) const struct rpmPluginHooks_s assay_hooks = {
	.init = on_init,
	.cleanup = on_cleanup,
	.tsm_pre = on_transaction,
	.tsm_post = after_transaction,
	.psm_pre = on_package,
	.psm_post = after_package,
	.scriptlet_post = after_script,
	.fsm_file_prepare = on_file,
};
