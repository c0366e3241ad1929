/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiler attributes and the cleanup helpers that make ownership visible. */
#ifndef ASSAY_BASE_ATTR_H
#define ASSAY_BASE_ATTR_H

#include <dirent.h>
#include <stdio.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Each closes or frees, accepts the empty value (-1, NULL), keeps errno. */
void cleanup_fd(int *fd);
void cleanup_file(FILE **f);
void cleanup_dir(DIR **d);
void cleanup_str(char **s);
void cleanup_mem(void *p); /* p is the address of a pointer from malloc */

#define AUTO_FD CLEANUP(cleanup_fd) int
#define AUTO_FILE CLEANUP(cleanup_file) FILE *
#define AUTO_DIR CLEANUP(cleanup_dir) DIR *
#define AUTO_STR CLEANUP(cleanup_str) char *
#define AUTO_MEM CLEANUP(cleanup_mem)

/* Hands a value on and leaves the empty one behind, so that a cleanup does nothing. */
#define take_ptr(p) \
	__extension__({ \
		__typeof__(*(p)) take_val_ = *(p); \
		*(p) = NULL; \
		take_val_; \
	})
int take_fd(int *fd);

#endif
