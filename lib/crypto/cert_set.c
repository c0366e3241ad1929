/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of trusted certificates. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"

int cert_set_add_file(struct cert_set *set, const char *path, struct err *err)
{
	struct cert *cert;

	if (set->n == CERT_SET_MAX)
		return err_set(err, "certificate: %s: more than %d certificates", path,
			       CERT_SET_MAX);
	if (cert_load(path, &cert, err) < 0)
		return -1;
	set->cert[set->n++] = cert;
	return 0;
}

static int has_cert_name(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot &&
	       (strcmp(dot, ".der") == 0 || strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_entry(struct cert_set *set, const char *dir, const char *name, struct err *err)
{
	AUTO_STR path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return err_set(err, "out of memory");
	return cert_set_add_file(set, path, err);
}

int cert_set_add_dir(struct cert_set *set, const char *path, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, has_cert_name, by_name);
	int rc = 0;

	if (n < 0)
		return err_errno(err, "certificates: %s", path);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = add_entry(set, path, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

const struct cert *cert_set_find(const struct cert_set *set, uint32_t keyid, size_t *pos)
{
	while (*pos < set->n) {
		const struct cert *cert = set->cert[(*pos)++];

		if (cert_keyid(cert) == keyid)
			return cert;
	}
	return NULL;
}

void cert_set_done(struct cert_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		cert_free(set->cert[i]);
	set->n = 0;
}
