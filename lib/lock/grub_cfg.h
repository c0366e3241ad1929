/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a grub.cfg that a prediction needs: its menu entries, and commands with their words.
 */
#ifndef ASSAY_LOCK_GRUB_CFG_H
#define ASSAY_LOCK_GRUB_CFG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define GRUB_CFG_MAX (1U << 20) /* bytes */
#define GRUB_ENTRIES_MAX 256	/* of one file's menu, submenus' own not counted */
#define GRUB_WORDS_MAX 256	/* of a command */
#define GRUB_COMMANDS_MAX 512	/* of an entry */

/* Text within the file. */
struct grub_text {
	const char *at;
	size_t len;
};

/* "menuentry WORDS {...}" or "submenu WORDS {...}". */
struct grub_entry {
	struct grub_text words; /* from the command to the brace */
	struct grub_text block; /* the braces included */
	size_t place;		/* how much of the plain text stands before it */
};

struct grub_cfg {
	struct grub_entry entries[GRUB_ENTRIES_MAX];
	size_t n;
	struct buf plain; /* what is no entry: comments left out, blanks made one */
};

#define AUTO_GRUB_CFG CLEANUP(grub_cfg_free) struct grub_cfg *

/* Fails on what GRUB's lexer (2.06, script/yylex.l) would read otherwise than this does. */
MUST_USE int grub_cfg_parse(const char *text, size_t len, struct grub_cfg **ret_cfg,
			    struct err *err);
void grub_cfg_free(struct grub_cfg **cfg);

/* The commands of a block: parts between newlines and semicolons, without blanks around them. */
MUST_USE int grub_cfg_commands(struct grub_text block, struct grub_text *ret_commands,
			       size_t *ret_n, struct err *err);

/* The words of a command, quotes taken away and variables replaced, each with a NUL behind it. */
struct grub_words {
	struct buf text;
	size_t start[GRUB_WORDS_MAX];
	size_t n;
};

/* What a variable holds; NULL: not known. */
typedef const char *grub_variable_fn(void *from, const char *name);

/* Fails on a variable that is not known, and on a word that a shell would take otherwise. */
MUST_USE int grub_words_read(struct grub_text command, grub_variable_fn *variable, void *from,
			     struct grub_words *words, struct err *err);
void grub_words_done(struct grub_words *words);
const char *grub_word(const struct grub_words *words, size_t i);

/* As GRUB measures them: the command (script/execute.c), and the kernel's command line
 * (lib/cmdline.c), which leaves out the first word. */
MUST_USE int grub_words_join(const struct grub_words *words, struct buf *out, struct err *err);
MUST_USE int grub_words_cmdline(const struct grub_words *words, struct buf *out, struct err *err);

#define GRUB_INITRDS_MAX 4
#define GRUB_PATH_MAX 256 /* bytes, NUL included */

/* What an entry loads, as GRUB names it; linux "" and n 0: nothing. */
struct grub_files {
	char linux[GRUB_PATH_MAX];
	char initrd[GRUB_INITRDS_MAX][GRUB_PATH_MAX];
	size_t n;
};

/* Fails on a path with a variable in it, and on more than those maxima. */
MUST_USE int grub_entry_files(struct grub_text block, struct grub_files *ret_files,
			      struct err *err);

#endif
