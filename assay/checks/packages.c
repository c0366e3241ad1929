/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What installs packages on this host, and whether it is known what was installed. */
#include <sys/stat.h>

#include "assay/checks/checks.h"
#include "sig/dpkg.h"

#define UNATTENDED "/usr/bin/unattended-upgrade"
#define TIMER "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer"

/* The link alone counts: what it leads to may be nothing below another root. */
static bool is_timer_on(const struct host *host)
{
	char path[HOST_PATH_MAX];
	struct stat st;

	return host_path(host, TIMER, path, NULL) == 0 && lstat(path, &st) == 0;
}

void checks_packages(const struct checks *c)
{
	if (!host_has(c->host, DPKG_ADMIN_DIR "/status"))
		(void)report_add(c->report, c->log_only ? REPORT_ADVICE : REPORT_REASON,
				 "packages.database", "put " DPKG_ADMIN_DIR " back from a backup",
				 "dpkg's database (" DPKG_ADMIN_DIR
				 "/status) is not there: what was "
				 "installed is not known, and can't be signed");
	if (host_has(c->host, UNATTENDED) && is_timer_on(c->host))
		(void)report_add(
			c->report, REPORT_ADVICE, "packages.unattended",
			"systemctl disable --now apt-daily-upgrade.timer; upgrade by hand, as "
			"assay(8) says",
			"unattended-upgrades is on: while enforcement is in force each upgrade is "
			"refused, because nobody signs what it installs");
}
