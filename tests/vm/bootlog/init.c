/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PID 1 of a throwaway machine: prints the boot log, the PCRs and the command line.  Without libc,
 * so that the initrd is small enough to be kept as a vector. */
#include <fcntl.h>
#include <linux/reboot.h>
#include <stddef.h>
#include <sys/syscall.h>

#define TPM "/sys/class/tpm/tpm0/pcr-"
#define LOG "/sys/kernel/security/tpm0/binary_bios_measurements"

static char block[4096];
static int out;

static long call(long number, const void *a, const void *b, const void *c, long d)
{
	register const void *r10 __asm__("r10") = (const void *)d;
	register long r8 __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

#define CALL(number, a, b, c, d) \
	call(SYS_##number, (const void *)(a), (const void *)(b), (const void *)(c), (long)(d))

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static void put(const char *text)
{
	(void)CALL(write, (long)out, text, length(text), 0);
}

static void put_hex(const char *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static char line[2 * sizeof(block) + 2];

	for (size_t i = 0; i < len; i++) {
		line[2 * i] = digits[(unsigned char)data[i] >> 4];
		line[2 * i + 1] = digits[data[i] & 15];
	}
	line[2 * len] = '\n';
	line[2 * len + 1] = '\0';
	put(line);
}

/* "@NAME" and the file in hex; nothing where there is none. */
static void show(const char *name, const char *path)
{
	long fd = CALL(open, path, (long)O_RDONLY, 0L, 0);
	long n;

	if (fd < 0)
		return;
	put("@");
	put(name);
	put("\n");
	while ((n = CALL(read, fd, block, (long)128, 0)) > 0)
		put_hex(block, (size_t)n);
	(void)CALL(close, fd, 0L, 0L, 0);
}

static char *join(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	*to = '\0';
	return to;
}

static void show_bank(const char *bank)
{
	for (int i = 0; i < 16; i++) {
		char number[] = { (char)('0' + i / 10), (char)('0' + i % 10), '\0' };
		char path[64];
		char name[32];

		(void)join(join(join(join(path, TPM), bank), "/"), number + (i < 10));
		(void)join(join(join(name, bank), " "), number + (i < 10));
		show(name, path);
	}
}

void _start(void);

void _start(void)
{
	(void)CALL(mkdir, "/dev", 0755L, 0L, 0);
	(void)CALL(mkdir, "/proc", 0755L, 0L, 0);
	(void)CALL(mkdir, "/sys", 0755L, 0L, 0);
	(void)CALL(mount, "dev", "/dev", "devtmpfs", 0);
	(void)CALL(mount, "proc", "/proc", "proc", 0);
	(void)CALL(mount, "sys", "/sys", "sysfs", 0);
	(void)CALL(mount, "security", "/sys/kernel/security", "securityfs", 0);
	out = (int)CALL(open, "/dev/ttyS0", (long)O_WRONLY, 0L, 0);
	put("\n@begin\n");
	show("cmdline", "/proc/cmdline");
	show_bank("sha1");
	show_bank("sha256");
	show_bank("sha384");
	show_bank("sha512");
	show("log", LOG);
	put("@end\n");
	for (;;)
		(void)CALL(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			   LINUX_REBOOT_CMD_POWER_OFF, 0);
}
