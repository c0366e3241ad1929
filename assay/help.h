/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `assay help COMMAND`, as git's. */
#ifndef ASSAY_ASSAY_HELP_H
#define ASSAY_ASSAY_HELP_H

/*
 * Becomes man(1) with the program's page; returns where standard output is no terminal, or man or
 * the page is not there.
 */
void help_show_manual(const char *program);

/*
 * The command line "assay COMMAND... --help" for "assay help COMMAND...", of argc words as that;
 * the caller frees it, and not the words.  NULL: out of memory.
 */
char **help_words(int argc, char **argv);

#endif
