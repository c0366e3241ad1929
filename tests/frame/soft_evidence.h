/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a simulated host sends: boot log, record, measurement list, and the PCRs that they give. */
#ifndef ASSAY_TESTS_FRAME_SOFT_EVIDENCE_H
#define ASSAY_TESTS_FRAME_SOFT_EVIDENCE_H

#include "attest/boot_log.h"
#include "crypto/key.h"
#include "frame/mlist_make.h"
#include "frame/soft_host.h"
#include "ima/xattr.h"
#include "proto/record.h"
#include "unit/boot_made.h"

/* What is wrong with it; by default nothing. */
struct soft_wrong {
	bool log_mode;	    /* the record says log */
	bool no_record;	    /* and PCR 13 is empty */
	bool unsigned_file; /* one more entry, without a signature */
	bool foreign_file;  /* signed by another key */
	bool odd_name;	    /* the unsigned one's, which is not UTF-8 */
	bool no_list;
	bool two_aggregates;
	const char *cmdline; /* NULL: the usual one */
	unsigned int files;
};

/* The host's owner's key, and somebody else's. */
struct soft_signing {
	struct key *key, *other;
	struct signer *signer, *other_signer;
	struct cert *cert;
	const uint8_t *der;
	size_t der_len;
};

struct soft_evidence {
	struct buf boot_log, record, record_sig, list;
	struct soft_wrong wrong;
};

static inline void soft_signing_init(struct soft_signing *s, const char *key, const char *cert,
				     const char *other)
{
	struct err err = ERR_INIT;

	memset(s, 0, sizeof(*s));
	if (key_load(key, NULL, &s->key, &err) < 0 || cert_load(cert, &s->cert, &err) < 0 ||
	    signer_new(s->key, &s->signer, &err) < 0 ||
	    (other && (key_load(other, NULL, &s->other, &err) < 0 ||
		       signer_new(s->other, &s->other_signer, &err) < 0))) {
		(void)fprintf(stderr, "host: %s\n", err.text);
		exit(2);
	}
	cert_der(s->cert, &s->der, &s->der_len);
}

static inline void soft_signing_done(struct soft_signing *s)
{
	signer_free(s->signer);
	signer_free(s->other_signer);
	key_free(s->key);
	key_free(s->other);
	cert_free(s->cert);
}

static inline void soft_extend(uint8_t pcr[static 32], const struct digest *d)
{
	uint8_t both[64];
	struct digest out;

	memcpy(both, pcr, 32);
	memcpy(both + 32, d->data, 32);
	soft_must(hash_bytes(HASH_SHA256, both, sizeof(both), &out, NULL) == 0);
	memcpy(pcr, out.data, 32);
}

static inline const char *soft_cmdline(const struct soft_evidence *e)
{
	return e->wrong.cmdline ? e->wrong.cmdline : "root=/dev/vda1 ro quiet";
}

static inline void soft_boot(struct soft_host *h, struct soft_evidence *e)
{
	const char *cmdline = soft_cmdline(e);
	struct pcr_set got;
	struct buf *log = &e->boot_log;
	AUTO_BUF wide = BUF_INIT(65536);

	made_begin(log);
	made_data(log, 0, BOOT_EV_SEPARATOR, "firmware", 8);
	made_secure_boot(log, "\x01");
	for (uint32_t pcr = 0; pcr < 8; pcr++)
		made_separator(log, pcr);
	made_data(log, 4, BOOT_EV_SEPARATOR, "kernel", 6);
	made_utf16(&wide, cmdline);
	made_le(&wide, 0, 2);
	made_tag(log, MADE_TAG_OPTIONS, wide.data, wide.len);
	soft_must(boot_log_replay(log->data, log->len, HASH_SHA256, &got, NULL) == 0);
	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (got.mask >> i & 1)
			memcpy(h->pcrs.value[i], got.value[i], 32);
}

static inline void soft_ima_sig(struct signer *by, uint32_t keyid, const struct digest *d,
				struct buf *out)
{
	const struct xattr_signer signer = { .signer = by, .keyid = keyid };
	struct xattr_sig sig;

	soft_must(xattr_sig_make(&signer, XATTR_DIGSIG, d, &sig, NULL) == 0 &&
		  xattr_sig_encode(&sig, out, NULL) == 0);
}

static inline void soft_record(struct soft_host *h, const struct soft_signing *s,
			       struct soft_evidence *e)
{
	struct record *r = calloc(1, sizeof(*r));
	struct digest d;

	soft_must(r != NULL);
	settings_default(&r->settings);
	r->settings.mode = e->wrong.log_mode ? MODE_LOG : MODE_ENFORCE;
	r->settings.profile = PROFILE_SIGNATURE;
	r->epoch = 1;
	strcpy(r->level, "local");
	soft_must(hash_bytes(HASH_SHA256, "policy", 6, &r->policy, NULL) == 0 &&
		  hash_bytes(HASH_SHA256, s->der, s->der_len, &r->certs[0].digest, NULL) == 0);
	strcpy(r->certs[0].name, "signing.der");
	r->n_certs = 1;
	soft_must(record_format(r, &e->record, NULL) == 0 &&
		  hash_bytes(HASH_SHA256, e->record.data, e->record.len, &d, NULL) == 0);
	soft_ima_sig(s->signer, cert_keyid(s->cert), &d, &e->record_sig);
	soft_must(record_pcr_value(e->record.data, e->record.len, &d, NULL) == 0);
	memcpy(h->pcrs.value[r->settings.pcr], d.data, 32);
	free(r);
}

/* Adds the entry and extends PCR 10 with it, as the kernel does. */
static inline void soft_entry(struct soft_host *h, struct soft_evidence *e,
			      const struct made_file *file)
{
	const size_t before = e->list.len;
	struct digest d;
	struct rd rd;
	size_t len;

	soft_must(make_file(&e->list, file, NULL) == 0);
	rd = rd_init(e->list.data + before, e->list.len - before);
	(void)rd_bytes(&rd, 4 + MLIST_TEMPLATE_DIGEST);
	(void)rd_bytes(&rd, rd_le32(&rd));
	len = rd_le32(&rd);
	soft_must(hash_bytes(HASH_SHA256, rd_bytes(&rd, len), len, &d, NULL) == 0);
	soft_extend(h->pcrs.value[10], &d);
}

static inline void soft_aggregate(struct soft_host *h, struct soft_evidence *e)
{
	struct made_file file = { .template = "ima-sig", .name = "boot_aggregate" };
	uint8_t all[10 * 32];
	struct digest d;

	for (size_t i = 0; i < 10; i++)
		memcpy(all + 32 * i, h->pcrs.value[i], 32);
	soft_must(hash_bytes(HASH_SHA256, all, sizeof(all), &d, NULL) == 0);
	file.digest = &d;
	soft_entry(h, e, &file);
}

enum soft_file { SOFT_SIGNED, SOFT_UNSIGNED, SOFT_FOREIGN };

#define SOFT_NAME_MAX 320

/* Bytes that are no text, which are shown as four each, and letters of two bytes behind them. */
static inline void soft_odd_name(char name[static SOFT_NAME_MAX])
{
	memcpy(name, "/x", 2);
	memset(name + 2, 0xff, 100);
	for (size_t i = 102; i < 302; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	name[302] = '\0';
}

static inline void soft_file(struct soft_host *h, const struct soft_signing *s,
			     struct soft_evidence *e, unsigned int number, enum soft_file kind)
{
	AUTO_BUF sig = BUF_INIT(XATTR_VALUE_MAX);
	struct digest d;
	char name[SOFT_NAME_MAX];
	struct made_file file = { .template = "ima-sig", .name = name, .digest = &d };

	(void)snprintf(name, sizeof(name), "/usr/bin/%s-%u", kind == SOFT_SIGNED ? "tool" : "evil",
		       number);
	if (kind == SOFT_UNSIGNED && e->wrong.odd_name)
		soft_odd_name(name);
	soft_must(hash_bytes(HASH_SHA256, name, strlen(name), &d, NULL) == 0);
	if (kind == SOFT_SIGNED)
		soft_ima_sig(s->signer, cert_keyid(s->cert), &d, &sig);
	if (kind == SOFT_FOREIGN)
		soft_ima_sig(s->other_signer, 0x12345678, &d, &sig);
	file.sig = sig.data;
	file.sig_len = sig.len;
	soft_entry(h, e, &file);
}

static inline void soft_list(struct soft_host *h, const struct soft_signing *s,
			     struct soft_evidence *e)
{
	if (e->wrong.no_list)
		return;
	soft_aggregate(h, e);
	for (unsigned int i = 0; i < e->wrong.files; i++)
		soft_file(h, s, e, i, SOFT_SIGNED);
	if (e->wrong.two_aggregates)
		soft_aggregate(h, e);
	if (e->wrong.unsigned_file || e->wrong.odd_name)
		soft_file(h, s, e, 0, SOFT_UNSIGNED);
	if (e->wrong.foreign_file)
		soft_file(h, s, e, 0, SOFT_FOREIGN);
}

static inline void soft_evidence_init(struct soft_evidence *e, struct soft_host *h,
				      const struct soft_signing *s, const struct soft_wrong *wrong)
{
	memset(e, 0, sizeof(*e));
	e->wrong = *wrong;
	e->boot_log = (struct buf)BUF_INIT(BOOT_LOG_MAX);
	e->record = (struct buf)BUF_INIT(RECORD_MAX);
	e->record_sig = (struct buf)BUF_INIT(XATTR_VALUE_MAX);
	e->list = (struct buf)BUF_INIT(EVIDENCE_LIST_MAX);
	memset(h->pcrs.value, 0, sizeof(h->pcrs.value));
	soft_boot(h, e);
	if (!wrong->no_record)
		soft_record(h, s, e);
	soft_list(h, s, e);
}

static inline void soft_evidence_done(struct soft_evidence *e)
{
	buf_done(&e->boot_log);
	buf_done(&e->record);
	buf_done(&e->record_sig);
	buf_done(&e->list);
}

/* The evidence for a nonce, encoded. */
static inline void soft_evidence_encode(struct soft_host *h, const struct soft_evidence *e,
					const struct soft_signing *s, const struct msg_nonce *nonce,
					struct buf *out)
{
	AUTO_MEM struct msg_evidence *m = calloc(1, sizeof(*m));
	AUTO_BUF attest = BUF_INIT(QUOTE_MAX);
	AUTO_BUF sig = BUF_INIT(QUOTE_SIG_MAX);
	uint8_t qualifying[EVIDENCE_QUALIFYING_SIZE];
	const size_t from = nonce->list_offset <= e->list.len ? nonce->list_offset : e->list.len;

	soft_must(m != NULL);
	memcpy(m->host, h->id, sizeof(m->host));
	m->nonce = nonce->nonce;
	m->pcrs = h->pcrs;
	m->list_offset = from;
	m->list = (struct bytes){ e->list.data + from, e->list.len - from };
	if (nonce->want_boot) {
		m->boot_log = (struct bytes){ e->boot_log.data, e->boot_log.len };
		m->cmdline =
			(struct bytes){ (const uint8_t *)soft_cmdline(e), strlen(soft_cmdline(e)) };
		m->record = (struct bytes){ e->record.data, e->record.len };
		m->record_sig = (struct bytes){ e->record_sig.data, e->record_sig.len };
		m->certs[0] = (struct bytes){ s->der, s->der_len };
		m->n_certs = e->record.len ? 1 : 0;
	}
	soft_must(evidence_qualifying(m, qualifying, NULL) == 0);
	soft_attest(h, qualifying, sizeof(qualifying), &attest);
	soft_sign(h, &attest, &sig);
	m->attest = (struct bytes){ attest.data, attest.len };
	m->sig = (struct bytes){ sig.data, sig.len };
	soft_must(msg_evidence_encode(m, out, NULL) == 0);
}

#endif
