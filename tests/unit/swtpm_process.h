/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A software TPM that runs beside a unit test. */
#ifndef ASSAY_TESTS_UNIT_SWTPM_PROCESS_H
#define ASSAY_TESTS_UNIT_SWTPM_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"

static void tpm_process_stop(pid_t *pid)
{
	if (*pid > 0) {
		(void)kill(*pid, SIGTERM);
		(void)waitpid(*pid, NULL, 0);
	}
	*pid = -1;
}

/* Its sockets are there before it listens. */
static bool tpm_process_listens(const char *dir, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", dir, name);
	return fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

/* Starts it on the state in the directory, which is made when it is not there: fresh the first
 * time, after a stop the same TPM, reset.  It serves one connection at a time, at dir/s. */
static pid_t tpm_process_start(const char *dir)
{
	char state[96], server[96], ctrl[96];
	pid_t pid;

	(void)mkdir(dir, 0700);
	(void)snprintf(state, sizeof(state), "dir=%s", dir);
	(void)snprintf(server, sizeof(server), "type=unixio,path=%s/s", dir);
	(void)snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/s.ctrl", dir);
	pid = fork();
	if (pid == 0) {
		(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server",
			     server, "--ctrl", ctrl, "--flags", "not-need-init,startup-clear",
			     NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000; i++) {
		if (tpm_process_listens(dir, "s.ctrl") && tpm_process_listens(dir, "s"))
			break;
		(void)usleep(10000);
	}
	return pid;
}

#define AUTO_TPM_PROCESS CLEANUP(tpm_process_stop) UNUSED pid_t

#endif
