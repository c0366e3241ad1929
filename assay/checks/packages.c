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

/* What assay-transaction will say of an archive's packages, and what mends it. */
struct trouble {
	struct err text; /* empty: it signs them */
	const char *remedy;
};

/* The first keyring that is named and not there. */
static void find_missing(const struct checks *c, char *words, struct trouble *t)
{
	for (char *one; (one = strtok_r(words, " \t", &words));) {
		if (host_has(c->host, one))
			continue;
		(void)err_set(&t->text, "the keyring %s is not there", one);
		t->remedy = c->config->n_levels
				    ? "correct the line of the level that names it, in [levels] "
				      "of assay.conf, or install the package that brings it"
				    : "correct 'keyrings =' in assay.conf, or install the package "
				      "that brings it";
		return;
	}
}

static void find_trouble(const struct checks *c, struct trouble *t)
{
	AUTO_BUF words = BUF_INIT(CONFIG_LEVELS_MAX * SETTINGS_PATH_MAX);

	t->remedy = "sign packages by 'assay pkg sign' before they are installed: assay(8), "
		    "Upgrading an enforcing host";
	if (!has_usable_key(c))
		(void)err_set(&t->text, "the signing key has a passphrase, or is not on this host");
	else if (level_accepted_keyrings(c->config, &words, &t->text) == 0 && !words.len)
		(void)err_set(&t->text, "assay.conf trusts no archive's keyring");
	else if (words.len)
		find_missing(c, (char *)words.data, t);
}

void checks_packages(const struct checks *c)
{
	struct trouble trouble = { .text = ERR_INIT };

	find_trouble(c, &trouble);

	if (!host_has(c->host, DPKG_ADMIN_DIR "/status"))
		(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON,
				 "packages.database", "put " DPKG_ADMIN_DIR " back from a backup",
				 "dpkg's database (" DPKG_ADMIN_DIR
				 "/status) is not there: what was "
				 "installed is not known, and can't be signed");
	if (!*trouble.text.text)
		return;
	(void)report_add(c->report, REPORT_ADVICE, "packages.archive", trouble.remedy,
			 "while enforcement is in force dpkg refuses an archive's packages: %s",
			 trouble.text.text);
	if (host_has(c->host, UNATTENDED) && is_timer_on(c->host))
		(void)report_add(
			c->report, REPORT_ADVICE, "packages.unattended",
			"systemctl disable --now apt-daily-upgrade.timer",
			"unattended-upgrades is on: while enforcement is in force each upgrade "
			"is refused");
}
