/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and replaying the firmware's event log. */
#include "attest/boot_log.h"

#include <string.h>

#include "attest/boot_event.h"

#define PCRS_REPLAYED 16
#define PCR_MAX 23
#define SHA1_SIZE 20
#define SPEC_ID "Spec ID Event03"	   /* 16 bytes, its NUL included */
#define STARTUP_LOCALITY "StartupLocality" /* likewise */
#define SIGNATURE_SIZE 16

/* TCG Algorithm Registry 1.34, 6.10: the hashes that we know, too. */
static const struct {
	uint16_t alg;
	enum hash_algo algo;
} algs[] = {
	{ 0x0004, HASH_SHA1 },
	{ 0x000b, HASH_SHA256 },
	{ 0x000c, HASH_SHA384 },
	{ 0x000d, HASH_SHA512 },
};

/* Bytes of a digest of this algorithm; 0: the log's own word counts. */
static size_t known_size(uint16_t alg)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i].alg == alg)
			return hash_algo_size(algs[i].algo);
	return 0;
}

static bool is_asked(const struct boot_log *log, uint16_t alg)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i].alg == alg)
			return algs[i].algo == log->bank;
	return false;
}

static size_t bank_size(const struct boot_log *log, uint16_t alg)
{
	for (size_t i = 0; i < log->n_banks; i++)
		if (log->banks[i].alg == alg)
			return log->banks[i].size;
	return 0;
}

static int read_banks(struct rd *r, struct boot_log *log, struct err *err)
{
	uint32_t n = rd_le32(r);
	bool asked = false;

	if (n == 0 || n > BOOT_LOG_BANKS_MAX)
		return err_set(err, "%u banks (1 to %d)", n, BOOT_LOG_BANKS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t alg = rd_le16(r);
		uint16_t size = rd_le16(r);
		size_t known = known_size(alg);

		if (!rd_ok(r))
			return err_set(err, "truncated");
		if (size == 0 || size > HASH_SIZE_MAX || (known && size != known) ||
		    bank_size(log, alg))
			return err_set(err, "bank 0x%04x: of %u bytes, or twice", alg, size);
		log->banks[log->n_banks].alg = alg;
		log->banks[log->n_banks++].size = size;
		asked = asked || is_asked(log, alg);
	}
	return asked ? 0 : err_set(err, "has no bank %s", hash_algo_name(log->bank));
}

/* TCG_EfiSpecIDEvent, 10.4.5.1. */
static int read_spec_id(struct rd *r, struct boot_log *log, struct err *err)
{
	const uint8_t *signature = rd_bytes(r, SIGNATURE_SIZE);

	if (!signature || memcmp(signature, SPEC_ID, SIGNATURE_SIZE) != 0)
		return err_set(err, "not a crypto-agile log");
	(void)rd_le32(r);     /* platformClass */
	(void)rd_bytes(r, 4); /* specVersionMinor, Major, Errata, uintnSize */
	if (read_banks(r, log, err) < 0)
		return -1;
	(void)rd_bytes(r, rd_u8(r)); /* vendorInfo */
	return rd_done(r) ? 0 : err_set(err, "the Spec ID event is not of its size");
}

/* TCG_PCR_EVENT, 10.2.1: the first event has the old form. */
int boot_log_open(const void *data, size_t len, enum hash_algo bank, struct boot_log *ret_log,
		  struct err *err)
{
	struct boot_log log = { .rd = rd_init(data, len), .bank = bank };
	uint32_t pcr = rd_le32(&log.rd);
	uint32_t type = rd_le32(&log.rd);
	struct rd spec;

	(void)rd_bytes(&log.rd, SHA1_SIZE);
	spec = rd_sub(&log.rd, rd_le32(&log.rd));
	if (len > BOOT_LOG_MAX)
		return err_set(err, "boot log: larger than %u bytes", BOOT_LOG_MAX);
	if (!rd_ok(&spec) || pcr != 0 || type != BOOT_EV_NO_ACTION)
		return err_set(err, "boot log: does not begin with a Spec ID event");
	if (read_spec_id(&spec, &log, err) < 0)
		return err_prepend(err, "boot log");
	*ret_log = log;
	return 0;
}

/* TPML_DIGEST_VALUES: each of a bank of the Spec ID event, none twice, the asked one among them. */
static int read_digests(struct boot_log *log, struct digest *ret_digest, struct err *err)
{
	uint32_t n = rd_le32(&log->rd);
	uint16_t seen[BOOT_LOG_BANKS_MAX];

	ret_digest->len = 0;
	if (n == 0 || n > log->n_banks)
		return err_set(err, "%u digests, of %zu banks", n, log->n_banks);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t alg = rd_le16(&log->rd);
		size_t size = bank_size(log, alg);
		const uint8_t *at = rd_bytes(&log->rd, size);

		if (size == 0 || !at)
			return err_set(err, "a digest of no bank, or truncated");
		for (uint32_t j = 0; j < i; j++)
			if (seen[j] == alg)
				return err_set(err, "two digests of a bank");
		seen[i] = alg;
		if (!is_asked(log, alg))
			continue;
		ret_digest->algo = log->bank;
		ret_digest->len = size;
		memcpy(ret_digest->data, at, size);
	}
	return ret_digest->len ? 0 : err_set(err, "no digest of %s", hash_algo_name(log->bank));
}

/* TCG_PCR_EVENT2, 10.2.2. */
static int read_event(struct boot_log *log, struct boot_event *ret_event, struct err *err)
{
	struct rd *r = &log->rd;
	uint32_t len;

	ret_event->pcr = rd_le32(r);
	ret_event->type = rd_le32(r);
	if (read_digests(log, &ret_event->digest, err) < 0)
		return -1;
	len = rd_le32(r);
	if (len > BOOT_LOG_DATA_MAX)
		return err_set(err, "larger than %u bytes", BOOT_LOG_DATA_MAX);
	ret_event->data = rd_bytes(r, len);
	ret_event->len = len;
	return rd_ok(r) ? 0 : err_set(err, "truncated");
}

/* TCG_EfiStartupLocalityEvent, 10.4.5.3. */
static int note_no_action(struct boot_log *log, const struct boot_event *event, struct err *err)
{
	struct rd r = rd_init(event->data, event->len);
	const uint8_t *signature = rd_bytes(&r, SIGNATURE_SIZE);

	if (!signature || memcmp(signature, STARTUP_LOCALITY, SIGNATURE_SIZE) != 0)
		return 0;
	if (log->located || log->extended_0)
		return err_set(err, "a second or a late StartupLocality");
	log->located = true;
	log->locality = rd_u8(&r);
	if (!rd_done(&r) || (log->locality != 0 && log->locality != 3 && log->locality != 4))
		return err_set(err, "StartupLocality is none of 0, 3, 4");
	return 0;
}

int boot_log_next(struct boot_log *log, struct boot_event *ret_event, bool *ret_end,
		  struct err *err)
{
	struct boot_event event;

	while (log->rd.left) {
		if (log->index == BOOT_LOG_EVENTS_MAX)
			return err_set(err, "boot log: more than %d events", BOOT_LOG_EVENTS_MAX);
		log->index++;
		if (read_event(log, &event, err) < 0)
			return err_prepend(err, "boot log: event %zu", log->index);
		if (event.type == BOOT_EV_NO_ACTION) {
			if (note_no_action(log, &event, err) < 0)
				return err_prepend(err, "boot log: event %zu", log->index);
			continue;
		}
		if (event.pcr > PCR_MAX)
			return err_set(err, "boot log: event %zu: there is no PCR %u", log->index,
				       event.pcr);
		log->extended_0 = log->extended_0 || event.pcr == 0;
		*ret_event = event;
		*ret_end = false;
		return 0;
	}
	*ret_end = true;
	return 0;
}

static void cleanup_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

int boot_log_extend(struct hash_ctx *ctx, const struct digest *digest, uint8_t *value,
		    struct err *err)
{
	struct digest next;

	if (hash_begin(ctx, digest->algo, err) < 0 ||
	    hash_update(ctx, value, digest->len, err) < 0 ||
	    hash_update(ctx, digest->data, digest->len, err) < 0 || hash_final(ctx, &next, err) < 0)
		return -1;
	memcpy(value, next.data, next.len);
	return 0;
}

int boot_log_replay(const void *data, size_t len, enum hash_algo bank, struct pcr_set *ret_pcrs,
		    struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;
	struct pcr_set pcrs = { .bank = bank };
	size_t size = hash_algo_size(bank);
	struct boot_event event;
	struct boot_log log;
	bool end = false;

	if (hash_new(&ctx, err) < 0 || boot_log_open(data, len, bank, &log, err) < 0)
		return -1;
	for (;;) {
		if (boot_log_next(&log, &event, &end, err) < 0)
			return -1;
		if (end)
			break;
		if (event.pcr >= PCRS_REPLAYED)
			continue;
		if (event.pcr == 0 && !(pcrs.mask & 1))
			pcrs.value[0][size - 1] = log.locality;
		pcrs.mask |= 1U << event.pcr;
		if (boot_log_extend(ctx, &event.digest, pcrs.value[event.pcr], err) < 0)
			return -1;
	}
	*ret_pcrs = pcrs;
	return 0;
}
