/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rpm -i, -U and -e by librpm, in a program that has the sanitizers which the plugin was built
 * with. */
#include <rpm/rpmcli.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmts.h>

static struct poptOption options[] = {
	{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, rpmInstallPoptTable, 0, NULL, NULL },
	{ NULL, '\0', POPT_ARG_INCLUDE_TABLE, rpmcliAllPoptTable, 0, NULL, NULL },
	POPT_TABLEEND,
};

static int act(rpmts ts, struct rpmInstallArguments_s *ia, poptContext words)
{
	ARGV_t names = argvNew();
	int rc;

	for (const char **each = poptGetArgs(words); each && *each; each++)
		(void)argvAdd(&names, *each);
	rc = ia->installInterfaceFlags & INSTALL_ERASE ? rpmErase(ts, ia, names)
						       : rpmInstall(ts, ia, names);
	(void)argvFree(names);
	return rc;
}

int main(int argc, char **argv)
{
	struct rpmInstallArguments_s *ia = &rpmIArgs;
	poptContext words = rpmcliInit(argc, argv, options);
	rpmts ts = rpmtsCreate();
	int rc;

	(void)rpmtsSetRootDir(ts, rpmcliRootDir);
	if (ia->installInterfaceFlags & INSTALL_ERASE && ia->noDeps)
		ia->installInterfaceFlags |= UNINSTALL_NODEPS;
	rc = act(ts, ia, words);
	(void)rpmtsFree(ts);
	(void)rpmcliFini(words);
	return rc != 0;
}
