/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PID 1 of a throwaway machine: writes each line of /rules to the kernel, prints what it says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192
#define PER_ROW 100

static void halt(const char *why)
{
	printf("ASSAY-END %s: %s\n", why, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* One letter a rule: '+' taken, 'E' EINVAL, '?' another errno. */
static char verdict(int fd, const char *line, size_t len)
{
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n >= len ? '+' : '/';
	return errno == EINVAL ? 'E' : '?';
}

int main(void)
{
	static char line[LINE_MAX_BYTES];
	struct utsname name;
	FILE *rules;
	int fd;
	size_t n = 0;

	mkdir("/sys", 0755);
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0 ||
	    mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL) < 0)
		halt("mount");
	rules = fopen("/rules", "re");
	fd = open("/sys/kernel/security/ima/policy", O_WRONLY | O_CLOEXEC);
	if (!rules || fd < 0)
		halt("open");
	uname(&name);
	printf("ASSAY-BEGIN %s\n", name.release);
	while (fgets(line, sizeof(line), rules)) {
		size_t len = strcspn(line, "\n");

		line[len] = '\0';
		if (n % PER_ROW == 0)
			printf("%sASSAY-ROW ", n ? "\n" : "");
		putchar(verdict(fd, line, len));
		n++;
	}
	printf("\n");
	errno = 0;
	halt("done");
}
