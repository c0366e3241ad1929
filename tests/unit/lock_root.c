/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the root file system stands on, and whether a host sleeps: trees that stand for /sys. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lock/root_fs.h"
#include "lock/suspend.h"
#include "unit/unit.h"

#define UUID "6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e01"
#define LUKS "CRYPT-LUKS2-6d7f2a0e55a34e7a9c1f0a55a7ab1e01-root\n"
#define OTHER "CRYPT-LUKS2-6d7f2a0e55a34e7a9c1f0a55a7ab1e02-root\n"
#define LINE(source) "22 1 254:1 / / rw,relatime shared:1 - ext4 " source " rw\n"

static char top[64];

/* A file of the tree, its folders too; text NULL: a folder.  What fails shows in what is found. */
static void put(const char *name, const char *text)
{
	AUTO_BUF data = BUF_INIT(65536);
	char path[512], dir[512];

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	strcpy(dir, path);
	if (text)
		*strrchr(dir, '/') = '\0';
	if (io_make_dirs(dir, NULL) < 0 || !text)
		return;
	if (buf_put(&data, text, strlen(text), NULL) < 0 ||
	    io_replace_file(path, &data, 0600, NULL) < 0)
		(void)fprintf(stderr, "%s\n", path);
}

static void fresh(const char *mounts)
{
	strcpy(top, "/tmp/lock_root.XXXXXX");
	if (!mkdtemp(top))
		top[0] = '\0';
	put("mounts", mounts);
}

static enum lock_root_kind find(void)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	struct lock_root root = { .kind = LOCK_ROOT_LOCKED };
	char mounts[128], sys[128], command[160];
	const struct lock_root_from from = { .mountinfo = mounts, .sys = sys };

	(void)snprintf(mounts, sizeof(mounts), "%s/mounts", top);
	(void)snprintf(sys, sizeof(sys), "%s/sys", top);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	if (!blob)
		return LOCK_ROOT_UNKNOWN;
	blob->n_hangs = 2;
	blob->hangs[0].kind = LOCK_HANG_CREDENTIAL;
	strcpy(blob->hangs[0].name, "6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e02");
	blob->hangs[1].kind = LOCK_HANG_LUKS;
	strcpy(blob->hangs[1].name, UUID);
	lock_root_find(blob, &from, &root);
	if (system(command) != 0)
		return LOCK_ROOT_UNKNOWN;
	return root.kind;
}

#define DEV "sys/dev/block/254:1"

static void a_volume_of_the_lock_is_known(void)
{
	fresh(LINE("/dev/mapper/root"));
	put(DEV "/dm/uuid", LUKS);
	CHECK(find() == LOCK_ROOT_LOCKED);
	fresh(LINE("/dev/mapper/vg-root"));
	put(DEV "/dm/uuid", "LVM-abc\n");
	put(DEV "/slaves/dm-0/dm/uuid", LUKS);
	CHECK(find() == LOCK_ROOT_LOCKED);
}

static void others_are_not(void)
{
	fresh(LINE("/dev/vda1"));
	put(DEV "/dev", "254:1\n");
	CHECK(find() == LOCK_ROOT_OPEN);
	fresh(LINE("/dev/mapper/root"));
	put(DEV "/dm/uuid", OTHER); /* a credential has its name */
	CHECK(find() == LOCK_ROOT_OPEN);
	fresh(LINE("/dev/mapper/root"));
	put(DEV "/dm/uuid", "CRYPT-LUKS2-6d7f2a0e55a34e7a9c1f0a55a7ab1e01");
	CHECK(find() == LOCK_ROOT_OPEN);
	fresh(LINE("/dev/mapper/root"));
	put(DEV "/dm/uuid", "CRYPT-PLAIN-root\n");
	put(DEV "/slaves/vda", NULL);
	CHECK(find() == LOCK_ROOT_OPEN);
}

/* One disk of a mirror in the clear is enough to change it. */
static void the_weakest_leaf_counts(void)
{
	fresh(LINE("/dev/md0"));
	put(DEV "/slaves/dm-0/dm/uuid", LUKS);
	put(DEV "/slaves/vdb/dev", "1:1\n");
	CHECK(find() == LOCK_ROOT_OPEN);
	fresh(LINE("/dev/md0"));
	put(DEV "/slaves/dm-0/dm/uuid", LUKS);
	put(DEV "/slaves/dm-1/dm/uuid", LUKS);
	CHECK(find() == LOCK_ROOT_LOCKED);
	fresh(LINE("/dev/mapper/root"));
	put(DEV "/dm/uuid", "CRYPT-VERITY-0-root\n");
	CHECK(find() == LOCK_ROOT_VERITY);
}

static void a_partition_is_a_part_of_its_device(void)
{
	char from[128], to[128];

	fresh(LINE("/dev/md0p1"));
	put("sys/devices/md0/md0p1/partition", "1\n");
	put("sys/devices/md0/slaves/dm-0/dm/uuid", LUKS);
	put("sys/dev/block", NULL);
	(void)snprintf(from, sizeof(from), "%s/sys/devices/md0/md0p1", top);
	(void)snprintf(to, sizeof(to), "%s/" DEV, top);
	CHECK(symlink(from, to) == 0);
	CHECK(find() == LOCK_ROOT_LOCKED);
}

static void what_can_not_be_told_is_unknown(void)
{
	fresh("22 1 0:30 / / rw - overlay overlay rw\n");
	CHECK(find() == LOCK_ROOT_UNKNOWN);
	fresh("22 1 254:1 / /home rw - ext4 /dev/vda1 rw\n");
	put(DEV "/dm/uuid", LUKS);
	CHECK(find() == LOCK_ROOT_UNKNOWN);
	fresh("garbage\n22 1\n\n");
	CHECK(find() == LOCK_ROOT_UNKNOWN);
	fresh("");
	CHECK(find() == LOCK_ROOT_UNKNOWN);
	fresh(LINE("/dev/mapper/root"));
	CHECK(find() == LOCK_ROOT_UNKNOWN);
	/* The last that is mounted there is seen. */
	fresh(LINE("/dev/mapper/root") "23 22 0:31 / / rw - tmpfs tmpfs rw\n");
	put(DEV "/dm/uuid", LUKS);
	CHECK(find() == LOCK_ROOT_UNKNOWN);
}

static void a_stack_without_end_is_unknown(void)
{
	char name[256] = DEV;

	fresh(LINE("/dev/mapper/root"));
	for (int i = 0; i < 9; i++)
		strcat(name, "/slaves/dm-0");
	strcat(name, "/dm/uuid");
	put(name, LUKS);
	CHECK(find() == LOCK_ROOT_UNKNOWN);
}

static bool sleeps(const char *state, const char *modes, const char *unit)
{
	char link[192], command[160];
	bool yes;

	fresh("");
	if (state)
		put("sys/power/state", state);
	if (modes)
		put("sys/power/mem_sleep", modes);
	put("etc/systemd/system", NULL);
	(void)snprintf(link, sizeof(link), "%s/etc/systemd/system/%s", top, unit ? unit : "x");
	if (unit && symlink("/dev/null", link) < 0)
		return false;
	yes = lock_host_suspends(top);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 && yes;
}

static void a_host_that_can_sleep_is_known(void)
{
	CHECK(sleeps("freeze mem disk\n", "s2idle [deep]\n", NULL));
	CHECK(sleeps("mem\n", NULL, NULL));
	CHECK(sleeps("mem\n", "[s2idle] deep\n", "suspend.target"));
	CHECK(!sleeps("mem\n", "[s2idle] deep\n", "sleep.target"));
	CHECK(!sleeps("mem\n", "[s2idle]\n", NULL));
	CHECK(!sleeps("freeze disk\n", "[deep]\n", NULL));
	CHECK(!sleeps("freeze memory\n", NULL, NULL));
	CHECK(!sleeps(NULL, NULL, NULL));
}

static const struct unit_case cases[] = {
	CASE(a_volume_of_the_lock_is_known),   CASE(others_are_not),
	CASE(the_weakest_leaf_counts),	       CASE(a_partition_is_a_part_of_its_device),
	CASE(what_can_not_be_told_is_unknown), CASE(a_stack_without_end_is_unknown),
	CASE(a_host_that_can_sleep_is_known),  CASE_END,
};
UNIT_MAIN(cases)
