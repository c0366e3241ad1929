/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attacker's program: says PWNED and whose rights it has, and leaves PATH.ran beside itself. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 5);

	if (length > 0) {
		memcpy(path + length, ".ran", 5);
		close(open(path, O_WRONLY | O_CREAT, 0666));
	}
	printf("PWNED uid %d euid %d\n", (int)getuid(), (int)geteuid());
	return 0;
}
