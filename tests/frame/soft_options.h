/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a simulated host is told on its command line. */
#ifndef ASSAY_TESTS_FRAME_SOFT_OPTIONS_H
#define ASSAY_TESTS_FRAME_SOFT_OPTIONS_H

#include <getopt.h>
#include <openssl/ssl.h>

#include "frame/soft_evidence.h"

struct options {
	unsigned int port, first, count, connections, seconds, resets, ak;
	unsigned int sleep, then_port;
	const char *ca, *key, *cert, *other, *seed, *ek_cert, *attack;
	struct soft_wrong wrong;
	struct soft_signing signing;
	SSL_CTX *tls;
};

static inline void take_wrong(struct soft_wrong *w, const char *word)
{
	w->log_mode |= strcmp(word, "log-mode") == 0;
	w->no_record |= strcmp(word, "no-record") == 0;
	w->unsigned_file |= strcmp(word, "unsigned-file") == 0;
	w->foreign_file |= strcmp(word, "foreign-file") == 0;
	w->odd_name |= strcmp(word, "odd-name") == 0;
	w->no_list |= strcmp(word, "no-list") == 0;
	w->two_aggregates |= strcmp(word, "two-aggregates") == 0;
}

enum {
	PORT = 'p',
	CA = 'c',
	KEY = 'k',
	CERT = 'C',
	OTHER = 'o',
	SEED = 's',
	FIRST = 'f',
	COUNT = 'n',
	CONNECTIONS = 'j',
	SECONDS = 't',
	FILES = 'F',
	RESETS = 'r',
	AK = 'a',
	EK_CERT = 'e',
	WITH = 'w',
	CMDLINE = 'l',
	ATTACK = 'A',
	SLEEP = 'S',
	THEN = 'T',
};

/* Where a number goes; NULL: it is none. */
static inline unsigned int *number_of(struct options *o, int c)
{
	switch (c) {
	case PORT:
		return &o->port;
	case FIRST:
		return &o->first;
	case COUNT:
		return &o->count;
	case CONNECTIONS:
		return &o->connections;
	case SECONDS:
		return &o->seconds;
	case FILES:
		return &o->wrong.files;
	case RESETS:
		return &o->resets;
	case AK:
		return &o->ak;
	case SLEEP:
		return &o->sleep;
	case THEN:
		return &o->then_port;
	default:
		return NULL;
	}
}

static inline const char **text_of(struct options *o, int c)
{
	switch (c) {
	case CA:
		return &o->ca;
	case KEY:
		return &o->key;
	case CERT:
		return &o->cert;
	case OTHER:
		return &o->other;
	case SEED:
		return &o->seed;
	case EK_CERT:
		return &o->ek_cert;
	case CMDLINE:
		return &o->wrong.cmdline;
	case ATTACK:
		return &o->attack;
	default:
		return NULL;
	}
}

static inline void take_option(struct options *o, int c, const char *value)
{
	unsigned int *number = number_of(o, c);
	const char **text = text_of(o, c);

	if (number)
		*number = (unsigned int)strtoul(value, NULL, 10);
	else if (text)
		*text = value;
	else if (c == WITH)
		take_wrong(&o->wrong, value);
	else
		exit(2);
}

/* The command; NULL: none, or more than one word. */
static inline const char *take_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "port", 1, NULL, PORT },
		{ "ca", 1, NULL, CA },
		{ "key", 1, NULL, KEY },
		{ "cert", 1, NULL, CERT },
		{ "other", 1, NULL, OTHER },
		{ "seed", 1, NULL, SEED },
		{ "first", 1, NULL, FIRST },
		{ "count", 1, NULL, COUNT },
		{ "connections", 1, NULL, CONNECTIONS },
		{ "seconds", 1, NULL, SECONDS },
		{ "files", 1, NULL, FILES },
		{ "resets", 1, NULL, RESETS },
		{ "ak", 1, NULL, AK },
		{ "ek-cert", 1, NULL, EK_CERT },
		{ "with", 1, NULL, WITH },
		{ "cmdline", 1, NULL, CMDLINE },
		{ "attack", 1, NULL, ATTACK },
		{ "sleep", 1, NULL, SLEEP },
		{ "then-port", 1, NULL, THEN },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		take_option(o, c, optarg ? optarg : "");
	return argc - optind == 1 ? argv[optind] : NULL;
}

#endif
