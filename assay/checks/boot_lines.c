/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what GRUB, systemd-boot and kernel-install have as command lines. */
#include "assay/checks/boot_lines.h"

#include <string.h>

#include "assay/essential/essential.h"

#define GRUB_CFG "/boot/grub/grub.cfg"
#define KERNEL_CMDLINE "/etc/kernel/cmdline"
#define LOADER_FILE_MAX (4U << 20) /* bytes */
#define BLANKS " \t"

struct lines {
	boot_line_fn fn;
	void *ctx;
};

/* What follows the word at the start of the line; NULL: another word stands there. */
static char *after_word(char *line, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, BLANKS);
	if (strncmp(line, word, n) != 0 || !strchr(BLANKS, line[n]) || !line[n])
		return NULL;
	return line + n + strspn(line + n, BLANKS);
}

/* "linux /boot/vmlinuz-6.1.0-1-amd64 root=...": the parameters, of a Linux kernel only. */
static const char *grub_linux(char *line)
{
	static const char *const words[] = { "linux", "linuxefi", "linux16" };
	char *path = NULL;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(words) && !path; i++)
		path = after_word(line, words[i]);
	if (!path)
		return NULL;
	n = strcspn(path, BLANKS);
	if (!memmem(path, n, "vmlinu", strlen("vmlinu")))
		return NULL; /* a memory test */
	return path + n;
}

static int grub(const struct host *host, const struct lines *lines, struct err *err)
{
	AUTO_BUF text = BUF_INIT(LOADER_FILE_MAX);
	struct boot_line told = { .where = GRUB_CFG,
				  .remedy = "edit /etc/default/grub, run update-grub, reboot" };
	bool ours = true;
	char *save = NULL;

	if (host_read(host, GRUB_CFG, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		/* The entry's id follows its title, which may be in any language. */
		if (after_word(line, "menuentry")) {
			told.recovery = strstr(line, "recovery") != NULL;
			ours = strstr(line, "osprober") == NULL;
		}
		told.text = ours ? grub_linux(line) : NULL;
		if (told.text)
			lines->fn(lines->ctx, &told);
	}
	return 0;
}

static int loader_entry(const struct host *host, const char *path, void *ctx, struct err *err)
{
	const struct lines *lines = ctx;
	AUTO_BUF text = BUF_INIT(LOADER_FILE_MAX);
	struct boot_line told = { .where = path,
				  .remedy = "edit /etc/kernel/cmdline, make the boot loader's "
					    "entries anew (kernel-install), reboot" };
	char *save = NULL;

	if (host_read(host, path, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		told.text = after_word(line, "options");
		if (told.text)
			lines->fn(lines->ctx, &told);
	}
	return 0;
}

static int kernel_cmdline(const struct host *host, const struct lines *lines, struct err *err)
{
	AUTO_BUF text = BUF_INIT(LOADER_FILE_MAX);
	struct boot_line told = { .where = KERNEL_CMDLINE,
				  .remedy = "edit /etc/kernel/cmdline, make the boot loader's "
					    "entries anew (kernel-install), reboot" };
	char *save = NULL;

	if (host_read(host, KERNEL_CMDLINE, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		told.text = line;
		if (*line != '#')
			lines->fn(lines->ctx, &told);
	}
	return 0;
}

int boot_lines_each(const struct host *host, boot_line_fn fn, void *ctx, struct err *err)
{
	static const char *const entries[] = { "/boot/loader/entries/*.conf",
					       "/boot/efi/loader/entries/*.conf",
					       "/efi/loader/entries/*.conf" };
	struct lines lines = { .fn = fn, .ctx = ctx };

	if (grub(host, &lines, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (essential_glob(host, entries[i], loader_entry, &lines, err) < 0)
			return -1;
	return kernel_cmdline(host, &lines, err);
}
