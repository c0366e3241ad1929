/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole host in software: boot log, record, list and quote, and the verifier that gets them. */
#ifndef ASSAY_TESTS_UNIT_HOST_WORLD_H
#define ASSAY_TESTS_UNIT_HOST_WORLD_H

#include "attest/appraise.h"
#include "proto/record.h"
#include "unit/boot_made.h"
#include "unit/list_world.h"
#include "unit/soft_tpm.h"

#define HOST_CMDLINE "root=/dev/vda1 ro"
#define HOST_RECORD_PCR 13

/* What differs from a host as it should be. */
struct host_shape {
	const char *cmdline;
	const char *secure_boot; /* one byte, "\1" */
	enum settings_mode mode; /* enforce */
	bool other_level;
	bool foreign_record; /* signed by the foreign key */
	bool foreign_cert;   /* names its certificate, too */
	bool unmeasured_record;
	bool no_log, no_record;
};

struct host {
	struct world *w; /* the list, its judge, the keys */
	struct soft_ak ak;
	struct host_shape shape;
	struct buf log, record, record_sig, attest, sig;
	struct pcr_set pcrs;
	uint32_t reset, restart;
	uint64_t clock;
	struct msg_evidence msg;
	struct appraise_policy policy;
	struct digest boot;
	struct appraise_input in;
	struct verdict verdict;
	struct err err;
};

UNUSED static void host_free(struct host **host)
{
	struct host *h = *host;

	if (!h)
		return;
	world_free(&h->w);
	soft_ak_done(&h->ak);
	buf_done(&h->log);
	buf_done(&h->record);
	buf_done(&h->record_sig);
	buf_done(&h->attest);
	buf_done(&h->sig);
	free(h);
}
#define AUTO_HOST CLEANUP(host_free) struct host *

UNUSED static void host_make_log(struct host *h)
{
	const char *cmdline = h->shape.cmdline ? h->shape.cmdline : HOST_CMDLINE;

	buf_reset(&h->log);
	made_begin(&h->log);
	made_data(&h->log, 0, 8, "firmware", 8);
	made_secure_boot(&h->log, h->shape.secure_boot ? h->shape.secure_boot : "\1");
	for (uint32_t i = 0; i < 8; i++)
		made_separator(&h->log, i);
	made_event(&h->log, &(struct made){ 4, BOOT_EV_APPLICATION, "kernel", 6, "path", 4 });
	made_options(&h->log, cmdline);
	made_tag(&h->log, MADE_TAG_INITRD, "initramfs", 9);
	h->msg.cmdline = (struct bytes){ (const uint8_t *)cmdline, strlen(cmdline) };
}

UNUSED static int host_sign_record(struct host *h)
{
	const struct signing *by = h->shape.foreign_record ? &h->w->foreign : &h->w->own;
	const struct xattr_signer signer = { .signer = by->signer, .keyid = by->keyid };
	struct xattr_sig sig;
	struct digest digest;

	buf_reset(&h->record_sig);
	if (hash_bytes(HASH_SHA256, h->record.data, h->record.len, &digest, &h->err) < 0 ||
	    xattr_sig_make(&signer, XATTR_DIGSIG, &digest, &sig, &h->err) < 0)
		return -1;
	return xattr_sig_encode(&sig, &h->record_sig, &h->err);
}

UNUSED static int host_name_cert(struct host *h, struct record *r, const struct signing *whose)
{
	struct record_file *file = &r->certs[r->n_certs++];

	(void)snprintf(file->name, sizeof(file->name), "%s.der",
		       whose == &h->w->own ? "own" : "foreign");
	return hash_bytes(HASH_SHA256, whose->der.data, whose->der.len, &file->digest, &h->err);
}

UNUSED static int host_make_record(struct host *h)
{
	AUTO_MEM struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	settings_default(&r->settings);
	r->settings.mode = h->shape.mode ? h->shape.mode : MODE_ENFORCE;
	r->settings.profile = PROFILE_SIGNATURE;
	r->settings.pcr = HOST_RECORD_PCR;
	r->settings.n_init = 1;
	(void)snprintf(r->settings.init[0], sizeof(r->settings.init[0]), "/sbin/init");
	r->epoch = 5;
	(void)snprintf(r->level, sizeof(r->level), "%s", h->shape.other_level ? "any" : "partner");
	if (hash_bytes(HASH_SHA256, "policy", 6, &r->policy, &h->err) < 0 ||
	    host_name_cert(h, r, &h->w->own) < 0 ||
	    (h->shape.foreign_cert && host_name_cert(h, r, &h->w->foreign) < 0))
		return -1;
	buf_reset(&h->record);
	return record_format(r, &h->record, &h->err) < 0 ? -1 : host_sign_record(h);
}

UNUSED static int host_set_pcrs(struct host *h)
{
	struct digest value;

	if (boot_log_replay(h->log.data, h->log.len, HASH_SHA256, &h->pcrs, &h->err) < 0)
		return -1;
	h->pcrs.bank = HASH_SHA256;
	h->pcrs.mask = APPRAISE_QUOTE_MASK;
	if (h->shape.unmeasured_record || h->shape.no_record)
		return 0;
	if (record_pcr_value(h->record.data, h->record.len, &value, &h->err) < 0)
		return -1;
	memcpy(h->pcrs.value[HOST_RECORD_PCR], value.data, 32);
	return 0;
}

/* The first entry of the list, and two files. */
UNUSED static int host_begin_list(struct host *h)
{
	uint8_t values[10 * 32];

	for (size_t i = 0; i < 10; i++)
		memcpy(values + 32 * i, h->pcrs.value[i], 32);
	buf_reset(&h->w->list);
	if (hash_bytes(HASH_SHA256, values, sizeof(values), &h->w->aggregate, &h->err) < 0 ||
	    world_add_aggregate(h->w, &h->w->aggregate) < 0 ||
	    world_add(h->w, (struct told){ .name = "/sbin/init" }) < 0)
		return -1;
	return world_add(h->w, (struct told){ .name = "/usr/bin/sh" });
}

/* From firmware to init. */
UNUSED static int host_boot(struct host *h, struct host_shape shape)
{
	h->shape = shape;
	h->reset++;
	h->restart = 0;
	host_make_log(h);
	if (host_make_record(h) < 0 || host_set_pcrs(h) < 0)
		return -1;
	return host_begin_list(h);
}

/* What an administrator says of the boot that is. */
UNUSED static int host_approve(struct host *h)
{
	return appraise_boot_digest(&h->pcrs, HOST_RECORD_PCR, &h->boot, &h->err);
}

UNUSED static void host_set_policy(struct host *h)
{
	h->policy = (struct appraise_policy){
		.certs = &h->w->certs,
		.min_epoch = 5,
		.levels = { "vendor", "partner" },
		.n_levels = 2,
		.require_secure_boot = true,
		.boot = APPRAISE_BOOT_APPROVED,
	};
	h->in = (struct appraise_input){
		.policy = &h->policy,
		.judge = h->w->judge,
		.ak = &h->ak.public,
		.evidence = &h->msg,
		.boots = &h->boot,
		.n_boots = 1,
	};
}

UNUSED static struct host *host_new(void)
{
	AUTO_HOST h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->log = (struct buf)BUF_INIT(BOOT_LOG_MAX);
	h->record = (struct buf)BUF_INIT(RECORD_MAX);
	h->record_sig = (struct buf)BUF_INIT(EVIDENCE_RECORD_SIG_MAX);
	h->attest = (struct buf)BUF_INIT(QUOTE_MAX);
	h->sig = (struct buf)BUF_INIT(QUOTE_SIG_MAX);
	h->w = world_new();
	h->clock = 1000;
	if (!h->w || soft_ak_new(&h->ak, &h->err) < 0 ||
	    host_boot(h, (struct host_shape){ .mode = MODE_ENFORCE }) < 0 || host_approve(h) < 0)
		return NULL;
	host_set_policy(h);
	return take_ptr(&h);
}

UNUSED static struct bytes host_bytes(const struct buf *b)
{
	return (struct bytes){ b->data, b->len };
}

/* What the client sends: with the boot or without, and of the list what is not judged yet. */
UNUSED static void host_gather(struct host *h, bool boot)
{
	const struct bytes none = { NULL, 0 }, cmdline = h->msg.cmdline;

	h->msg.nonce = (struct bytes){ (const uint8_t *)"the nonce of this round", 23 };
	h->msg.boot_log = boot && !h->shape.no_log ? host_bytes(&h->log) : none;
	h->msg.record = boot && !h->shape.no_record ? host_bytes(&h->record) : none;
	h->msg.record_sig = boot && !h->shape.no_record ? host_bytes(&h->record_sig) : none;
	h->msg.cmdline = cmdline;
	h->msg.list_offset = appraise_same_boot(&h->in.state, h->reset, h->restart)
				     ? h->in.state.list.offset
				     : 0;
	h->msg.list = (struct bytes){ h->w->list.data + h->msg.list_offset,
				      h->w->list.len - h->msg.list_offset };
}

UNUSED static int host_quote(struct host *h)
{
	uint8_t qualifying[EVIDENCE_QUALIFYING_SIZE];
	struct soft_quote how = { .nonce = qualifying,
				  .nonce_len = sizeof(qualifying),
				  .pcrs = &h->pcrs,
				  .reset = h->reset,
				  .restart = h->restart,
				  .clock = h->clock++ };

	if (world_quote(h->w, HASH_SHA256, h->w->list.len) < 0 ||
	    evidence_qualifying(&h->msg, qualifying, &h->err) < 0)
		return -1;
	memcpy(h->pcrs.value[10], h->w->expect.pcr.data, 32);
	buf_reset(&h->attest);
	buf_reset(&h->sig);
	if (soft_attest(&how, &h->attest) < 0 ||
	    soft_sign(&h->ak, h->attest.data, h->attest.len, &h->sig) < 0)
		return -1;
	h->msg.pcrs = h->pcrs;
	h->msg.attest = host_bytes(&h->attest);
	h->msg.sig = host_bytes(&h->sig);
	return 0;
}

/* A round of a host that does what the protocol says. */
UNUSED static int host_round(struct host *h, bool boot)
{
	host_gather(h, boot);
	if (host_quote(h) < 0)
		return -1;
	return appraise_round(&h->in, &h->verdict, &h->err);
}

/* It passes, or else the first reason is shown. */
#define PASSES(h, call) \
	do { \
		CHECK_OK(call, &(h)->err); \
		if (!(h)->verdict.pass) \
			unit_fail(__FILE__, __LINE__, #call " passes", \
				  (h)->verdict.n ? (h)->verdict.reasons[0].text : "no reason"); \
		CHECK((h)->verdict.pass && (h)->verdict.n == 0 && !(h)->in.more); \
	} while (0)

/* It does not, and a reason of this code says so. */
UNUSED static bool host_says(const struct host *h, enum verdict_code code, const char *part)
{
	for (size_t i = 0; i < h->verdict.n; i++)
		if (h->verdict.reasons[i].code == code && strstr(h->verdict.reasons[i].text, part))
			return true;
	return false;
}

#define REFUSES(h, call, code, part) \
	do { \
		CHECK_OK(call, &(h)->err); \
		if (!host_says(h, code, part)) \
			unit_fail(__FILE__, __LINE__, #call " says " #code ": " part, \
				  (h)->verdict.n ? (h)->verdict.reasons[0].text : "no reason"); \
		CHECK(host_says(h, code, part)); \
		CHECK(!(h)->verdict.pass && !(h)->in.more); \
	} while (0)

/* No verdict: asked again. */
#define WAITS(h, call) \
	do { \
		CHECK_OK(call, &(h)->err); \
		CHECK((h)->verdict.n == 0 && !(h)->verdict.pass && (h)->in.more); \
	} while (0)

#endif
