/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and editing assay.conf. */
#include "proto/config.h"

#include "base/io.h"
#include "unit.h"

static int parse(const char *text, struct config *c, struct err *err)
{
	return config_parse(text, strlen(text), "assay.conf", c, err);
}

static void absent_file_gives_the_defaults(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_OK(config_load("/nonexistent/assay.conf", &c, &err), &err);
	CHECK_STR(c.signing, "/etc/assay/keys/signing.key");
	CHECK(c.settings.mode == MODE_OFF && c.settings.n_init == 3);
}

static void every_section_is_read(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_OK(parse("# a comment\n[enforcement]\nmode = log ; said so\nprofile=signature\n"
		       "[keys]\nsigning = pkcs11:token=t;object=o\ncertificate = /c.pem\n"
		       "certificates = /certs\n[boot]\ninit = /init /sbin/init\npcr = 9\n",
		       &c, &err),
		 &err);
	CHECK(c.settings.mode == MODE_LOG && c.settings.profile == PROFILE_SIGNATURE);
	CHECK_STR(c.signing, "pkcs11:token=t;object=o");
	CHECK_STR(c.certificate, "/c.pem");
	CHECK_STR(c.certificates, "/certs");
	CHECK(c.settings.n_init == 2 && c.settings.pcr == 9);
	CHECK_STR(c.settings.init[1], "/sbin/init");
}

static void refusals_name_file_and_line(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_FAILS(parse("[boot]\npcr = 9\nfoo = 1\n", &c, &err), &err, "assay.conf:3: ");
	CHECK_FAILS(parse("[boot]\nmode = log\n", &c, &err), &err,
		    "[boot] has nothing named 'mode'");
	CHECK_FAILS(parse("[enforcement]\npcr = 9\n", &c, &err), &err, "[enforcement] has nothing");
	CHECK_FAILS(parse("[keys]\nsign = /k\n", &c, &err), &err, "[keys] has nothing named");
	CHECK_FAILS(parse("[keys]\nsigning =\n", &c, &err), &err, "signing: empty");
	CHECK_FAILS(parse("[boot]\ninit =\n", &c, &err), &err, "init: no path given");
	CHECK_FAILS(parse("[boot]\ninit = x\n", &c, &err), &err, "absolute path");
	CHECK_FAILS(parse("mode = log\n", &c, &err), &err,
		    "assay.conf:1: 'mode' stands before any [section]");
	CHECK_FAILS(parse("[enforcment]\nmode = log\n", &c, &err), &err,
		    "assay.conf:2: no section is named [enforcment]");
	CHECK_FAILS(parse("[boot]\nnonsense\n", &c, &err), &err, "assay.conf:2: neither");
	CHECK_FAILS(parse("[boot]\npcr = 9\n[enforcement\nmode = log\n", &c, &err), &err,
		    "assay.conf:3: neither");
	CHECK_FAILS(parse("[boot]\nfoo = 1\n[enforcement\n", &c, &err), &err,
		    "assay.conf:2: nothing is named 'foo'");
	CHECK_FAILS(config_parse("[boot]\0\n", 8, "f", &c, &err), &err, "NUL");
}

static void paths_of_keys_are_absolute(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_FAILS(parse("[keys]\nsigning = x.key\n", &c, &err), &err,
		    "assay.conf:2: signing: 'x.key' is neither");
	CHECK_FAILS(parse("[keys]\nsigning = file:x\n", &c, &err), &err, "neither");
	CHECK_FAILS(parse("[keys]\nsigning = d/x:y\n", &c, &err), &err, "neither");
	CHECK_FAILS(parse("[keys]\ncertificate = x.der\n", &c, &err), &err,
		    "assay.conf:2: certificate: 'x.der' is no absolute path");
	CHECK_FAILS(parse("[keys]\ncertificates = x\n", &c, &err), &err, "no absolute path");
	CHECK_OK(parse("[keys]\nsigning = file:///x\ncertificate = /x\n", &c, &err), &err);
	CHECK_OK(parse("[keys]\nsigning = file:/x\n", &c, &err), &err);
}

static void what_is_there_twice_is_refused(void)
{
	static const char *const twice[] = {
		"[enforcement]\nmode = log\nmode = off\n",
		"[enforcement]\nlevel = a\nlevel = a\n[levels]\na = /a.der\n",
		"[keys]\nsigning = /a\n[boot]\npcr = 9\n[keys]\nsigning = /b\n",
		"[packages]\nkeyrings = /a.gpg\n  /b.gpg\n",
		"[boot]\npcr = 9\npcr = 9\n",
	};
	struct err err = ERR_INIT;
	struct config c;

	for (size_t i = 0; i < ARRAY_LEN(twice); i++)
		CHECK_FAILS(parse(twice[i], &c, &err), &err, "' is there twice");
	CHECK_FAILS(parse(twice[0], &c, &err), &err, "assay.conf:3: enforcement: 'mode' is there");
	CHECK_OK(parse("[boot]\ninit = /a\ninit = /b\npcr = 9\n", &c, &err), &err);
	CHECK(c.settings.n_init == 2);
}

static void levels_are_read_in_their_order(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_OK(parse("[enforcement]\nlevel = b\n[levels]\na = /x.der\nb = /y.gpg\t/z.pem\n", &c,
		       &err),
		 &err);
	CHECK(c.n_levels == 2);
	CHECK_STR(c.level, "b");
	CHECK_STR(c.levels[0].name, "a");
	CHECK_STR(c.levels[1].paths, "/y.gpg\t/z.pem");
	CHECK_OK(config_put_below(&c, "/r", &err), &err);
	CHECK_STR(c.levels[1].paths, "/r/y.gpg /r/z.pem");
}

static void levels_that_are_none(void)
{
	struct err err = ERR_INIT;
	struct config c;

	CHECK_FAILS(parse("[levels]\nA = /x.der\n", &c, &err), &err, "are a name");
	CHECK_FAILS(parse("[levels]\na =\n", &c, &err), &err, "a: empty");
	CHECK_FAILS(parse("[levels]\na = x.der\n", &c, &err), &err, "no absolute path");
	CHECK_FAILS(parse("[levels]\na = /x.asc\n", &c, &err), &err, "no absolute path");
	CHECK_FAILS(parse("[levels]\na = /x.der /y\n", &c, &err), &err, "'/y' is no absolute");
	CHECK_FAILS(parse("[levels]\na = /x.der\na = /y.der\n", &c, &err), &err, "there twice");
	CHECK_FAILS(parse("[enforcement]\nlevel = a\n", &c, &err), &err,
		    "assay.conf:2: level: 'a' is not one that [levels]");
	CHECK_FAILS(parse("level = no\n", &c, &err), &err, "assay.conf:1: 'level' stands before");
	CHECK_FAILS(parse("[levels]\na=/a.der\nb=/a.der\nc=/a.der\nd=/a.der\ne=/a.der\nf=/a.der\n"
			  "g=/a.der\nh=/a.der\ni=/a.der\n",
			  &c, &err),
		    &err, "assay.conf:10: more than 8 levels");
}

static void file_larger_than_the_maximum_is_refused(void)
{
	AUTO_BUF big = BUF_INIT(CONFIG_MAX + 1);
	struct err err = ERR_INIT;
	struct config c;
	char path[512];
	uint8_t *at;

	(void)snprintf(path, sizeof(path), "%s/assay.conf", unit_tmp());
	CHECK_OK(buf_reserve(&big, CONFIG_MAX, &at, &err), &err);
	memset(at, '\n', CONFIG_MAX);
	CHECK_OK(io_replace_file(path, &big, 0600, &err), &err);
	CHECK_OK(config_load(path, &c, &err), &err);
	CHECK_OK(buf_put(&big, "\n", 1, &err), &err);
	CHECK_OK(io_replace_file(path, &big, 0600, &err), &err);
	CHECK_FAILS(config_load(path, &c, &err), &err, "larger than the maximum of 65536 bytes");
}

static int edit(const char *text, struct buf *out, struct err *err)
{
	AUTO_BUF in = BUF_INIT(CONFIG_MAX);

	buf_reset(out);
	if (buf_put(&in, text, strlen(text), err) < 0)
		return -1;
	return config_edit(&in, "mode", "enforce", out, err);
}

static void editing_changes_the_mode_only(void)
{
	AUTO_BUF out = BUF_INIT(CONFIG_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(edit("", &out, &err), &err);
	CHECK_STR(buf_text(&out), "[enforcement]\nmode = enforce\n");
	CHECK_OK(edit("# c\n[enforcement]\n# d\nmode = off\nevm = off\n[boot]\n", &out, &err),
		 &err);
	CHECK_STR(buf_text(&out), "# c\n[enforcement]\n# d\nmode = enforce\nevm = off\n[boot]\n");
	CHECK_OK(edit("[enforcement]\nevm = off\n[boot]\npcr = 9", &out, &err), &err);
	CHECK_STR(buf_text(&out), "[enforcement]\nevm = off\nmode = enforce\n[boot]\npcr = 9\n");
	CHECK_OK(edit("[enforcement]\nmodel\nmode=off\nmode: log\n", &out, &err), &err);
	CHECK_STR(buf_text(&out), "[enforcement]\nmodel\nmode = enforce\n");
	CHECK_OK(edit("[boot]\nmode = x\n[enforcement]\n", &out, &err), &err);
	CHECK_STR(buf_text(&out), "[boot]\nmode = x\n[enforcement]\nmode = enforce\n");
}

static const struct unit_case cases[] = {
	CASE(absent_file_gives_the_defaults), CASE(every_section_is_read),
	CASE(refusals_name_file_and_line),    CASE(paths_of_keys_are_absolute),
	CASE(what_is_there_twice_is_refused), CASE(levels_are_read_in_their_order),
	CASE(levels_that_are_none),	      CASE(file_larger_than_the_maximum_is_refused),
	CASE(editing_changes_the_mode_only),  CASE_END,
};
UNIT_MAIN(cases)
