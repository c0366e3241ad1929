/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes and who owns the file, made into what to do. */
#include "assay/verdict/remedy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "ima/xattr.h"

#define STARTS(text, with) (strncmp(text, with, sizeof(with) - 1) == 0)

/* Causes of ima_appraise.c, Linux 6.1 and 6.12. */
static const char *const content[] = { "invalid-signature", "invalid-hash", "invalid-verity-digest",
				       "invalid-verity-signature" };
static const char *const metadata[] = { "invalid-HMAC", "invalid-fail-immutable" };
static const char *const no_matter_of_signing[] = {
	"unverifiable-signature", "blacklisted-hash", "denylisted-hash", "failed-mprotect",
	"failed(directio)",	  "failed",	      "ToMToU",		 "open_writers",
};

static bool is_among(const char *cause, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(cause, list[i]) == 0)
			return true;
	return false;
}

/* Names that no package will ever own: memory, and places for what does not last. */
static bool is_transient(const char *name)
{
	static const char *const places[] = { "/memfd:", "memfd:",    "/dev/shm/", "/run/",
					      "/tmp/",	 "/var/tmp/", "/proc/" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (strncmp(name, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

static void package_text(const struct remedy_of *of, bool changed, char *ret_text, size_t max)
{
	const char *option = *of->root ? " --root " : "";
	const char *package = of->package;

	if (changed)
		(void)snprintf(
			ret_text, max,
			"look at what changed ('assay verify --package %s%s%s'); '%s%s%sapt-get "
			"install --reinstall %s', then 'assay sign --package %s%s%s'",
			package, option, of->root, *of->root ? "chroot " : "", of->root,
			*of->root ? " " : "", package, package, option, of->root);
	else
		(void)snprintf(ret_text, max, "assay sign --package %s%s%s", package, option,
			       of->root);
}

/* What dpkg unpacked nobody else holds open. */
static void owner_text(const struct remedy_of *of, char *ret_text, size_t max)
{
	if (of->package)
		(void)snprintf(
			ret_text, max,
			"find out who changed its owner; 'chown root %s%s', then 'assay sign "
			"--package %s%s%s', or use the verity profile, which lets files of "
			"any owner run",
			of->root, of->name, of->package, *of->root ? " --root " : "", of->root);
	else
		(void)snprintf(ret_text, max, "%s", REMEDY_OWNER_TEXT);
}

void remedy_text(const struct remedy_of *of, char *ret_text, size_t max)
{
	const char *option = *of->root ? " --root " : "";
	const char *cause = of->cause ? of->cause : "";
	const char *name = of->name;

	bool untrusted = strstr(cause, XATTR_UNTRUSTED) != NULL;

	*ret_text = '\0';
	if (is_among(cause, no_matter_of_signing, ARRAY_LEN(no_matter_of_signing)))
		return;
	if (STARTS(cause, REMEDY_FOREIGN))
		(void)snprintf(ret_text, max,
			       "nothing on such a file system (%s) runs where Assay enforces: copy "
			       "it to one of the host's own, and sign it there",
			       cause + sizeof(REMEDY_FOREIGN) - 1);
	else if (!untrusted && (STARTS(cause, "security.evm: ") ||
				is_among(cause, metadata, ARRAY_LEN(metadata))))
		(void)snprintf(ret_text, max,
			       "find out who changed it ('ls -l %s', 'getcap %s'); 'assay "
			       "repair%s%s %s' tells what was signed",
			       name, name, option, of->root, name);
	else if (STARTS(cause, REMEDY_OWNER))
		owner_text(of, ret_text, max);
	else if (of->package)
		package_text(of,
			     !untrusted && (STARTS(cause, "security.ima: ") ||
					    is_among(cause, content, ARRAY_LEN(content))),
			     ret_text, max);
	else if (is_transient(name))
		(void)snprintf(ret_text, max,
			       "no package owns it and it lies where nothing installed does: find "
			       "out what made it");
	else
		(void)snprintf(ret_text, max,
			       "no package owns it: install it from a package, remove it, or vouch "
			       "for it yourself by '%s%s %s'",
			       *of->root ? "assay sign --root " : REMEDY_ADMIT, of->root, name);
}
