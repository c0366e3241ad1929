/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub.cfg and its words, as GRUB reads them, and refused where it might read them otherwise. */
#include "lock/grub_cfg.h"

#include "unit.h"

static const char *variable(void *from, const char *name)
{
	(void)from;
	if (strcmp(name, "id") == 0)
		return "--id";
	if (strcmp(name, "blank") == 0)
		return "a b";
	return strcmp(name, "empty") == 0 ? "" : NULL;
}

static struct grub_text text_of(const char *text)
{
	return (struct grub_text){ text, strlen(text) };
}

/* The words joined by '|'; or the error. */
static const char *words_of(const char *command)
{
	static char said[ERR_TEXT_MAX];
	struct grub_words words = { .n = 0 };
	struct err err = ERR_INIT;

	said[0] = '\0';
	if (grub_words_read(text_of(command), variable, NULL, &words, &err) < 0)
		(void)snprintf(said, sizeof(said), "%s", err.text);
	for (size_t i = 0; !err.text[0] && i < words.n; i++)
		(void)snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s",
			       i ? "|" : "", grub_word(&words, i));
	grub_words_done(&words);
	return said;
}

static void words_and_quotes(void)
{
	CHECK_STR(words_of("linux\t/k  ro"), "linux|/k|ro");
	CHECK_STR(words_of("a 'b c' \"d e\"f \\g"), "a|b c|d ef|g");
	CHECK_STR(words_of("a '' \"\""), "a||");
	CHECK_STR(words_of("a $id ${id}x \"$blank\" '$id'"), "a|--id|--idx|a b|$id");
	CHECK_STR(words_of("a \"\\\"\\$\\\\\\n\""), "a|\"$\\\\n");
	CHECK_STR(words_of("[ x$id = xy ]"), "[|x--id|=|xy|]");
}

static void what_may_be_otherwise_is_refused(void)
{
	CHECK(strstr(words_of("a $none"), "variable none is not known"));
	CHECK(strstr(words_of("a $blank"), "empty or has blanks"));
	CHECK(strstr(words_of("a $empty"), "empty or has blanks"));
	CHECK(strstr(words_of("a $1"), "variable 1 is not known"));
	CHECK(strstr(words_of("a $"), "'$' that is not understood"));
	CHECK(strstr(words_of("a ${id"), "'$' that is not understood"));
	CHECK(strstr(words_of("a $?"), "'$' that is not understood"));
	CHECK(strstr(words_of("a 'b"), "a quote is not closed"));
	CHECK(strstr(words_of("a \"b"), "a quote is not closed"));
	CHECK(strstr(words_of("a \\"), "a backslash"));
	CHECK(strstr(words_of("a b*"), "'*' that is not understood"));
	CHECK(strstr(words_of("a {b}"), "'{' that is not understood"));
	CHECK(strstr(words_of("a | b"), "'|' that is not understood"));
	CHECK(strstr(words_of(" "), "an empty command"));
}

static void the_kernel_s_line_is_quoted_as_grub_does(void)
{
	struct grub_words words = { .n = 0 };
	AUTO_BUF out = BUF_INIT(256);
	struct err err = ERR_INIT;

	CHECK_OK(grub_words_read(text_of("linux /k 'a b' 'x\"y' \"it's\" a\\\\b"), variable, NULL,
				 &words, &err),
		 &err);
	CHECK_OK(grub_words_cmdline(&words, &out, &err), &err);
	CHECK_STR(buf_text(&out), "/k \"a b\" x\\\"y it\\'s a\\\\b");
	buf_reset(&out);
	CHECK_OK(grub_words_join(&words, &out, &err), &err);
	CHECK_STR(buf_text(&out), "linux /k a b x\"y it's a\\b");
	grub_words_done(&words);
}

static int parse(const char *text, struct grub_cfg **cfg, struct err *err)
{
	grub_cfg_free(cfg);
	return grub_cfg_parse(text, strlen(text), cfg, err);
}

static void entries_and_what_is_between(void)
{
	AUTO_GRUB_CFG cfg = NULL;
	struct err err = ERR_INIT;

	CHECK_OK(parse("# menuentry 'x' {\nset a=1\nif true; then\n  menuentry 'A' --class x {\n"
		       "\techo '}'\n\tif y; then { z; } fi # }\n}\nfi\nsubmenu B { menuentry C { } "
		       "}\n",
		       &cfg, &err),
		 &err);
	CHECK(cfg->n == 2);
	CHECK(cfg->entries[0].words.len == strlen("menuentry 'A' --class x "));
	CHECK(memcmp(cfg->entries[0].block.at, "{\n\techo '}'", 11) == 0);
	CHECK(cfg->entries[0].block.at[cfg->entries[0].block.len - 1] == '}');
	CHECK(memcmp(cfg->entries[1].block.at, "{ menuentry C { } }", 19) == 0);
	CHECK(cfg->entries[0].place < cfg->entries[1].place);
	CHECK_STR(buf_text(&cfg->plain), "set a=1\nif true; then\nfi\n");
}

static void entries_begin_where_commands_do(void)
{
	AUTO_GRUB_CFG cfg = NULL;
	struct err err = ERR_INIT;

	CHECK_OK(parse("echo menuentry A { }\nmenuentry_id_option=--id\n", &cfg, &err), &err);
	CHECK(cfg->n == 0);
	CHECK_OK(parse("echo x; menuentry A ${id} x { ${y} }; submenu B { }", &cfg, &err), &err);
	CHECK(cfg->n == 2);
	CHECK(cfg->entries[0].block.len == strlen("{ ${y} }"));
}

static void what_is_unfinished_is_refused(void)
{
	AUTO_GRUB_CFG cfg = NULL;
	struct err err = ERR_INIT;

	CHECK_FAILS(parse("menuentry A", &cfg, &err), &err, "without its block");
	CHECK_FAILS(parse("menuentry A\n{ }", &cfg, &err), &err, "without its block");
	CHECK_FAILS(parse("menuentry A {", &cfg, &err), &err, "a brace is not closed");
	CHECK_FAILS(parse("menuentry 'A {", &cfg, &err), &err, "a quote is not closed");
	CHECK_FAILS(parse("menuentry A { ${x\n} }", &cfg, &err), &err, "a ${ is not closed");
	CHECK_FAILS(parse("menuentry ${x", &cfg, &err), &err, "a ${ is not closed");
	CHECK_FAILS(grub_cfg_parse("a\0b", 3, &cfg, &err), &err, "binary");
}

static void maxima_hold(void)
{
	AUTO_GRUB_CFG cfg = NULL;
	AUTO_MEM char *large = malloc(GRUB_CFG_MAX + 1);
	AUTO_BUF text = BUF_INIT(GRUB_CFG_MAX);
	struct err err = ERR_INIT;

	CHECK(large);
	memset(large, 'a', GRUB_CFG_MAX + 1);
	CHECK_OK(grub_cfg_parse(large, GRUB_CFG_MAX, &cfg, &err), &err);
	grub_cfg_free(&cfg);
	CHECK_FAILS(grub_cfg_parse(large, GRUB_CFG_MAX + 1, &cfg, &err), &err, "larger than");
	for (int i = 0; i < GRUB_ENTRIES_MAX; i++)
		CHECK_OK(buf_putf(&text, &err, "menuentry A { }\n"), &err);
	CHECK_OK(parse(buf_text(&text), &cfg, &err), &err);
	CHECK_OK(buf_putf(&text, &err, "menuentry A { }\n"), &err);
	CHECK_FAILS(parse(buf_text(&text), &cfg, &err), &err, "more than 256 menu entries");
	buf_reset(&text);
	for (int i = 0; i < GRUB_WORDS_MAX; i++)
		CHECK_OK(buf_putf(&text, &err, "a "), &err);
	CHECK(strncmp(words_of(buf_text(&text)), "a|a|a", 5) == 0);
	CHECK_OK(buf_putf(&text, &err, "a"), &err);
	CHECK(strstr(words_of(buf_text(&text)), "more than 256 words"));
}

static void commands_of_a_block(void)
{
	struct grub_text commands[GRUB_COMMANDS_MAX];
	AUTO_BUF text = BUF_INIT(65536);
	struct err err = ERR_INIT;
	size_t n;

	CHECK_OK(grub_cfg_commands(text_of("{\n\ta 'b;c' ; d # e; f\n\n  g\\;h #i\n}"), commands,
				   &n, &err),
		 &err);
	CHECK(n == 3);
	CHECK(commands[0].len == 7 && memcmp(commands[0].at, "a 'b;c'", 7) == 0);
	CHECK(commands[1].len == 1 && *commands[1].at == 'd');
	CHECK(commands[2].len == 4 && memcmp(commands[2].at, "g\\;h", 4) == 0);
	CHECK_OK(buf_putf(&text, &err, "{"), &err);
	for (int i = 0; i < GRUB_COMMANDS_MAX; i++)
		CHECK_OK(buf_putf(&text, &err, "a;"), &err);
	CHECK_OK(buf_putf(&text, &err, "}"), &err);
	CHECK_OK(grub_cfg_commands(text_of(buf_text(&text)), commands, &n, &err), &err);
	CHECK(n == GRUB_COMMANDS_MAX);
	text.len--;
	CHECK_OK(buf_putf(&text, &err, "a}"), &err);
	CHECK_FAILS(grub_cfg_commands(text_of(buf_text(&text)), commands, &n, &err), &err,
		    "more than 512 commands");
}

static const struct unit_case cases[] = {
	CASE(words_and_quotes),
	CASE(what_may_be_otherwise_is_refused),
	CASE(the_kernel_s_line_is_quoted_as_grub_does),
	CASE(entries_and_what_is_between),
	CASE(entries_begin_where_commands_do),
	CASE(what_is_unfinished_is_refused),
	CASE(maxima_hold),
	CASE(commands_of_a_block),
	CASE_END,
};
UNIT_MAIN(cases)
