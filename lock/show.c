/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs by number and by what they hold. */
#include "lock/show.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "lock/suspend.h"

void show_pcrs(uint32_t mask, char ret_text[static SHOW_PCRS_MAX])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (unsigned int i = 0; i < TPM_PCRS && used < SHOW_PCRS_MAX; i++)
		if (mask >> i & 1)
			used += (size_t)snprintf(ret_text + used, SHOW_PCRS_MAX - used, "%s%u",
						 used ? ", " : "", i);
}

json_t *show_numbers_json(uint32_t mask)
{
	json_t *all = json_array();

	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (mask >> i & 1)
			(void)json_array_append_new(all, json_integer(i));
	return all;
}

void show_request(const struct lock_request *request)
{
	char id[2 * LOCK_ID_SIZE + 1];

	hex_format(request->id, sizeof(request->id), id);
	(void)printf("lock %s\nhost %s\nkernel %s\nprofile %s\n"
		     "revoked by counter 0x%08x beyond %llu\n",
		     id, request->host, request->approval.kernel,
		     lock_profile_name(request->profile), request->counter.index,
		     (unsigned long long)request->approval.bound);
}

void show_root(const struct lock_blob *blob, struct lock_root *ret_root)
{
	const struct lock_root_from here = { .mountinfo = "/proc/self/mountinfo", .sys = "/sys" };

	lock_root_find(blob, &here, ret_root);
}

json_t *show_pcrs_json(const struct tpm_pcrs *pcrs)
{
	json_t *all = json_object();
	char hex[2 * TPM_DIGEST_SIZE + 1];
	char number[8];

	for (unsigned int i = 0; i < TPM_PCRS; i++) {
		if (!(pcrs->mask >> i & 1))
			continue;
		(void)snprintf(number, sizeof(number), "%u", i);
		hex_format(pcrs->value[i], TPM_DIGEST_SIZE, hex);
		(void)json_object_set_new(all, number, json_string(hex));
	}
	return all;
}

const char *show_pcr_words(unsigned int pcr, unsigned int record_pcr)
{
	if (pcr == record_pcr)
		return "the enforcement record: mode, policy, certificates, level";
	switch (pcr) {
	case 4:
		return "boot loader and kernel, as the firmware started them";
	case 7:
		return "Secure Boot: on or off, its keys, and what signed the boot loader";
	case 8:
		return "GRUB's commands and the kernel's command line";
	case 9:
		return "kernel, initramfs and files that GRUB read, or initramfs and command line";
	case 11:
		return "the unified kernel image";
	case 12:
		return "the command line that a boot loader gave to the unified kernel image";
	default:
		return "something else";
	}
}

void show_warnings(const struct lock_blob *blob)
{
	struct lock_root root;

	show_root(blob, &root);
	if (root.kind == LOCK_ROOT_OPEN || root.kind == LOCK_ROOT_UNKNOWN)
		(void)fprintf(stderr, "assay-lock: root file system: %s\n",
			      lock_root_words(root.kind));
	if (lock_host_suspends(""))
		(void)fprintf(stderr, "assay-lock: suspend: " LOCK_SUSPEND_WORDS
				      ": '" LOCK_SUSPEND_REMEDY "'\n");
}
