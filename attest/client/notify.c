/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd how the service is. */
#include "attest/client/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/attr.h"

#define NOTIFY_MAX 1200 /* bytes of one message */

void notify(const char *name, const char *value)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = secure_getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	char text[NOTIFY_MAX];
	AUTO_FD fd = -1;
	int n = snprintf(text, sizeof(text), "%s=%s", name, value);

	if (len < 2 || len >= sizeof(to.sun_path) || (*path != '/' && *path != '@') || n < 0)
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		return;
}
