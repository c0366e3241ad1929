/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of file systems, as the kernel tells them. */
#include "ima/policy_fs.h"

#include "unit/unit.h"

static void mountinfo_lines(void)
{
	char fuse[] = "36 35 98:0 /a /b rw,relatime shared:1 - fuse.sshfs host:/ rw\n";
	char plain[] = "25 1 8:1 / / rw - ext4 /dev/sda1 rw";
	char broken[] = "25 1 8:1 / / rw ext4";
	char long_name[] =
		"7 1 8:1 / / rw - aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaa x rw";
	struct policy_file f = { .fd = -1 };

	CHECK(!policy_fs_mountinfo(fuse, 35, &f) && !policy_fs_mountinfo(broken, 25, &f));
	CHECK(policy_fs_mountinfo(fuse, 36, &f));
	CHECK_STR(f.fsname, "fuse");
	CHECK_STR(f.fs_subtype, "sshfs");
	f = (struct policy_file){ .fd = -1 };
	CHECK(policy_fs_mountinfo(plain, 25, &f));
	CHECK_STR(f.fsname, "ext4");
	CHECK_STR(f.fs_subtype, "");
	CHECK(policy_fs_mountinfo(long_name, 7, &f) && strlen(f.fsname) == POLICY_FS_NAME_MAX - 1);
}

static void ext4_superblocks(void)
{
	uint8_t super[0x78] = { [0x38] = 0x53, [0x39] = 0xef, [0x68] = 0x12, [0x77] = 0x34 };
	uint8_t uuid[POLICY_UUID_SIZE];

	CHECK(policy_fs_ext4_uuid(super, sizeof(super), uuid));
	CHECK(uuid[0] == 0x12 && uuid[1] == 0 && uuid[15] == 0x34);
	CHECK(!policy_fs_ext4_uuid(super, sizeof(super) - 1, uuid));
	CHECK(!policy_fs_ext4_uuid(super, 0, uuid));
	super[0x39] = 0;
	CHECK(!policy_fs_ext4_uuid(super, sizeof(super), uuid));
}

static const struct unit_case cases[] = {
	CASE(mountinfo_lines),
	CASE(ext4_superblocks),
	CASE_END,
};

UNIT_MAIN(cases)
