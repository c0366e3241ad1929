/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading configuration, bundle and boot together. */
#include "assay/host/state.h"
#include "base/hex.h"

#include <stdlib.h>
#include <string.h>

#define STATE_STAT_MAX (1U << 20) /* bytes of /proc/stat on machines with many processors */
#define STATE_VALUE_MAX 160	  /* bytes of one value in the run file */

const char *state_force_name(enum state_force force)
{
	static const char *const names[] = {
		[FORCE_NOTHING] = "off",
		[FORCE_UNKNOWN] = "unknown",
		[FORCE_LOG] = "log",
		[FORCE_ENFORCE] = "enforce",
	};

	return names[force];
}

uint64_t state_boot_ms(const struct host *host)
{
	AUTO_BUF text = BUF_INIT(STATE_STAT_MAX);
	const char *at;
	bool there;

	if (host_read(host, "/proc/stat", &text, &there, NULL) < 0 || !there)
		return 0;
	at = strstr(buf_text(&text), "\nbtime ");
	return at ? strtoull(at + strlen("\nbtime "), NULL, 10) * 1000 : 0;
}

/* The value of "key value" in the text; false without such a line. */
static bool run_value(const char *text, const char *key, char ret_value[static STATE_VALUE_MAX])
{
	size_t n = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line ? 1 : 0) {
		if (strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		(void)snprintf(ret_value, STATE_VALUE_MAX, "%.*s", (int)strcspn(line + n + 1, "\n"),
			       line + n + 1);
		return true;
	}
	return false;
}

static void find_epoch(const char *text, struct state *s)
{
	char value[STATE_VALUE_MAX];
	unsigned long v;
	char *end;

	if (!run_value(text, "epoch", value))
		return;
	v = strtoul(value, &end, 10);
	s->damaged_epoch_known = *value >= '0' && *value <= '9' && !*end && v <= UINT32_MAX;
	s->damaged_epoch = s->damaged_epoch_known ? (uint32_t)v : 0;
}

static int read_bundle(const struct host *host, struct state *s, struct err *err)
{
	AUTO_BUF text = BUF_INIT(RECORD_MAX);
	struct err *damage = &s->record_damage;
	bool there = false;

	if (host_read(host, BUNDLE_HOST_DIR "/record", &text, &there, damage) < 0)
		return 0;
	if (!there)
		return 0;
	if (record_parse(buf_text(&text), text.len, &s->record, damage) < 0) {
		(void)err_prepend(damage, "%s%s", host->root, BUNDLE_HOST_DIR "/record");
		find_epoch(buf_text(&text), s);
		return 0;
	}
	s->has_record = true;
	if (hash_bytes(HASH_SHA256, text.data, text.len, &s->record_digest, err) < 0)
		return -1;
	return facts_pcr_proves(host, s->record.settings.pcr, &text, &s->proof, err);
}

static bool told_digest(const char *told, const char *want)
{
	return strncmp(told, "sha256:", 7) == 0 && strcmp(told + 7, want) == 0;
}

static void find_refused(struct buf *text, char ret_refused[static STATE_REFUSED_MAX])
{
	static const char word[] = "would-refuse ";
	char *save = NULL;
	size_t at = 0;

	for (char *line; (line = buf_line(text, &save));) {
		size_t n = strlen(line) - (strncmp(line, word, strlen(word)) ? 0 : strlen(word));

		if (n == strlen(line) || at + n + 2 > STATE_REFUSED_MAX)
			continue;
		(void)snprintf(ret_refused + at, STATE_REFUSED_MAX - at, "%s\n",
			       line + strlen(word));
		at += n + 1;
	}
}

/* What assay-boot said is a hint; the kernel decides whether a policy is in force at all. */
static int read_boot(const struct host *host, struct state *s, struct err *err)
{
	AUTO_BUF text = BUF_INIT(HOST_TEXT_MAX);
	char state[STATE_VALUE_MAX] = "";
	char digest[STATE_VALUE_MAX] = "";
	char want[2 * HASH_SIZE_MAX + 1] = "";

	if (host_read(host, STATE_RUN_FILE, &text, &s->told, err) < 0)
		return -1;
	(void)run_value(buf_text(&text), "state", state);
	(void)run_value(buf_text(&text), "record", digest);
	if (s->has_record)
		hex_format(s->record_digest.data, s->record_digest.len, want);
	s->same_record = s->has_record && (s->proof == PROOF_UNKNOWN ? told_digest(digest, want)
								     : s->proof == PROOF_YES);
	if (!s->facts.ima || s->facts.policy_node)
		s->force = FORCE_NOTHING;
	else if (s->same_record)
		s->force = s->record.settings.mode == MODE_ENFORCE ? FORCE_ENFORCE : FORCE_LOG;
	else if (strcmp(state, "enforce") == 0)
		s->force = FORCE_ENFORCE;
	else if (strcmp(state, "log") == 0)
		s->force = FORCE_LOG;
	else
		s->force = FORCE_UNKNOWN;
	if (s->force == FORCE_LOG)
		find_refused(&text, s->refused);
	return 0;
}

int state_read_damaged(const struct host *host, struct state **ret_state, struct err *err)
{
	AUTO_MEM struct state *s = calloc(1, sizeof(*s));
	char path[HOST_PATH_MAX];

	if (!s)
		return err_set(err, "out of memory");
	if (host_path(host, CONFIG_PATH, path, err) < 0)
		return -1;
	if (config_load(path, &s->config, &s->config_damage) < 0)
		config_default(&s->config);
	if (facts_read(host, &s->facts, err) < 0)
		return -1;
	if (read_bundle(host, s, err) < 0 || read_boot(host, s, err) < 0)
		return -1;
	s->since_ms = state_boot_ms(host);
	*ret_state = take_ptr(&s);
	return 0;
}

int state_read(const struct host *host, struct state **ret_state, struct err *err)
{
	AUTO_MEM struct state *s = NULL;

	if (host_require_proc(host, err) < 0 || state_read_damaged(host, &s, err) < 0)
		return -1;
	if (*s->config_damage.text)
		return err_set(err, "%s", s->config_damage.text);
	if (*s->record_damage.text)
		return err_set(err,
			       "%s; 'assay enable%s%s' replaces it, 'assay disable%s%s' removes it",
			       s->record_damage.text, *host->root ? " --root " : "", host->root,
			       *host->root ? " --root " : "", host->root);
	*ret_state = take_ptr(&s);
	return 0;
}
