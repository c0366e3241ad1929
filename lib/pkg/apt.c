/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apt's chain of digests. */
#include "pkg/apt.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/apt_text.h"
#include "pkg/gpgv.h"
#include "pkg/unpack.h"

#define SUFFIX "InRelease"
#define NAME_MAX_BYTES 1024 /* of a file in the directory of lists */

struct apt {
	uint8_t (*digest)[APT_DIGEST_SIZE]; /* sorted once all are there */
	size_t n;
	size_t room;
	size_t archives;
};

struct loading {
	struct apt *apt;
	const char *lists;
	const char *keyrings;
	char prefix[NAME_MAX_BYTES]; /* of the archive's files */
};

static int add(void *ctx, const char *name UNUSED, const uint8_t digest[APT_DIGEST_SIZE],
	       struct err *err)
{
	struct apt *apt = ctx;

	if (apt->n == APT_DIGESTS_MAX)
		return err_set(err, "more than %d packages", APT_DIGESTS_MAX);
	if (apt->n == apt->room) {
		size_t room = apt->room ? 2 * apt->room : 65536;
		void *grown = reallocarray(apt->digest, room, APT_DIGEST_SIZE);

		if (!grown)
			return err_set(err, "out of memory");
		apt->digest = grown;
		apt->room = room;
	}
	memcpy(apt->digest[apt->n++], digest, APT_DIGEST_SIZE);
	return 0;
}

/* The file as apt keeps it, compressed or not; *ret_there is false where it can't be read, too. */
static int read_index(const struct loading *l, const char *name, struct buf *out, bool *ret_there,
		      struct err *err)
{
	static const char *const endings[] = { "", ".lz4", ".xz", ".gz", ".zst", ".bz2" };

	*ret_there = false;
	for (size_t i = 0; i < ARRAY_LEN(endings) && !*ret_there; i++) {
		AUTO_STR path = NULL;

		if (asprintf(&path, "%s/%s%s%s", l->lists, l->prefix, name, endings[i]) < 0) {
			path = NULL;
			return err_set(err, "out of memory");
		}
		for (char *p = path + strlen(l->lists) + 1; *p; p++)
			if (*p == '/')
				*p = '_';
		*ret_there = io_exists(path) && unpack_file(path, out, NULL) == 0;
	}
	return 0;
}

/* What is not what InRelease says, or not there at all, does not count. */
static int take_index(void *ctx, const char *name, const uint8_t want[APT_DIGEST_SIZE],
		      struct err *err)
{
	struct loading *l = ctx;
	AUTO_BUF text = BUF_INIT(APT_PACKAGES_MAX);
	struct digest digest;
	bool there = false;

	if (read_index(l, name, &text, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (hash_bytes(HASH_SHA256, text.data, text.len, &digest, err) < 0)
		return -1;
	return memcmp(digest.data, want, APT_DIGEST_SIZE) == 0
		       ? apt_text_packages(&text, add, l->apt, err)
		       : 0;
}

static int take_release(struct loading *l, struct buf *text, struct err *err)
{
	if (apt_text_has_expired(text, time(NULL)))
		return 0;
	l->apt->archives++;
	return apt_text_release(text, take_index, l, err);
}

static int load_release(struct loading *l, const char *name, struct err *err)
{
	AUTO_BUF text = BUF_INIT(APT_RELEASE_MAX);
	AUTO_STR path = NULL;
	struct err why = ERR_INIT;
	bool good = false;
	size_t n = strlen(name) - strlen(SUFFIX);

	if (n >= sizeof(l->prefix))
		return 0;
	memcpy(l->prefix, name, n);
	l->prefix[n] = '\0';
	if (asprintf(&path, "%s/%s", l->lists, name) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (gpgv_read(path, l->keyrings, &text, &good, &why) < 0)
		return err_set(err, "%s", why.text);
	return good ? take_release(l, &text, err) : 0;
}

static int is_release(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > strlen(SUFFIX) && strcmp(e->d_name + n - strlen(SUFFIX), SUFFIX) == 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, APT_DIGEST_SIZE);
}

static int load_all(struct loading *l, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandir(l->lists, &list, is_release, alphasort);
	int rc = n > APT_RELEASES_MAX
			 ? err_set(err, "%s: more than %d archives", l->lists, APT_RELEASES_MAX)
			 : 0;

	if (n < 0)
		return err_errno(err, "%s", l->lists);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = load_release(l, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

int apt_load(const char *lists, const char *keyrings, struct apt **ret_apt, struct err *err)
{
	struct loading *l = calloc(1, sizeof(*l));
	struct apt *apt = calloc(1, sizeof(*apt));
	int rc = -1;

	if (!l || !apt)
		(void)err_set(err, "out of memory");
	if (l && apt) {
		*l = (struct loading){ .apt = apt, .lists = lists, .keyrings = keyrings };
		rc = load_all(l, err);
	}
	free(l);
	if (rc < 0) {
		apt_free(apt);
		return -1;
	}
	if (apt->n)
		qsort(apt->digest, apt->n, APT_DIGEST_SIZE, compare);
	*ret_apt = apt;
	return 0;
}

void apt_free(struct apt *apt)
{
	if (!apt)
		return;
	free(apt->digest);
	free(apt);
}

size_t apt_archives(const struct apt *apt)
{
	return apt->archives;
}

bool apt_has(const struct apt *apt, const struct digest *digest)
{
	return apt->n && digest->algo == HASH_SHA256 &&
	       bsearch(digest->data, apt->digest, apt->n, APT_DIGEST_SIZE, compare);
}
