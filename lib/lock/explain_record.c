/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two enforcement records, side by side. */
#include <stdlib.h>
#include <string.h>

#include "lock/explain.h"
#include "proto/record.h"

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static const struct record_file *by_digest(const struct record_file *files, size_t n,
					   const struct digest *digest)
{
	for (size_t i = 0; i < n; i++)
		if (same_digest(&files[i].digest, digest))
			return &files[i];
	return NULL;
}

static bool has_name(const struct record_file *files, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i].name, name) == 0)
			return true;
	return false;
}

struct files {
	const char *what;
	const struct record_file *at;
	size_t n;
};

static void explain_files(struct files a, struct files b, struct lock_explanation *e)
{
	for (size_t i = 0; i < b.n; i++)
		if (!by_digest(a.at, a.n, &b.at[i].digest))
			lock_explanation_add(e, "%s %s: %s", b.what, b.at[i].name,
					     has_name(a.at, a.n, b.at[i].name)
						     ? "another one"
						     : "not there before");
	for (size_t i = 0; i < a.n; i++)
		if (!by_digest(b.at, b.n, &a.at[i].digest) && !has_name(b.at, b.n, a.at[i].name))
			lock_explanation_add(e, "%s %s: gone", a.what, a.at[i].name);
}

static void explain_name(const char *what, const char *was, const char *now,
			 struct lock_explanation *e)
{
	if (strcmp(was, now) != 0)
		lock_explanation_add(e, "%s: %s, was %s", what, now, was);
}

static bool same_init(const struct settings *a, const struct settings *b)
{
	if (a->n_init != b->n_init)
		return false;
	for (size_t i = 0; i < a->n_init; i++)
		if (strcmp(a->init[i], b->init[i]) != 0)
			return false;
	return true;
}

static void explain_settings(const struct settings *a, const struct settings *b,
			     struct lock_explanation *e)
{
	explain_name("profile", settings_profile_name(a->profile),
		     settings_profile_name(b->profile), e);
	explain_name("evm", settings_evm_name(a->evm), settings_evm_name(b->evm), e);
	explain_name("lockdown", settings_lockdown_name(a->lockdown),
		     settings_lockdown_name(b->lockdown), e);
	if (!same_init(a, b))
		lock_explanation_add(e, "init: not the approved list");
	if (a->module_signatures != b->module_signatures || a->ptrace_scope != b->ptrace_scope ||
	    a->kexec_load != b->kexec_load || a->unprivileged_bpf != b->unprivileged_bpf ||
	    a->deny_write_execute != b->deny_write_execute || a->pcr != b->pcr)
		lock_explanation_add(e, "enforcement settings: not the approved ones");
}

static void explain_records(const struct record *a, const struct record *b,
			    struct lock_explanation *e)
{
	explain_name("mode", settings_mode_name(a->settings.mode),
		     settings_mode_name(b->settings.mode), e);
	if (!same_digest(&a->policy, &b->policy))
		lock_explanation_add(e, "policy: not the approved one");
	explain_name("level", a->level, b->level, e);
	explain_files((struct files){ "certificate", a->certs, a->n_certs },
		      (struct files){ "certificate", b->certs, b->n_certs }, e);
	explain_files((struct files){ "keyring", a->keyrings, a->n_keyrings },
		      (struct files){ "keyring", b->keyrings, b->n_keyrings }, e);
	if (a->epoch != b->epoch)
		lock_explanation_add(e, "epoch: %u, was %u", b->epoch, a->epoch);
	explain_settings(&a->settings, &b->settings, e);
}

int lock_explain_records(const struct lock_side *approved, const struct lock_side *now,
			 struct lock_explanation *explanation, struct err *err)
{
	AUTO_MEM struct record *records = calloc(2, sizeof(*records));

	if (!records)
		return err_set(err, "out of memory");
	if (approved->record_len == now->record_len &&
	    (now->record_len == 0 || memcmp(approved->record, now->record, now->record_len) == 0))
		return 0;
	if (!now->record_len)
		lock_explanation_add(explanation, "enforcement record: none, was there");
	else if (!approved->record_len ||
		 record_parse(approved->record, approved->record_len, &records[0], NULL) < 0 ||
		 record_parse(now->record, now->record_len, &records[1], NULL) < 0)
		lock_explanation_add(explanation, "enforcement record: not the approved one");
	else
		explain_records(&records[0], &records[1], explanation);
	return 0;
}
