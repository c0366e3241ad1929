/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB 2.06: script/execute.c measures commands, lib/cmdline.c what the kernel is given. */
#include "attest/boot_grub.h"

#include <string.h>

#include "base/attr.h"

static const char *const linux_loaders[] = { "linux", "linuxefi", "linux16" };

/* Commands that start something which measures no command line here, or run others unmeasured. */
static const char *const other_loaders[] = {
	"appleloader", "chainloader",	 "cutmem",    "drivemap",   "efiload",	    "fakebios",
	"freedos",     "gptsync",	 "kfreebsd",  "knetbsd",    "kopenbsd",	    "loadbios",
	"module",      "module2",	 "multiboot", "multiboot2", "ntldr",	    "parttool",
	"pcbsd",       "plan9",		 "time",      "truecrypt",  "write_byte",   "write_dword",
	"write_word",  "xen_hypervisor", "xen_linux", "xnu_kernel", "xnu_kernel64", "xnu_resume",
};

static bool is_word(const uint8_t *text, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(text, words[i], len) == 0)
			return true;
	return false;
}

/* A path, a device or a block list begins otherwise than any command. */
static bool may_be_line(const uint8_t *text, size_t len)
{
	return len == 0 || text[0] == '/' || text[0] == '(' || (text[0] >= '0' && text[0] <= '9');
}

static bool is_quoting(uint8_t c)
{
	return c == '"' || c == '\'' || c == '\\';
}

/* The same words: the line is quoted where the command was not. */
static bool has_words(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t i = 0;
	size_t j = 0;

	for (;;) {
		while (i < a_len && is_quoting(a[i]))
			i++;
		while (j < b_len && is_quoting(b[j]))
			j++;
		if (i == a_len || j == b_len)
			return i == a_len && j == b_len;
		if (a[i++] != b[j++])
			return false;
	}
}

static void read_line(struct boot_grub *grub, const uint8_t *text, size_t len)
{
	if (!has_words(grub->args, grub->args_len, text, len))
		grub->broken = true;
	grub->line = text;
	grub->line_len = len;
	grub->args = NULL;
}

static void read_command(struct boot_grub *grub, const uint8_t *text, size_t len)
{
	const uint8_t *space;
	size_t word;

	while (len > 2 && memcmp(text, "! ", 2) == 0) {
		text += 2;
		len -= 2;
	}
	space = memchr(text, ' ', len);
	word = space ? (size_t)(space - text) : len;
	if (may_be_line(text, len) || is_word(text, word, other_loaders, ARRAY_LEN(other_loaders)))
		grub->broken = true;
	if (!is_word(text, word, linux_loaders, ARRAY_LEN(linux_loaders)))
		return;
	grub->loads++;
	grub->args = space ? space + 1 : text + word;
	grub->args_len = space ? len - word - 1 : 0;
}

void boot_grub_string(struct boot_grub *grub, const uint8_t *text, size_t len)
{
	grub->strings++;
	if (grub->args)
		read_line(grub, text, len);
	else
		read_command(grub, text, len);
}

bool boot_grub_knows(const struct boot_grub *grub)
{
	return !grub->broken && grub->loads == 1 && grub->line && !grub->args;
}
