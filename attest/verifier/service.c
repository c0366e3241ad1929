/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service's threads share. */
#include "attest/verifier/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t now_s(void)
{
	return now_us() / 1000000;
}

struct trust *service_trust(struct service *service)
{
	struct trust *trust;

	(void)pthread_rwlock_rdlock(&service->trust_lock);
	trust = trust_hold(service->trust);
	(void)pthread_rwlock_unlock(&service->trust_lock);
	return trust;
}

int service_reload(struct service *service, struct err *err)
{
	AUTO_MEM struct vset *set = calloc(1, sizeof(*set));
	struct trust *made = NULL;
	struct trust *before;

	if (!set)
		return err_set(err, "out of memory");
	if (vset_load(service->config, set, err) < 0 || trust_load(set, &made, err) < 0)
		return -1;
	(void)pthread_rwlock_wrlock(&service->trust_lock);
	before = service->trust;
	service->trust = made;
	(void)pthread_rwlock_unlock(&service->trust_lock);
	trust_release(before);
	return 0;
}

int boots_decode(const struct buf *value, struct boot_list *ret_list, struct err *err)
{
	if (value->len > sizeof(ret_list->digest) || value->len % sizeof(ret_list->digest[0]))
		return err_set(err, "store: the approved boots are damaged");
	ret_list->n = value->len / sizeof(ret_list->digest[0]);
	if (value->len)
		memcpy(ret_list->digest, value->data, value->len);
	return 0;
}

int service_refresh(struct service *service, struct store_conn *conn, struct err *err)
{
	AUTO_BUF value = BUF_INIT(STORE_META_MAX);
	struct boot_list list;

	if (store_meta_get(conn, META_BOOTS, &value, err) < 0 ||
	    boots_decode(&value, &list, err) < 0)
		return -1;
	(void)pthread_rwlock_wrlock(&service->boots.lock);
	service->boots.list = list;
	(void)pthread_rwlock_unlock(&service->boots.lock);
	return 0;
}

/* Where nobody was told to yet there is none: zeros. */
static int read_mark(struct store_conn *conn, uint8_t ret_mark[static TRUST_MARK_SIZE],
		     struct err *err)
{
	AUTO_BUF value = BUF_INIT(STORE_META_MAX);

	if (store_meta_get(conn, META_TRUST, &value, err) < 0)
		return -1;
	if (value.len != 0 && value.len != TRUST_MARK_SIZE)
		return err_set(err, "store: the mark of what is trusted is damaged");
	memset(ret_mark, 0, TRUST_MARK_SIZE);
	if (value.len)
		memcpy(ret_mark, value.data, TRUST_MARK_SIZE);
	return 0;
}

int service_follow(struct service *service, struct store_conn *conn, struct err *err)
{
	return read_mark(conn, service->trust_mark, err);
}

int service_catch_up(struct service *service, struct store_conn *conn, bool *ret_did,
		     struct err *err)
{
	uint8_t mark[TRUST_MARK_SIZE];

	*ret_did = false;
	if (read_mark(conn, mark, err) < 0)
		return -1;
	if (memcmp(mark, service->trust_mark, sizeof(mark)) == 0)
		return 0;
	/* What can't be read is tried again: the mark stays that of what is in force. */
	if (service_reload(service, err) < 0)
		return err_prepend(err, "trust: another verifier read its own anew");
	memcpy(service->trust_mark, mark, sizeof(mark));
	*ret_did = true;
	return 0;
}

static int write_mark(void *ctx, struct store_conn *conn, struct err *err)
{
	AUTO_BUF value = BUF_INIT(TRUST_MARK_SIZE);

	if (buf_put(&value, ctx, TRUST_MARK_SIZE, err) < 0)
		return -1;
	return store_meta_set(conn, META_TRUST, &value, err);
}

int service_lead(struct service *service, struct err *err)
{
	uint8_t mark[TRUST_MARK_SIZE];

	if (getrandom(mark, sizeof(mark), 0) != sizeof(mark))
		return err_errno(err, "random bytes");
	if (committer_call(service->committer, write_mark, mark, err) < 0)
		return err_prepend(err, "other verifiers of the store were not told");
	memcpy(service->trust_mark, mark, sizeof(mark));
	return 0;
}
