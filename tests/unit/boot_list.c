/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of volumes in the initramfs, and what crypttab adds to it; credentials. */
#include "lock/boot_list.h"

#include "lock/credential.h"
#include "unit/unit.h"

#define A "6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e01"
#define B "00000000-0000-4000-8000-00000000000b"
#define HEAD "assay-lock-list 1\n"
#define WHOLE HEAD "volume " A " root_crypt\nvolume " B " luks-data discard readonly nofail\n"

static int parse(const char *text, struct boot_list *list, struct err *err)
{
	return boot_list_parse(text, strlen(text), list, err);
}

static void it_is_read_and_written_alike(void)
{
	AUTO_BUF out = BUF_INIT(BOOT_LIST_MAX);
	struct err err = ERR_INIT;
	struct boot_list list;

	CHECK_OK(parse(WHOLE, &list, &err), &err);
	CHECK(list.n == 2 && !list.volume[0].discard && list.volume[1].nofail);
	CHECK_STR(list.volume[0].name, "root_crypt");
	CHECK_OK(boot_list_format(&list, &out, &err), &err);
	CHECK_STR(buf_text(&out), WHOLE);
	CHECK_OK(parse(HEAD, &list, &err), &err);
	CHECK(list.n == 0);
}

static void whatever_is_not_canonical_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"assay-lock-list 2\n",
		"assay-lock-list 1",
		HEAD "\n",
		HEAD "volume\n",
		HEAD "volume " A "\n",
		HEAD "volume " A " \n",
		HEAD "volume " A " a/b\n",
		HEAD "volume " A " .a\n",
		HEAD "volume " A " -a\n",
		HEAD "volume " A " a ro\n",
		HEAD "volume " A " a nofail discard\n",
		HEAD "volume " A " a discard discard\n",
		HEAD "volume " A " a  discard\n",
		HEAD "volume " A " a discard \n",
		HEAD "volume " A " a",
		HEAD "disk " A " a\n",
		HEAD "volume 6D7F2A0E-55a3-4e7a-9c1f-0a55a7ab1e01 a\n",
		HEAD "volume 6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e0 a\n",
		HEAD "volume 6d7f2a0e055a3-4e7a-9c1f-0a55a7ab1e01 a\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		struct boot_list list;

		CHECK_FAILS(parse(bad[i], &list, &err), &err, "lock list: ");
	}
}

static void maxima_hold(void)
{
	AUTO_BUF text = BUF_INIT(2 * BOOT_LIST_MAX);
	struct boot_list list = { .n = 0 };
	struct err err = ERR_INIT;

	CHECK_OK(buf_putf(&text, &err, HEAD), &err);
	for (int i = 0; i < BOOT_LIST_VOLUMES; i++)
		CHECK_OK(buf_putf(&text, &err, "volume " A " a\n"), &err);
	CHECK_OK(parse(buf_text(&text), &list, &err), &err);
	CHECK(list.n == BOOT_LIST_VOLUMES);
	CHECK_FAILS(boot_list_add(&list, A, &err), &err, "more than 16 volumes");
	CHECK_OK(buf_putf(&text, &err, "volume " A " a\n"), &err);
	CHECK_FAILS(parse(buf_text(&text), &list, &err), &err, "more than 16 volumes");
	while (text.len <= BOOT_LIST_MAX)
		CHECK_OK(buf_putf(&text, &err, "volume " A " a\n"), &err);
	CHECK_FAILS(parse(buf_text(&text), &list, &err), &err, "larger than 4096 bytes");
}

static bool resolve(const char *source, char ret_uuid[static BOOT_LIST_UUID_LEN + 1])
{
	if (strcmp(source, "/dev/sda2") != 0)
		return false;
	strcpy(ret_uuid, B);
	return true;
}

static const char *with_crypttab(const char *crypttab)
{
	static char text[ERR_TEXT_MAX + BOOT_LIST_MAX];
	AUTO_BUF in = BUF_INIT(BOOT_LIST_MAX), out = BUF_INIT(BOOT_LIST_MAX);
	struct boot_list list = { .n = 0 };
	struct err err = ERR_INIT;

	if (boot_list_add(&list, A, &err) < 0 || boot_list_add(&list, B, &err) < 0 ||
	    buf_putf(&in, &err, "%s", crypttab) < 0 ||
	    boot_list_apply_crypttab(&list, &in, resolve, &err) < 0 ||
	    boot_list_format(&list, &out, &err) < 0)
		(void)snprintf(text, sizeof(text), "%s", err.text);
	else
		(void)snprintf(text, sizeof(text), "%s", buf_text(&out));
	return text;
}

static void names_and_options_are_crypttabs(void)
{
	CHECK_STR(with_crypttab(""), HEAD "volume " A " luks-" A "\nvolume " B " luks-" B "\n");
	CHECK_STR(with_crypttab("# comment\n\nroot_crypt  UUID=" A "\tnone luks,discard\n"
				"other UUID=11111111-0000-4000-8000-00000000000b none\n"
				"data /dev/sda2 /key nofail,read-only,x=discard"),
		  HEAD "volume " A " root_crypt discard\nvolume " B " data readonly nofail\n");
	CHECK_STR(with_crypttab("r /dev/disk/by-uuid/" A "\nd UUID=\"" B "\" none"),
		  HEAD "volume " A " r\nvolume " B " d\n");
	CHECK_STR(with_crypttab("a/b UUID=" A "\n"),
		  "crypttab: a/b: a name that assay-unlock does not take");
	CHECK_STR(with_crypttab("r UUID=6d7f2a0e\nr /dev/sdb\nr\n"),
		  HEAD "volume " A " luks-" A "\nvolume " B " luks-" B "\n");
}

static void a_credential_opens_under_its_name(void)
{
	AUTO_BUF sealed = BUF_INIT(CREDENTIAL_SEALED_MAX), plain = BUF_INIT(CREDENTIAL_MAX);
	struct credential_key by = { .name = "db.password", .key = { 1, 2, 3 } };
	struct err err = ERR_INIT;

	CHECK_OK(credential_seal(&by, "secret", 6, &sealed, &err), &err);
	CHECK(sealed.len == 1 + 12 + 6 + 16 && !memmem(sealed.data, sealed.len, "secret", 6));
	CHECK_OK(credential_open(&by, sealed.data, sealed.len, &plain, &err), &err);
	CHECK_STR(buf_text(&plain), "secret");
	by.name = "db.passwore";
	CHECK_FAILS(credential_open(&by, sealed.data, sealed.len, &plain, &err), &err,
		    "credential: db.passwore: not sealed by this lock under this name");
	by.name = "db.password";
	by.key[31] = 1;
	CHECK_FAILS(credential_open(&by, sealed.data, sealed.len, &plain, &err), &err,
		    "not sealed by this lock");
	by.key[31] = 0;
	for (size_t len = 0; len < sealed.len; len++)
		CHECK_FAILS(credential_open(&by, sealed.data, len, &plain, &err), &err,
			    "credential: db.password: ");
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 1;
		CHECK_FAILS(credential_open(&by, sealed.data, sealed.len, &plain, &err), &err,
			    "credential: db.password: ");
		sealed.data[i] ^= 1;
	}
}

static void credentials_have_their_limits(void)
{
	static const char *const bad[] = { "", ".a", "a/b", "a b", "a\n", "../a" };
	static uint8_t data[CREDENTIAL_MAX + 1];
	AUTO_BUF sealed = BUF_INIT(CREDENTIAL_SEALED_MAX);
	struct credential_key by = { .name = "a" };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		by.name = bad[i];
		CHECK_FAILS(credential_seal(&by, "", 0, &sealed, &err), &err, "is no name of one");
	}
	by.name = "a";
	CHECK_FAILS(credential_seal(&by, data, sizeof(data), &sealed, &err), &err,
		    "larger than 65536 bytes");
	CHECK(sealed.len == 0);
	CHECK_OK(credential_seal(&by, data, CREDENTIAL_MAX, &sealed, &err), &err);
	CHECK(sealed.len == CREDENTIAL_SEALED_MAX);
}

static const struct unit_case cases[] = {
	CASE(it_is_read_and_written_alike),
	CASE(whatever_is_not_canonical_is_refused),
	CASE(maxima_hold),
	CASE(names_and_options_are_crypttabs),
	CASE(a_credential_opens_under_its_name),
	CASE(credentials_have_their_limits),
	CASE_END,
};
UNIT_MAIN(cases)
