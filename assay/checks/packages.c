/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What installs packages on this host, and whether it is known what was installed. */
#include <string.h>
#include <sys/stat.h>

#include "assay/checks/checks.h"
#include "crypto/key.h"
#include "sig/dpkg.h"
#include "proto/level.h"

#define UNATTENDED "/usr/bin/unattended-upgrade"
#define TIMER "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer"

/* The link alone counts: what it leads to may be nothing below another root. */
static bool is_timer_on(const struct host *host)
{
	char path[HOST_PATH_MAX];
	struct stat st;

	return host_path(host, TIMER, path, NULL) == 0 && lstat(path, &st) == 0;
}

static bool has_keyrings(const struct checks *c)
{
	AUTO_BUF words = BUF_INIT(CONFIG_LEVELS_MAX * SETTINGS_PATH_MAX);
	char *rest;

	if (level_accepted_keyrings(c->config, &words, NULL) < 0 || !words.len)
		return false;
	rest = (char *)words.data;
	for (char *one; (one = strtok_r(rest, " \t", &rest));)
		if (!host_has(c->host, one))
			return false;
	return true;
}

static bool has_usable_key(const struct checks *c)
{
	char path[HOST_PATH_MAX];
	struct key *key = NULL;
	bool usable = c->config->signing[0] == '/' &&
		      host_path(c->host, c->config->signing, path, NULL) == 0 &&
		      key_load(path, NULL, &key, NULL) == 0;

	key_free(key);
	return usable;
}

/* What assay-transaction will say of an archive's packages; NULL: it signs them. */
static const char *archive_trouble(const struct checks *c)
{
	AUTO_BUF words = BUF_INIT(CONFIG_LEVELS_MAX * SETTINGS_PATH_MAX);

	if (!has_usable_key(c))
		return "the signing key has a passphrase, or is not on this host";
	if (level_accepted_keyrings(c->config, &words, NULL) < 0 || !words.len)
		return "assay.conf trusts no archive's keyring";
	return has_keyrings(c) ? NULL : "a keyring that assay.conf names is not there";
}

void checks_packages(const struct checks *c)
{
	const char *trouble = archive_trouble(c);

	if (!host_has(c->host, DPKG_ADMIN_DIR "/status"))
		(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON,
				 "packages.database", "put " DPKG_ADMIN_DIR " back from a backup",
				 "dpkg's database (" DPKG_ADMIN_DIR
				 "/status) is not there: what was "
				 "installed is not known, and can't be signed");
	if (!trouble)
		return;
	(void)report_add(c->report, REPORT_ADVICE, "packages.archive",
			 "sign packages by 'assay pkg sign' before they are installed: assay(8), "
			 "Upgrading an enforcing host",
			 "while enforcement is in force dpkg refuses an archive's packages: %s",
			 trouble);
	if (host_has(c->host, UNATTENDED) && is_timer_on(c->host))
		(void)report_add(
			c->report, REPORT_ADVICE, "packages.unattended",
			"systemctl disable --now apt-daily-upgrade.timer",
			"unattended-upgrades is on: while enforcement is in force each upgrade "
			"is refused");
}
