/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PID 1 of a throwaway machine: modules, the disk as root, then /guest.py, then off. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 8      /* modules need each other in an order that is found by trying */
#define DISK_WAIT 200 /* tenths of a second */

static void halt(const char *why)
{
	printf("ASSAY-END %s: %s\n", why, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void must(int rc, const char *what)
{
	if (rc < 0)
		halt(what);
}

static void load_modules(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		DIR *dir = opendir("/modules");
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			char path[300];
			int fd;

			snprintf(path, sizeof(path), "/modules/%s", entry->d_name);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0 && entry->d_name[0] != '.')
				(void)syscall(SYS_finit_module, fd, "", 0);
			close(fd);
		}
		closedir(dir);
	}
}

static void mount_at(const char *type, const char *at)
{
	mkdir(at, 0755);
	must(mount(type, at, type, 0, NULL), at);
}

static void change_root(void)
{
	struct stat st;

	for (int i = 0; i < DISK_WAIT && stat("/dev/vda", &st) < 0; i++)
		usleep(100000);
	mkdir("/disk", 0755);
	must(mount("/dev/vda", "/disk", "ext4", 0, NULL), "disk");
	must(chroot("/disk"), "chroot");
	must(chdir("/"), "chdir");
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("securityfs", "/sys/kernel/security");
	mount_at("devtmpfs", "/dev");
	mount_at("tmpfs", "/dev/shm");
	mkdir("/mnt", 0755);
	mount_at("ramfs", "/mnt/ramfs");
}

int main(void)
{
	char *argv[] = { "/usr/bin/python3", "-S", "/guest.py", "/config.json", "/out.json", NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1", "HOME=/", NULL };
	int status = 0;
	pid_t pid;

	mkdir("/dev", 0755);
	must(mount("devtmpfs", "/dev", "devtmpfs", 0, NULL), "devtmpfs");
	load_modules();
	change_root();
	pid = fork();
	if (pid == 0) {
		execve(argv[0], argv, envp);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) != pid)
		;
	sync();
	errno = 0;
	printf("ASSAY-STATUS %d\n", status);
	halt("done");
}
