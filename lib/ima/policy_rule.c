/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule: ima_parse_rule() of security/integrity/ima/ima_policy.c, Linux 5.10 to 7.3. */
#include <stdlib.h>
#include <string.h>

#include "ima/policy_values.h"
#include "ima/policy_words.h"

#define PCR_COUNT 64 /* bits of ima_iint_cache.measured_pcrs */

struct parse {
	struct policy_rule *rule;
	const struct policy_kernel *kernel;
	struct err *err;
};

static bool from(const struct parse *p, unsigned int major, unsigned int minor)
{
	return kernel_version_from(p->kernel->version, major, minor);
}

static int twice(const struct parse *p, const struct policy_word *word)
{
	return err_set(p->err, "%s is given twice", word->text);
}

static int take_func(struct parse *p, const char *value)
{
	if (p->rule->func != FUNC_NONE)
		return err_set(p->err, "func= is given twice");
	if (policy_func_find(value, p->kernel->version, &p->rule->func, p->err) < 0)
		return -1;
	p->rule->flags |= PF_FUNC;
	return 0;
}

static int take_mask(struct parse *p, const char *value)
{
	static const struct {
		const char *name;
		enum policy_mask mask;
	} masks[] = { { "MAY_EXEC", MASK_EXEC },
		      { "MAY_WRITE", MASK_WRITE },
		      { "MAY_READ", MASK_READ },
		      { "MAY_APPEND", MASK_APPEND } };
	bool among = *value == '^';

	if (p->rule->mask)
		return err_set(p->err, "mask= is given twice");
	for (size_t i = 0; i < ARRAY_LEN(masks); i++)
		if (strcmp(value + (among ? 1 : 0), masks[i].name) == 0)
			p->rule->mask = masks[i].mask;
	if (!p->rule->mask)
		return err_set(p->err, "no mask is named '%s'", value);
	p->rule->flags |= among ? PF_INMASK : PF_MASK;
	return 0;
}

static int take_fsmagic(struct parse *p, const char *value)
{
	if (p->rule->fsmagic) /* a zero before counts as none, in the kernel too */
		return err_set(p->err, "fsmagic= is given twice");
	if (!policy_parse_ulong(value, 16, &p->rule->fsmagic))
		return err_set(p->err, "fsmagic=%s is not a hexadecimal number", value);
	p->rule->flags |= PF_FSMAGIC;
	return 0;
}

static int take_fsuuid(struct parse *p, const char *value)
{
	static const uint8_t none[POLICY_UUID_SIZE];

	if (memcmp(p->rule->fsuuid, none, sizeof(none)) != 0)
		return err_set(p->err, "fsuuid= is given twice");
	if (!policy_parse_uuid(value, p->rule->fsuuid))
		return err_set(p->err, "fsuuid=%s is not a UUID", value);
	p->rule->flags |= PF_FSUUID;
	return 0;
}

static int take_fs_subtype(struct parse *p, const struct policy_word *word, const char *value)
{
	if (p->rule->fs_subtype)
		return twice(p, word);
	p->rule->fs_subtype = value;
	p->rule->flags |= PF_FS_SUBTYPE;
	return 0;
}

static struct policy_id *id_of(struct policy_rule *rule, unsigned int flag)
{
	if (flag == PF_UID || flag == PF_EUID)
		return &rule->uid;
	if (flag == PF_GID || flag == PF_EGID)
		return &rule->gid;
	return flag == PF_FOWNER ? &rule->fowner : &rule->fgroup;
}

/* uid= and euid= share one place, as gid= and egid= do, and can't both be given. */
static int take_id(struct parse *p, const struct policy_word *word, const char *value)
{
	struct policy_id *id = id_of(p->rule, word->value);
	uint64_t v;

	if (id->value != POLICY_ID_NONE)
		return err_set(p->err, "%s%s: a condition of this kind is there already",
			       word->text, value);
	if (!policy_parse_ulong(value, 10, &v) || v >= POLICY_ID_NONE)
		return err_set(p->err, "%s%s is not a numeric ID", word->text, value);
	id->value = (uint32_t)v;
	id->op = word->op;
	p->rule->flags |= word->value;
	return 0;
}

/* ima_lsm_rule_init(): while the default policy is in force, an LSM must know the value. */
static int take_lsm(struct parse *p, const struct policy_word *word, const char *value)
{
	enum policy_lsm lsm = p->kernel->lsm;

	if (p->rule->lsm[word->value])
		return twice(p, word);
	if (lsm == LSM_NONE || (lsm == LSM_APPARMOR && strcmp(word->text, "subj_role=") != 0))
		return err_set(p->err, "%s needs SELinux or Smack", word->text);
	if (lsm == LSM_APPARMOR && strcmp(value, "unconfined") != 0)
		return err_set(p->err, "%s%s: AppArmor takes only a profile that is loaded",
			       word->text, value);
	p->rule->lsm[word->value] = value;
	return 0;
}

static int take_digest_type(struct parse *p, const char *value)
{
	if (strcmp(value, "verity") != 0)
		return err_set(p->err, "digest_type=%s: there is only verity", value);
	if ((p->rule->flags & PF_DIGSIG) && !from(p, 7, 1))
		return err_set(p->err, "digest_type=verity must stand before appraise_type=");
	p->rule->flags |= PF_VERITY;
	return 0;
}

static int take_sigv3(struct parse *p)
{
	if (from(p, 7, 1)) {
		p->rule->flags |= PF_DIGSIG | PF_SIGV3 | PF_BLACKLIST;
		return 0;
	}
	if (!from(p, 5, 19))
		return err_set(p->err, "appraise_type=sigv3 came with kernel 5.19");
	if (!(p->rule->flags & PF_VERITY))
		return err_set(p->err, "appraise_type=sigv3 needs digest_type=verity before it");
	p->rule->flags |= PF_DIGSIG | (from(p, 6, 6) ? PF_BLACKLIST : 0);
	return 0;
}

static int take_appraise_type(struct parse *p, const char *value)
{
	bool modsig = strcmp(value, "imasig|modsig") == 0;
	uint32_t excluded = PF_VERITY | (modsig ? PF_SIGV3 : 0);

	if (strcmp(value, "sigv3") == 0)
		return take_sigv3(p);
	if (modsig && !p->kernel->modsig)
		return err_set(p->err,
			       "appraise_type=%s: this kernel has no appended signatures "
			       "(IMA_APPRAISE_MODSIG)",
			       value);
	if (!modsig && strcmp(value, "imasig") != 0)
		return err_set(p->err, "no appraise_type is named '%s'", value);
	if (p->rule->flags & excluded)
		return err_set(p->err, "appraise_type=%s does not go with %s", value,
			       p->rule->flags & PF_VERITY ? "digest_type=verity, which needs sigv3"
							  : "sigv3");
	p->rule->flags |= PF_DIGSIG | (modsig ? PF_MODSIG : 0) | (from(p, 6, 6) ? PF_BLACKLIST : 0);
	return 0;
}

/* 6.6 made the look-up the default and takes any value without a meaning. */
static int take_appraise_flag(struct parse *p, const char *value)
{
	if (from(p, 6, 6))
		return 0;
	if (!p->kernel->modsig || !strstr(value, "blacklist"))
		return err_set(p->err, "appraise_flag=%s: this kernel takes none", value);
	p->rule->flags |= PF_BLACKLIST;
	return 0;
}

static int take_algos(struct parse *p, const struct policy_word *word, const char *value)
{
	if (p->rule->algos)
		return twice(p, word);
	if (policy_algos_parse(value, p->kernel, &p->rule->algos, p->err) < 0)
		return -1;
	p->rule->flags |= PF_ALGOS;
	return 0;
}

static int take_pcr(struct parse *p, const char *value)
{
	int pcr;

	if (!policy_parse_int(value, &pcr) || pcr < 0 || pcr >= PCR_COUNT)
		return err_set(p->err, "pcr=%s is not a number from 0 to %d", value, PCR_COUNT - 1);
	p->rule->pcr = pcr;
	p->rule->flags |= PF_PCR;
	return 0;
}

static int take_template(struct parse *p, const struct policy_word *word, const char *value)
{
	if (p->rule->action != ACTION_MEASURE)
		return err_set(p->err, "template= must stand behind the action measure");
	if (p->rule->template)
		return twice(p, word);
	p->rule->template = policy_template_find(value, p->kernel->version);
	if (!p->rule->template)
		return err_set(p->err, "this kernel has no template '%s'", value);
	return 0;
}

/* ima_alloc_rule_opt_list(): "a|b", no item may be empty. */
static int take_list(struct parse *p, const struct policy_word *word, const char *value,
		     const char **list)
{
	size_t len = strlen(value);

	if (*list)
		return twice(p, word);
	if (value[0] == '|' || value[len - 1] == '|' || strstr(value, "||"))
		return err_set(p->err, "%s%s has an empty item", word->text, value);
	*list = value;
	p->rule->flags |= word->kind == WORD_KEYRINGS ? PF_KEYRINGS : PF_LABEL;
	return 0;
}

static int take_action(struct parse *p, const struct policy_word *word)
{
	if (p->rule->action != ACTION_UNKNOWN)
		return err_set(p->err, "it has two actions, %s and %s",
			       policy_action_name(p->rule->action), word->text);
	p->rule->action = (enum policy_action)word->value;
	return 0;
}

static int take_word(struct parse *p, const struct policy_word *word, const char *value)
{
	switch (word->kind) {
	case WORD_ACTION:
		return take_action(p, word);
	case WORD_FUNC:
		return take_func(p, value);
	case WORD_MASK:
		return take_mask(p, value);
	case WORD_FSMAGIC:
		return take_fsmagic(p, value);
	case WORD_FSNAME: /* the last one holds */
		p->rule->fsname = value;
		p->rule->flags |= PF_FSNAME;
		return 0;
	case WORD_FS_SUBTYPE:
		return take_fs_subtype(p, word, value);
	case WORD_FSUUID:
		return take_fsuuid(p, value);
	case WORD_ID:
		return take_id(p, word, value);
	case WORD_LSM:
		return take_lsm(p, word, value);
	case WORD_DIGEST_TYPE:
		return take_digest_type(p, value);
	case WORD_APPRAISE_TYPE:
		return take_appraise_type(p, value);
	case WORD_APPRAISE_FLAG:
		return take_appraise_flag(p, value);
	case WORD_APPRAISE_ALGOS:
		return take_algos(p, word, value);
	case WORD_DIRECTIO:
		p->rule->flags |= PF_DIRECTIO;
		return 0;
	case WORD_PCR:
		return take_pcr(p, value);
	case WORD_TEMPLATE:
		return take_template(p, word, value);
	case WORD_KEYRINGS:
		return take_list(p, word, value, &p->rule->keyrings);
	case WORD_LABEL:
		return take_list(p, word, value, &p->rule->label);
	}
	return err_set(p->err, "no word is named '%s'", word->text);
}

static int take_token(struct parse *p, const char *token)
{
	const char *value = NULL;
	const struct policy_word *word = policy_word_find(token, &value);

	if (!word)
		return err_set(p->err, "no kernel knows the word '%s'", token);
	if (!from(p, word->since.major, word->since.minor))
		return err_set(p->err, "%s came with kernel %u.%u", word->text, word->since.major,
			       word->since.minor);
	return take_word(p, word, value);
}

static int take_tokens(struct parse *p)
{
	char *at = p->rule->store;
	char *token;

	while ((token = strsep(&at, " \t"))) {
		if (*token == '\0')
			continue;
		if (*token == '#' && from(p, 6, 14)) /* a comment at the end of a rule */
			return 0;
		if (take_token(p, token) < 0)
			return -1;
	}
	return 0;
}

bool policy_line_is_blank(const char *line)
{
	line += strspn(line, " \t");
	return *line == '\0' || *line == '#';
}

int policy_rule_init(const char *line, struct policy_rule *ret_rule, struct err *err)
{
	static const struct policy_id none = { POLICY_ID_NONE, OP_EQUAL };
	struct policy_rule rule = { .uid = none, .gid = none, .fowner = none, .fgroup = none };

	rule.text = strdup(line);
	rule.store = strdup(line);
	if (!rule.text || !rule.store) {
		policy_rule_done(&rule);
		return err_set(err, "out of memory");
	}
	*ret_rule = rule;
	return 0;
}

int policy_rule_read(struct policy_rule *rule, const struct policy_kernel *kernel, struct err *err)
{
	struct parse p = { .rule = rule, .kernel = kernel, .err = err };

	if (*rule->text == '/')
		return err_set(err, "it begins with '/': the kernel takes that for the path of "
				    "another policy");
	if (strlen(rule->text) > POLICY_LINE_MAX)
		return err_set(err, "longer than %d bytes", POLICY_LINE_MAX);
	if (take_tokens(&p) < 0)
		return -1;
	return policy_rule_check(rule, kernel, err);
}

int policy_rule_parse(const char *line, const struct policy_kernel *kernel,
		      struct policy_rule *ret_rule, struct err *err)
{
	CLEANUP(policy_rule_done) struct policy_rule rule = { .line = 0 };

	*ret_rule = rule;
	if (policy_rule_init(line, &rule, err) < 0 || policy_rule_read(&rule, kernel, err) < 0)
		return -1;
	*ret_rule = rule;
	rule = (struct policy_rule){ .line = 0 };
	return 0;
}

void policy_rule_done(struct policy_rule *rule)
{
	if (!rule)
		return;
	free(rule->text);
	free(rule->store);
	*rule = (struct policy_rule){ .line = 0 };
}
