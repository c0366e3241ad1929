/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, kexec and other buffers in measurement lists; entries of real kernels. */
#include "attest/list_cache.h"
#include "base/hex.h"
#include "unit/list_world.h"

/* A world with one good file, so that nothing else is to be said of it. */
static struct world *begun(void)
{
	struct world *w = world_new();

	if (w && world_add(w, (struct told){ .name = "/usr/bin/a" }) < 0)
		world_free(&w);
	return w;
}

static void trusted_keys_may_be_loaded(void)
{
	static const char *const rings[] = { ".ima", "_ima", ".evm", "_evm" };
	AUTO_WORLD w = begun();

	CHECK(w);
	for (size_t i = 0; i < ARRAY_LEN(rings); i++)
		CHECK_OK(world_add_buffer(w, rings[i], &w->own.der, NULL), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
}

static void other_keys_are_refused_in_any_keyring(void)
{
	static const char *const rings[] = { ".ima", "_ima", ".evm", "_evm", ".machine", "" };

	for (size_t i = 0; i < ARRAY_LEN(rings); i++) {
		AUTO_WORLD w = begun();
		char text[32];

		CHECK(w);
		CHECK_OK(world_add_buffer(w, rings[i], &w->foreign.der, NULL), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		(void)snprintf(text, sizeof(text), "(key %08x, CN=", w->foreign.keyid);
		CHECK_REASON(w, VERDICT_KEYRING, 2, text);
	}
}

static void what_is_no_certificate_is_refused(void)
{
	AUTO_WORLD w = begun();

	CHECK(w);
	/* One byte more than a certificate that is trusted. */
	CHECK_OK(buf_put(&w->own.der, "", 1, &w->err), &w->err);
	CHECK_OK(world_add_buffer(w, "_ima", &w->own.der, NULL), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_KEYRING, 2, "_ima: got what is not a trusted certificate");
}

static void a_buffer_is_what_its_digest_says(void)
{
	AUTO_WORLD w = begun();

	CHECK(w);
	CHECK_OK(world_add_buffer(w, "_ima", &w->own.der, &w->aggregate), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_LIST, 2, "_ima: said to be a buffer");
}

static void kexec_is_told(void)
{
	static const char *const names[] = { "kexec-cmdline", "kexec_load", "kexec_execute" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_WORLD w = begun();

		CHECK(w);
		CHECK_OK(world_add_text(w, names[i], "root=/dev/vda"), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_KEXEC, 2, "loaded for kexec");
		/* The boot_aggregate of the kernel that was started, in the next round. */
		CHECK_OK(world_add_aggregate(w, &w->aggregate), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK(w->verdict.n == 2 && w->verdict.reasons[0].code == VERDICT_KEXEC);
		CHECK(w->verdict.reasons[0].entry == 3);
	}
}

static void events_of_the_kernel_are_let_be(void)
{
	static const char *const names[] = { "kernel_version", "dm_table_load", "dm_device_resume",
					     "selinux-state" };
	AUTO_WORLD w = begun();

	CHECK(w);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK_OK(world_add_text(w, names[i], "dm_version=4.47.0;"), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
}

/* A module's hash, also one that begins as a signature does. */
static void modules_from_memory_take_a_kernel_that_judges_them(void)
{
	static const char *const hashes[] = { "BENIGNBENIGNBENIGNBENIGNBENIGNBE",
					      "\x03"
					      "ENIGNBENIGNBENIGNBENIGNBENIGNBE" };

	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		for (int enforced = 0; enforced < 2; enforced++) {
			AUTO_WORLD w = begun();

			CHECK(w);
			w->expect.modules_enforced = enforced;
			CHECK_OK(world_add_text(w, "init_module", hashes[i]), &w->err);
			CHECK_OK(world_judge(w), &w->err);
			CHECK((w->verdict.n == 0) == enforced);
		}
	}
}

static void a_denied_module_is_refused_from_memory(void)
{
	static const char hash[] = "BENIGNBENIGNBENIGNBENIGNBENIGNBE";
	struct digest denied = { .algo = HASH_SHA256, .len = 32 };
	AUTO_WORLD w = begun();

	CHECK(w);
	memcpy(denied.data, hash, denied.len);
	w->trust.denied = &denied;
	w->trust.n_denied = 1;
	CHECK_OK(world_judge_again(w), &w->err);
	w->expect.modules_enforced = true;
	CHECK_OK(world_add_text(w, "init_module", hash), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_DENIED_DIGEST, 2, "a kernel module from memory");
}

/* What is no hash, or of another name, is not taken for a module. */
static void what_is_no_module_is_refused(void)
{
	static const char *const texts[][2] = {
		{ "init_module", "BENIGNBENIGNBENIGNBENIGNBENIGNB" },
		{ "init_module", "BENIGNBENIGNBENIGNBENIGNBENIGNBEN" },
		{ "init_modules", "BENIGNBENIGNBENIGNBENIGNBENIGNBE" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO_WORLD w = begun();

		CHECK(w);
		w->expect.modules_enforced = true;
		CHECK_OK(world_add_text(w, texts[i][0], texts[i][1]), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK(w->verdict.n == 1 && w->verdict.reasons[0].entry == 2);
	}
}

static void other_events_are_refused(void)
{
	static const char *const names[] = { "device_resume", "kernel_versio", "dm_table_load ",
					     "/usr/bin/x" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_WORLD w = begun();

		CHECK(w);
		CHECK_OK(world_add_text(w, names[i], "dm_version=4.47.0;"), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_KEYRING, 2, "not a trusted certificate");
	}
}

static void what_the_kernel_denies_is_refused(void)
{
	AUTO_WORLD w = begun();

	CHECK(w);
	CHECK_OK(world_add_text(w, "blacklisted-hash", "0123456789abcdef"), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_DENIED_DIGEST, 2, "denies");
}

/* A file named like an event, whose security.ima is its own content: as ima-buf, it would be one.
 */
static void a_file_is_no_buffer(void)
{
	static const char types[] = { XATTR_DIGSIG, XATTR_EVM_PORTABLE, XATTR_VERITY_DIGSIG };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO_WORLD w = begun();
		char content[] = "X\x02\x04 code that runs";

		CHECK(w);
		content[0] = types[i];
		CHECK_OK(world_add_text(w, "kernel_version", content), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_LIST, 2, "kernel_version: said to be a buffer");
	}
}

static void an_empty_buffer_is_a_file_without_signature(void)
{
	AUTO_BUF empty = BUF_INIT(1);
	AUTO_WORLD w = begun();

	CHECK(w);
	CHECK_OK(world_add_buffer(w, "kernel_version", &empty, NULL), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_UNSIGNED, 2, "kernel_version: no signature");
}

/* Five fields; a signature in security.ima counts, one that is appended does not. */
static int add_modsig(struct world *w, bool with_sig)
{
	const struct xattr_signer by = { .signer = w->own.signer, .keyid = w->own.keyid };
	AUTO_BUF value = BUF_INIT(XATTR_VALUE_MAX);
	AUTO_BUF data = BUF_INIT(8192);
	struct xattr_sig sig;

	if (xattr_sig_make(&by, XATTR_DIGSIG, &w->aggregate, &sig, &w->err) < 0 ||
	    xattr_sig_encode(&sig, &value, &w->err) < 0 ||
	    make_digest(&data, NULL, &w->aggregate, &w->err) < 0 ||
	    make_field(&data, "/m.ko", 6, &w->err) < 0 ||
	    make_field(&data, value.data, with_sig ? value.len : 0, &w->err) < 0 ||
	    make_digest(&data, NULL, &w->aggregate, &w->err) < 0 ||
	    make_field(&data, "PKCS#7", 6, &w->err) < 0)
		return -1;
	return make_entry(&w->list, "ima-modsig", &data, false, &w->err);
}

static void appended_signatures_do_not_count(void)
{
	AUTO_WORLD w = begun();

	CHECK(w);
	CHECK_OK(add_modsig(w, true), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
	CHECK_OK(add_modsig(w, false), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_UNSIGNED, 3, "/m.ko: no signature in security.ima (appended");
}

/*
 * Entries that kernels on POWER and x86 wrote, from the tests of Keylime (test/test_ima_ast.py,
 * test/test_ima_verification.py): template, digest, name, third field, and the kernel's SHA-1.
 */
static const struct {
	const char *template, *digest, *name, *third, *sha1;
} real[] = {
	{ "ima", "sha1:6f66d1d8e2fffcc12dfcb78c04b81fe5b8bbae4e", "/usr/bin/kmod", NULL,
	  "d7026dc672344d3ee372217bdbc7395947788671" },
	{ "ima-ng", "sha1:bc026ae66d81713e4e852465e980784dc96651f8", "/usr/lib/systemd/systemd",
	  NULL, "7936eb315fb4e74b99e7d461bc5c96049e1ee092" },
	{ "ima-sig", "sha256:f1125b940480d20ad841d26d5ea253edc0704b5ec1548c891edf212cb1a9365e",
	  "/lib/modules/5.4.48-openpower1/kernel/drivers/usb/common/usb-common.ko", "",
	  "5426cf3031a43f5bfca183d79950698a95a728f6" },
	{ "ima-sig", "sha1:1cb84b12db45d7da8de58ba6744187db84082f0e", "/usr/bin/zmore",
	  "030202531f402500483046022100bff9c02dc7b270c83cc94bfec10eecd42831de2cdcb04f024369a14623bc"
	  "3a91022100cc4d015ae932fb98d6846645ed7d1bb1afd4621ec9089bc087126f191886dd31",
	  "06e804489a77ddab51b9ef27e17053c0e5d503bd" },
	{ "ima-buf", "sha1:6e0e6fc8a188ef4f059638949adca4d221946906", "device_resume",
	  "6e616d653d544553543b757569643d43525950542d5645524954592d39656633326535623635623034343234"
	  "613561386562343436636630653731332d544553543b63617061636974793d303b6d616a6f723d3235333b6d"
	  "696e6f723d303b6d696e6f725f636f756e743d313b6e756d5f746172676574733d313b6163746976655f7461"
	  "626c655f686173683d3465653830653333653536356433363334303566343032383934366538376233653965"
	  "63306335383661666639656630656436663561653762656237326431333b",
	  "b7862dbbf1383ac6c7cca7f02d981a081aacb1f1" },
};

static int add_hex(struct buf *data, const char *hex, struct err *err)
{
	uint8_t bytes[1024];

	if (hex_parse(hex, bytes, strlen(hex) / 2, err) < 0)
		return -1;
	return make_field(data, bytes, strlen(hex) / 2, err);
}

/* As the kernel writes it, but for the digest of the template data, which is left 0xff. */
static int add_real(struct buf *out, size_t i, struct err *err)
{
	bool old = strcmp(real[i].template, "ima") == 0;
	AUTO_BUF data = BUF_INIT(8192);
	const char *hex = strchr(real[i].digest, ':') + 1;
	struct digest d = { .len = strlen(hex) / 2 };
	uint8_t ff[20];

	memset(ff, 0xff, sizeof(ff));
	d.algo = d.len == 20 ? HASH_SHA1 : HASH_SHA256;
	if (hex_parse(hex, d.data, d.len, err) < 0 || make_le32(out, 10, err) < 0 ||
	    buf_put(out, ff, sizeof(ff), err) < 0 ||
	    make_field(out, real[i].template, strlen(real[i].template), err) < 0)
		return -1;
	if (old)
		return buf_put(out, d.data, d.len, err) < 0 ||
				       make_field(out, real[i].name, strlen(real[i].name), err) < 0
			       ? -1
			       : 0;
	if (make_digest(&data, NULL, &d, err) < 0 ||
	    make_field(&data, real[i].name, strlen(real[i].name) + 1, err) < 0 ||
	    (real[i].third && add_hex(&data, real[i].third, err) < 0))
		return -1;
	return make_field(out, data.data, data.len, err);
}

static void digests_are_those_of_real_kernels(void)
{
	for (size_t i = 0; i < ARRAY_LEN(real); i++) {
		AUTO_BUF list = BUF_INIT(8192);
		struct err err = ERR_INIT;
		struct mlist_frame frame;
		struct mlist_entry e;
		char hex[41];
		uint8_t made[20];
		struct rd rd;
		bool end;

		CHECK_OK(add_real(&list, i, &err), &err);
		rd = rd_init(list.data, list.len);
		CHECK_OK(mlist_frame_next(&rd, &frame, &end, &err), &err);
		CHECK(!end && rd_done(&rd) && !mlist_frame_is_violation(&frame));
		CHECK_OK(mlist_frame_decode(&frame, &e, &err), &err);
		mlist_frame_digest(&frame, HASH_SHA1, made);
		hex_format(made, sizeof(made), hex);
		CHECK_STR(hex, real[i].sha1);
	}
}

static void the_old_template_has_no_signatures(void)
{
	AUTO_WORLD w = begun();
	struct list_input *in;

	CHECK(w);
	in = &w->input;
	CHECK_OK(add_real(&w->list, 0, &w->err), &w->err);
	w->expect.pcr.len = 0;
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_REASON(w, VERDICT_UNSIGNED, 2, "template 'ima'");
	CHECK(in->state.entries == 3 && in->state.offset == w->list.len);
}

static void free_cache(struct list_cache **cache)
{
	list_cache_free(*cache);
}

static void the_cache_knows_what_it_was_told(void)
{
	CLEANUP(free_cache) struct list_cache *cache = NULL;
	const uint8_t digest[33] = { 1 }, sig[9] = { 3 };
	struct list_claim claim = { HASH_SHA256, false, digest, 32, sig, 8 };
	struct siphash_value tags[6];
	struct err err = ERR_INIT;

	CHECK_OK(list_cache_new(1024, &cache, &err), &err);
	tags[0] = list_cache_tag(cache, &claim);
	claim.verity = true;
	tags[1] = list_cache_tag(cache, &claim);
	claim = (struct list_claim){ HASH_SHA512, false, digest, 32, sig, 8 };
	tags[2] = list_cache_tag(cache, &claim);
	claim = (struct list_claim){ HASH_SHA256, false, digest, 33, sig, 8 };
	tags[3] = list_cache_tag(cache, &claim);
	claim = (struct list_claim){ HASH_SHA256, false, digest, 32, sig, 9 };
	tags[4] = list_cache_tag(cache, &claim);
	claim = (struct list_claim){ HASH_SHA256, false, digest, 32, sig + 1, 8 };
	tags[5] = list_cache_tag(cache, &claim);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		CHECK(!list_cache_has(cache, tags[i]));
		list_cache_put(cache, tags[i]);
		CHECK(list_cache_has(cache, tags[i]));
	}
	CHECK_FAILS(list_cache_new(LIST_CACHE_MAX + 1, &cache, &err), &err, "more than");
}

static void the_cache_forgets_rather_than_grows(void)
{
	CLEANUP(free_cache) struct list_cache *cache = NULL;
	struct siphash_value tag = { { 0, 0 } };
	struct err err = ERR_INIT;
	size_t held = 0;

	CHECK_OK(list_cache_new(64, &cache, &err), &err);
	for (tag.v[0] = 1; tag.v[0] <= 1000; tag.v[0]++) {
		tag.v[1] = tag.v[0] * 0x9e3779b97f4a7c15U;
		list_cache_put(cache, tag);
		CHECK(list_cache_has(cache, tag));
	}
	for (tag.v[0] = 1; tag.v[0] <= 1000; tag.v[0]++) {
		tag.v[1] = tag.v[0] * 0x9e3779b97f4a7c15U;
		held += list_cache_has(cache, tag);
	}
	CHECK(held == 64);
}

/* By "openssl mac -macopt size:16 SIPHASH", key 00 01 .. 0f. */
static void siphash_is_siphash(void)
{
	static const struct {
		size_t len;
		const char *hex;
	} vectors[] = { { 0, "a3817f04ba25a8e66df67214c7550293" },
			{ 1, "da87c1d86b99af44347659119b22fc45" },
			{ 7, "a1f1ebbed8dbc153c0b84aa61ff08239" },
			{ 8, "3b62a9ba6258f5610f83e264f31497b4" },
			{ 9, "264499060ad9baabc47f8b02bb6d71ed" },
			{ 63, "5150d1772f50834a503e069a973fbd7c" },
			{ 255, "1c9bb67528165f8e468248e3799b0eab" } };
	uint8_t bytes[256];
	struct siphash_key key;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	key = siphash_key_load(bytes);
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct siphash_value v = siphash_bytes(&key, bytes, vectors[i].len);
		uint8_t out[16];
		char hex[33];

		for (size_t k = 0; k < 16; k++)
			out[k] = (uint8_t)(v.v[k / 8] >> 8 * (k % 8));
		hex_format(out, sizeof(out), hex);
		CHECK_STR(hex, vectors[i].hex);
	}
}

static const struct unit_case cases[] = {
	CASE(trusted_keys_may_be_loaded),
	CASE(other_keys_are_refused_in_any_keyring),
	CASE(what_is_no_certificate_is_refused),
	CASE(a_buffer_is_what_its_digest_says),
	CASE(kexec_is_told),
	CASE(events_of_the_kernel_are_let_be),
	CASE(modules_from_memory_take_a_kernel_that_judges_them),
	CASE(a_denied_module_is_refused_from_memory),
	CASE(what_is_no_module_is_refused),
	CASE(other_events_are_refused),
	CASE(what_the_kernel_denies_is_refused),
	CASE(a_file_is_no_buffer),
	CASE(an_empty_buffer_is_a_file_without_signature),
	CASE(appended_signatures_do_not_count),
	CASE(digests_are_those_of_real_kernels),
	CASE(the_old_template_has_no_signatures),
	CASE(the_cache_knows_what_it_was_told),
	CASE(the_cache_forgets_rather_than_grows),
	CASE(siphash_is_siphash),
	CASE_END,
};
UNIT_MAIN(cases)
