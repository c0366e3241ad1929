/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading pacman's command line, and asking pacman-conf. */
#include "transaction/pacman_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "transaction/pacman.h"

/* pacman(8); one that is missing here has its value looked at as if it were a package. */
static const char *const valued[] = { "--arch",	     "--ask",	       "--assume-installed",
				      "--cachedir",  "--color",	       "--config",
				      "--dbpath",    "--gpgdir",       "--hookdir",
				      "--ignore",    "--ignoregroup",  "--logfile",
				      "--overwrite", "--print-format", "--root",
				      "--sysroot" };

typedef int (*word_fn)(void *ctx, const char *option, const char *value, struct err *err);

/* -b is --dbpath, -r --root; either may be the last of several letters. */
static const char *long_name(const char *word)
{
	const size_t n = strlen(word);

	if (word[1] == '-' || n < 2)
		return word;
	if (word[n - 1] == 'b')
		return "--dbpath";
	return word[n - 1] == 'r' ? "--root" : word;
}

static bool takes_a_word(const char *option)
{
	for (size_t i = 0; i < ARRAY_LEN(valued); i++)
		if (strcmp(option, valued[i]) == 0)
			return true;
	return false;
}

/* fn is called with option NULL for an operand, with value NULL never. */
static int each_word(const struct buf *line, word_fn fn, void *ctx, struct err *err)
{
	const char *end = buf_text(line) + line->len;
	const char *word = buf_text(line);
	const char *option = NULL; /* whose value is the next word */
	bool options = true;
	int rc = line->len ? 0 : err_set(err, "pacman's command line is empty");

	for (word += strlen(word) + 1; rc == 0 && word < end; word += strlen(word) + 1) {
		const char *name = NULL;

		if (option || !options || *word != '-') {
			rc = *word ? fn(ctx, option, word, err) : 0;
		} else if (strcmp(word, "--") == 0) {
			options = false;
		} else if (strncmp(word, "--", 2) == 0 && strchr(word, '=')) {
			rc = fn(ctx, word, strchr(word, '=') + 1, err);
		} else if (takes_a_word(long_name(word))) {
			name = long_name(word);
		}
		option = name;
	}
	return rc;
}

/* "--config" and "--config=FILE". */
static bool is_option(const char *word, const char *name)
{
	const size_t n = strlen(name);

	return word && strncmp(word, name, n) == 0 && (word[n] == '\0' || word[n] == '=');
}

static int set_from(void *ctx, const char *option, const char *value, struct err *err)
{
	struct pacman_conf *conf = ctx;

	if (is_option(option, "--config"))
		conf->config = value;
	if (is_option(option, "--dbpath"))
		conf->database = value;
	if (!is_option(option, "--cachedir"))
		return 0;
	if (conf->n_caches == PACMAN_CACHES_MAX)
		return err_set(err, "more than %d cache directories", PACMAN_CACHES_MAX);
	conf->cache[conf->n_caches++] = value;
	return 0;
}

/* posix_spawn writes to none of its words. */
static char *word_of(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int run(char *const *args, int to, struct err *err)
{
	char *const env[] = { word_of("PATH=/usr/bin:/bin"), word_of("LC_ALL=C"), NULL };
	posix_spawn_file_actions_t actions;
	int how = 0;
	pid_t pid;

	errno = posix_spawn_file_actions_init(&actions);
	if (errno)
		return err_errno(err, PACMAN_CONF);
	errno = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!errno)
		errno = posix_spawn_file_actions_adddup2(&actions, to, 1);
	if (!errno)
		errno = posix_spawn(&pid, PACMAN_CONF, &actions, NULL, args, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (errno)
		return err_errno(err, PACMAN_CONF);
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, PACMAN_CONF);
	return WIFEXITED(how) && WEXITSTATUS(how) == 0
		       ? 0
		       : err_set(err, PACMAN_CONF ": can't read pacman's configuration");
}

static int ask(const struct pacman_conf *conf, const char *what, struct buf *out, struct err *err)
{
	AUTO_FD to = memfd_create("told", MFD_CLOEXEC);
	char *args[] = { word_of(PACMAN_CONF), word_of(what), NULL, NULL, NULL };

	if (conf->config) {
		args[1] = word_of("--config");
		args[2] = word_of(conf->config);
		args[3] = word_of(what);
	}
	if (to < 0)
		return err_errno(err, "memfd");
	if (run(args, to, err) < 0)
		return -1;
	if (lseek(to, 0, SEEK_SET) < 0)
		return err_errno(err, PACMAN_CONF);
	return io_read_fd(to, PACMAN_CONF, out, err);
}

static int ask_caches(struct pacman_conf *conf, struct err *err)
{
	char *save = NULL;

	if (ask(conf, "CacheDir", &conf->told[0], err) < 0)
		return -1;
	for (char *line; (line = buf_line(&conf->told[0], &save));)
		if (set_from(conf, "--cachedir", line, err) < 0)
			return -1;
	return 0;
}

static int ask_database(struct pacman_conf *conf, struct err *err)
{
	char *save = NULL;

	if (ask(conf, "DBPath", &conf->told[1], err) < 0)
		return -1;
	conf->database = buf_line(&conf->told[1], &save);
	return conf->database ? 0 : err_set(err, PACMAN_CONF ": tells no DBPath");
}

int pacman_conf_load(const struct buf *line, struct pacman_conf *ret, struct err *err)
{
	*ret = (struct pacman_conf){ .told = { BUF_INIT(PACMAN_CONF_TEXT_MAX),
					       BUF_INIT(PACMAN_CONF_TEXT_MAX) } };
	if (each_word(line, set_from, ret, err) < 0)
		return -1;
	/* pacman adds those that are configured to those that it is told. */
	if (ask_caches(ret, err) < 0)
		return -1;
	return ret->database ? 0 : ask_database(ret, err);
}

void pacman_conf_done(struct pacman_conf *conf)
{
	buf_done(&conf->told[0]);
	buf_done(&conf->told[1]);
}

struct operands {
	pacman_word_fn fn;
	void *ctx;
};

static int on_word(void *ctx, const char *option, const char *value, struct err *err)
{
	const struct operands *operands = ctx;

	return option ? 0 : operands->fn(operands->ctx, value, err);
}

int pacman_conf_operands(const struct buf *line, pacman_word_fn fn, void *ctx, struct err *err)
{
	struct operands operands = { .fn = fn, .ctx = ctx };

	return each_word(line, on_word, &operands, err);
}
