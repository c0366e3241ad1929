/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's messages: what is written is read, and nothing else is. */
#include "lock/blob.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "lock/authority.h"
#include "lock/request.h"
#include "lock/seal.h"
#include "lock/secret.h"
#include "lock/unseal.h"
#include "unit/unit.h"

/* A P-256 public key of a TPM: TPMT_PUBLIC, part 2, 12.2.4. */
static void put_authority(struct tpm_authority *ret)
{
	struct key_public key = { .kind = CERT_P256, .point_len = 32 };
	struct err err = ERR_INIT;

	memset(key.x, 0x11, 32);
	memset(key.y, 0x22, 32);
	if (tpm_authority_from_key(&key, ret, &err) < 0)
		abort();
}

static struct lock_approval approval(uint32_t id)
{
	struct lock_approval a = { .id = id, .kernel = "6.12.9-amd64", .time = 1764000000 };

	a.bound = 7;
	a.pcrs.mask = lock_profile_pcrs(LOCK_GRUB, 13);
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (a.pcrs.mask >> i & 1)
			memset(a.pcrs.value[i], (int)i, TPM_DIGEST_SIZE);
	memset(a.sig, 0x33, 64);
	a.sig_len = 64;
	return a;
}

static struct lock_blob *sample(void)
{
	struct lock_blob *b = lock_blob_new();

	if (!b)
		abort();
	memset(b->id, 0x44, sizeof(b->id));
	b->mode = LOCK_ATTENDED;
	b->profile = LOCK_GRUB;
	b->require_enforcement = true;
	b->record_pcr = 13;
	memset(b->sealed.public, 1, b->sealed.public_len = 80);
	memset(b->sealed.private, 2, b->sealed.private_len = 160);
	put_authority(&b->authority);
	strcpy(b->source, "tpm");
	b->counter.index = 0x01a55a00;
	memset(b->counter.name, 0x55, sizeof(b->counter.name));
	b->next_id = 2;
	b->approvals[0] = approval(1);
	b->n_approvals = 1;
	strcpy(b->recovery_id, "0badc0de");
	memset(b->recovery, 3, b->recovery_len = 61);
	b->hangs[0].kind = LOCK_HANG_LUKS;
	strcpy(b->hangs[0].name, "5f0c1f0e-6c1b-4b5e-9a53-0c8f6b7c2a11");
	b->hangs[1].kind = LOCK_HANG_CREDENTIAL;
	strcpy(b->hangs[1].name, "one");
	b->n_hangs = 2;
	return b;
}

static void what_is_written_is_read(void)
{
	AUTO_LOCK_BLOB b = sample();
	AUTO_LOCK_BLOB back = lock_blob_new();
	AUTO_BUF out = BUF_INIT(LOCK_BLOB_MAX);
	AUTO_BUF again = BUF_INIT(LOCK_BLOB_MAX);
	struct err err = ERR_INIT;

	CHECK(back);
	CHECK_OK(lock_blob_encode(b, &out, &err), &err);
	CHECK_OK(lock_blob_decode(out.data, out.len, back, &err), &err);
	CHECK(memcmp(b, back, sizeof(*b)) == 0);
	CHECK_OK(lock_blob_encode(back, &again, &err), &err);
	CHECK(out.len == again.len);
	CHECK_MEM(out.data, again.data, out.len);
}

static void nothing_shorter_or_longer_is_read(void)
{
	AUTO_LOCK_BLOB b = sample();
	AUTO_LOCK_BLOB back = lock_blob_new();
	AUTO_BUF out = BUF_INIT(LOCK_BLOB_MAX);
	struct err err = ERR_INIT;

	CHECK(back);
	CHECK_OK(lock_blob_encode(b, &out, &err), &err);
	for (size_t n = 0; n < out.len; n++)
		CHECK_FAILS(lock_blob_decode(out.data, n, back, &err), &err, "lock: ");
	CHECK_OK(buf_put_u8(&out, 0, &err), &err);
	CHECK_FAILS(lock_blob_decode(out.data, out.len, back, &err), &err, "after its end");
	CHECK(back->n_approvals == 0 && back->next_id == 0);
}

/* A changed byte either is refused or changes what is read: nothing is passed over. */
static void every_byte_counts(void)
{
	AUTO_LOCK_BLOB b = sample();
	AUTO_LOCK_BLOB back = lock_blob_new();
	AUTO_BUF out = BUF_INIT(LOCK_BLOB_MAX);
	AUTO_BUF again = BUF_INIT(LOCK_BLOB_MAX);
	struct err err = ERR_INIT;

	CHECK(back);
	CHECK_OK(lock_blob_encode(b, &out, &err), &err);
	for (size_t at = 0; at < out.len; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			out.data[at] ^= (uint8_t)(1U << bit);
			buf_reset(&again);
			if (lock_blob_decode(out.data, out.len, back, &err) == 0) {
				CHECK_OK(lock_blob_encode(back, &again, &err), &err);
				CHECK(again.len == out.len);
				CHECK_MEM(again.data, out.data, out.len);
				CHECK(memcmp(b, back, sizeof(*b)) != 0);
			}
			out.data[at] ^= (uint8_t)(1U << bit);
		}
	}
}

#define CHECK_REFUSED(change, part) \
	do { \
		AUTO_LOCK_BLOB b = sample(); \
		AUTO_BUF out = BUF_INIT(2 * LOCK_BLOB_MAX); \
		struct err err = ERR_INIT; \
		change; \
		CHECK_FAILS(lock_blob_encode(b, &out, &err), &err, part); \
		CHECK(out.len == 0); \
	} while (0)

static void what_would_not_be_read_is_not_written(void)
{
	CHECK_REFUSED(b->mode = LOCK_AUTOMATIC + 1, "mode");
	CHECK_REFUSED(b->profile = LOCK_MINIMAL + 1, "profile");
	CHECK_REFUSED(b->record_pcr = 7, "PCR 7");
	CHECK_REFUSED(b->record_pcr = 16, "PCR 16");
	CHECK_REFUSED(b->counter.index = 0x81000001, "NV index");
	CHECK_REFUSED(b->approvals[0].id = 0, "number");
	CHECK_REFUSED(b->approvals[0].id = 2, "numbers");
	CHECK_REFUSED(b->approvals[0].sig_len = 0, "unsigned");
	CHECK_REFUSED(b->approvals[0].sig_len = TPM_SIG_MAX + 1, "too long");
	CHECK_REFUSED(b->approvals[0].pcrs.mask = 0, "PCRs");
	CHECK_REFUSED(b->approvals[0].pcrs.mask = 1U << 24, "PCRs");
	CHECK_REFUSED(b->approvals[0].pcrs.mask = 0x1ff, "PCRs");
	CHECK_REFUSED(strcpy(b->approvals[0].kernel, "a b"), "no kernel's version");
	CHECK_REFUSED(strcpy(b->approvals[0].kernel, ""), "no kernel's version");
	CHECK_REFUSED(strcpy(b->source, "a\nb"), "unprintable");
	CHECK_REFUSED(strcpy(b->recovery_id, "\x1b"), "unprintable");
	CHECK_REFUSED(strcpy(b->hangs[0].name, "../x"), "no such name");
	CHECK_REFUSED(strcpy(b->hangs[0].name, ".x"), "no such name");
	CHECK_REFUSED(strcpy(b->hangs[1].name, ""), "no such name");
	CHECK_REFUSED(b->hangs[1].kind = LOCK_HANG_CREDENTIAL + 1, "kind");
	CHECK_REFUSED(b->n_approvals = LOCK_APPROVALS_MAX + 1, "");
	CHECK_REFUSED(b->n_hangs = LOCK_HANGS_MAX + 1, "");
}

/* At the maximum and one past it. */
static void maxima(void)
{
	AUTO_LOCK_BLOB b = sample();
	AUTO_LOCK_BLOB back = lock_blob_new();
	AUTO_BUF out = BUF_INIT(2 * LOCK_BLOB_MAX);
	struct err err = ERR_INIT;
	uint32_t dropped = 0;

	CHECK(back);
	b->n_approvals = 0;
	b->next_id = 1;
	for (uint32_t i = 1; i <= LOCK_APPROVALS_MAX; i++) {
		struct lock_approval a = approval(0);

		CHECK_OK(lock_approval_add(b, &a, &dropped, &err), &err);
		CHECK(a.id == i && dropped == 0);
	}
	CHECK_OK(lock_blob_encode(b, &out, &err), &err);
	CHECK_OK(lock_blob_decode(out.data, out.len, back, &err), &err);
	{
		struct lock_approval a = approval(0);

		CHECK_OK(lock_approval_add(b, &a, &dropped, &err), &err);
		CHECK(dropped == 1 && b->n_approvals == LOCK_APPROVALS_MAX);
		CHECK(b->approvals[0].id == 2 && b->approvals[LOCK_APPROVALS_MAX - 1].id == 17);
	}
	/* RSA's signatures are longer: there is room for fewer, and the oldest goes. */
	b->n_approvals = 0;
	b->next_id = 1;
	dropped = 0;
	for (uint32_t i = 1; !dropped && i <= LOCK_APPROVALS_MAX; i++) {
		struct lock_approval a = approval(0);

		a.sig_len = 256;
		CHECK_OK(lock_approval_add(b, &a, &dropped, &err), &err);
	}
	CHECK(dropped == 1 && b->n_approvals >= 8);
	buf_reset(&out);
	CHECK_OK(lock_blob_encode(b, &out, &err), &err);
	CHECK(out.len <= LOCK_BLOB_MAX);
	CHECK_OK(buf_put(&out, b, LOCK_BLOB_MAX + 1 - out.len, &err), &err);
	CHECK_FAILS(lock_blob_decode(out.data, out.len, back, &err), &err, "more than 7680 bytes");
}

static void files(void)
{
	AUTO_LOCK_BLOB b = sample();
	AUTO_LOCK_BLOB back = lock_blob_new();
	struct err err = ERR_INIT;
	struct stat st;
	bool there = true;

	CHECK(back);
	CHECK_OK(lock_blob_load("blob", back, &there, &err), &err);
	CHECK(!there);
	CHECK_OK(lock_blob_save("blob", b, &err), &err);
	CHECK(stat("blob", &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK_OK(lock_blob_load("blob", back, &there, &err), &err);
	CHECK(there && memcmp(b, back, sizeof(*b)) == 0);
	CHECK(truncate("blob", 100) == 0);
	CHECK_FAILS(lock_blob_load("blob", back, &there, &err), &err, "blob: lock: cut short");
	CHECK(truncate("blob", LOCK_BLOB_MAX + 10) == 0);
	CHECK_FAILS(lock_blob_load("blob", back, &there, &err), &err, "blob");
	CHECK(truncate("blob", 0) == 0);
	CHECK_FAILS(lock_blob_load("blob", back, &there, &err), &err, "not a lock of version 1");
	CHECK_FAILS(lock_blob_save("no/such/place", b, &err), &err, "no/such/place");
}

/* The vectors of docs/PROTOCOL.lock, computed there by other means. */
static void policies_are_those_of_the_specification(void)
{
	struct lock_approval a = approval(1);
	struct tpm_counter counter = { .index = 0x01a55a00 };
	uint8_t id[LOCK_ID_SIZE], ref[TPM_DIGEST_SIZE], policy[TPM_DIGEST_SIZE];
	struct tpm_authority authority;
	struct digest sign;
	struct err err = ERR_INIT;
	char hex[2 * TPM_NAME_SIZE + 1];

	memset(id, 0x44, sizeof(id));
	memset(counter.name, 0x55, sizeof(counter.name));
	put_authority(&authority);
	hex_format(authority.name, TPM_NAME_SIZE, hex);
	CHECK_STR(hex, "000bf0d3c91a030c41ac66e9fd7554c478455ef9218a69a2dd743349640df8b3dd35");
	CHECK_OK(lock_policy_ref(id, ref, &err), &err);
	hex_format(ref, sizeof(ref), hex);
	CHECK_STR(hex, "78074f01dd611b9214923b50b6cf8dc6c4ce32b267218f798529be081b5e842b");
	CHECK_OK(lock_approval_policy(&a, &counter, policy, &err), &err);
	hex_format(policy, sizeof(policy), hex);
	CHECK_STR(hex, "48a4422cbe0141d5e2114803e1cd08a8efc9943a9c6e732d01707b1e2dcf36a8");
	CHECK_OK(lock_approval_to_sign(&a, &counter, id, &sign, &err), &err);
	hex_format(sign.data, sign.len, hex);
	CHECK_STR(hex, "de5ca0f88b63f0a1fa8046c5a6d372c3a5e5f0e0aae03a50d16064a4814c8b0c");
	CHECK_OK(tpm_policy_authorize(policy, authority.name, ref, &err), &err);
	hex_format(policy, sizeof(policy), hex);
	CHECK_STR(hex, "155278736c9e8dde7b954205e0b726d0378dca79fe30ea349cd71216ed53b8d9");
}

static void keys_are_derived_by_label(void)
{
	uint8_t secret[LOCK_SECRET_SIZE], one[LOCK_KEY_SIZE], two[LOCK_KEY_SIZE];
	struct err err = ERR_INIT;
	char hex[2 * LOCK_KEY_SIZE + 1];
	char name[2 * LOCK_LABEL_MAX];

	memset(secret, 0x66, sizeof(secret));
	CHECK_OK(lock_secret_derive(secret, "credential", "one", one, &err), &err);
	hex_format(one, sizeof(one), hex);
	CHECK_STR(hex, "7f1d37c3c4cbf8ffb2726020e517da237a26c50b92b8ad262ee6eaa4171c3e72");
	CHECK_OK(lock_secret_derive(secret, "credential", "two", two, &err), &err);
	CHECK(memcmp(one, two, sizeof(one)) != 0);
	CHECK_OK(lock_secret_derive(secret, "luks", "one", two, &err), &err);
	CHECK(memcmp(one, two, sizeof(one)) != 0);
	CHECK_FAILS(lock_secret_derive(secret, "", "one", two, &err), &err, "label");
	CHECK_FAILS(lock_secret_derive(secret, "luks", "", two, &err), &err, "label");
	CHECK_FAILS(lock_secret_derive(secret, "luks x", "one", two, &err), &err, "label");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CHECK_FAILS(lock_secret_derive(secret, "luks", name, two, &err), &err, "label");
}

static void requests_are_read_whole(void)
{
	struct lock_request *r = calloc(2, sizeof(*r));
	AUTO_BUF out = BUF_INIT(LOCK_REQUEST_MAX);
	struct err err = ERR_INIT;

	CHECK(r);
	strcpy(r->host, "host");
	r->profile = LOCK_GRUB;
	r->record_pcr = 13;
	r->counter.index = 0x01a55a00;
	put_authority(&r->authority);
	r->approval = approval(3);
	CHECK_OK(lock_request_encode(r, &out, &err), &err);
	CHECK_OK(lock_request_decode(out.data, out.len, r + 1, &err), &err);
	CHECK(memcmp(r, r + 1, sizeof(*r)) == 0);
	for (size_t n = 0; n < out.len; n++)
		CHECK_FAILS(lock_request_decode(out.data, n, r + 1, &err), &err, "");
	r->approval.pcrs.mask &= ~(1U << 9);
	buf_reset(&out);
	CHECK_FAILS(lock_request_encode(r, &out, &err), &err, "not of the PCRs of its profile");
	free(r);
}

static void the_nearest_approval(void)
{
	AUTO_LOCK_BLOB b = sample();
	struct tpm_pcrs now = b->approvals[0].pcrs;
	uint32_t differ;

	b->approvals[1] = approval(2);
	b->approvals[1].pcrs.value[4][0] ^= 1;
	b->n_approvals = 2;
	CHECK(lock_nearest(b, &now, &differ) == 0 && differ == 0);
	CHECK(lock_find(b, &now) == 0);
	now.value[4][0] ^= 1;
	now.value[8][0] ^= 1;
	CHECK(lock_nearest(b, &now, &differ) == 1 && differ == 1U << 8);
	CHECK(lock_find(b, &now) == b->n_approvals);
	b->n_approvals = 0;
	CHECK(lock_nearest(b, &now, &differ) == 0 && differ == 0);
}

static void profiles(void)
{
	enum lock_profile p;
	struct err err = ERR_INIT;

	for (int i = LOCK_UKI; i <= LOCK_MINIMAL; i++) {
		CHECK_OK(lock_profile_parse(lock_profile_name((enum lock_profile)i), &p, &err),
			 &err);
		CHECK((int)p == i);
		CHECK(!(lock_profile_pcrs(p, 13) >> 10 & 1));
		CHECK(lock_profile_pcrs(p, 13) >> 13 & 1 && lock_profile_pcrs(p, 13) >> 7 & 1);
	}
	CHECK_FAILS(lock_profile_parse("all", &p, &err), &err, "no profile is named 'all'");
}

static const struct unit_case cases[] = {
	CASE(what_is_written_is_read),
	CASE(nothing_shorter_or_longer_is_read),
	CASE(every_byte_counts),
	CASE(what_would_not_be_read_is_not_written),
	CASE(maxima),
	CASE(files),
	CASE(policies_are_those_of_the_specification),
	CASE(keys_are_derived_by_label),
	CASE(requests_are_read_whole),
	CASE(the_nearest_approval),
	CASE(profiles),
	CASE_END,
};
UNIT_MAIN(cases)
