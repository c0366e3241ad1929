/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping a boot, and this one beside it. */
#include "lock/remember.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/rd.h"
#include "lock/boot.h"
#include "lock/explain.h"
#include "proto/cmdline.h"

#define LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"
#define CMDLINE_PATH "/proc/cmdline"

static int read_log(struct lock_boot *ret_boot, struct err *err)
{
	AUTO_BUF log = BUF_INIT(BOOT_LOG_MAX), cmdline = BUF_INIT(CMDLINE_MAX);
	struct boot_claim claim = { .bank = HASH_SHA256 };

	if (io_read_file(LOG_PATH, &log, err) < 0 || io_read_file(CMDLINE_PATH, &cmdline, err) < 0)
		return -1;
	if (cmdline.len)
		cmdline.data[strcspn(buf_text(&cmdline), "\n")] = '\0';
	claim.data = log.data;
	claim.len = log.len;
	claim.cmdline = buf_text(&cmdline);
	return lock_boot_read(&claim, ret_boot, err);
}

/* Without a log all of it is zero. */
static int this_boot(struct lock_boot **ret_boot, struct err *err)
{
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));

	if (!boot)
		return err_set(err, "out of memory");
	if (io_exists(LOG_PATH) && read_log(boot, err) < 0)
		return -1;
	*ret_boot = take_ptr(&boot);
	return 0;
}

int remember_boot(const struct buf *record, struct buf *out, struct err *err)
{
	AUTO_BUF few = BUF_INIT(REMEMBER_MAX - 2);
	AUTO_MEM struct lock_boot *boot = NULL;

	if (this_boot(&boot, err) < 0 || lock_boot_encode(boot, &few, err) < 0 ||
	    buf_put_be16(out, (uint16_t)few.len, err) < 0 ||
	    buf_put(out, few.data, few.len, err) < 0)
		return -1;
	if (out->len + record->len > out->max)
		return 0;
	return buf_put(out, record->data, record->len, err);
}

/* record_now is compared where the approved one was kept. */
static int explain(const struct buf *approved, const struct buf *record_now,
		   struct lock_explanation *e, struct err *err)
{
	AUTO_MEM struct lock_boot *then = calloc(1, sizeof(*then));
	AUTO_MEM struct lock_boot *now = NULL;
	struct rd in = rd_init(approved->data, approved->len);
	size_t len = rd_be16(&in);
	const uint8_t *boot = rd_bytes(&in, len);
	struct lock_side before = { .boot = then }, after = { .boot = NULL };

	if (!then)
		return err_set(err, "out of memory");
	if (!boot)
		return err_set(err, "approved boot: damaged");
	if (lock_boot_decode(boot, len, then, err) < 0 || this_boot(&now, err) < 0)
		return -1;
	after.boot = now;
	if (in.left) {
		before.record = (const char *)in.at;
		before.record_len = in.left;
		after.record = buf_text(record_now);
		after.record_len = record_now->len;
	}
	return lock_explain(&before, &after, e, err);
}

int remember_explain(const struct buf *approved, const struct buf *record_now, size_t lines,
		     struct buf *out, struct err *err)
{
	AUTO_MEM struct lock_explanation *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, "out of memory");
	if (explain(approved, record_now, e, err) < 0)
		return -1;
	lock_explanation_cut(e, lines);
	for (size_t i = 0; i < e->n; i++)
		if (buf_putf(out, err, "%s%s", i ? "; " : "", e->lines[i]) < 0)
			return -1;
	return 0;
}
