/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages' signatures on files, kept and found again; fs-verity's ioctls are played here. */
#include "pkg/attach.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "crypto/keygen.h"
#include "ima/xattr.h"
#include "initramfs/boot/parts.h"
#include "pkg/store.h"
#include "transaction/watch.h"
#include "unit/unit.h"
#include "unit/verity_played.h"

#define CONTENT "#!/bin/sh\nexit 0\n"
#define BUILD \
	"rm -rf t t.deb x && mkdir -p t/DEBIAN t/usr/bin && printf '" \
	"#!/bin/sh\\nexit 0\\n' >t/usr/bin/x && chmod 755 t/usr/bin/x && " \
	"printf 'Package: t\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\nDescription: " \
	"x\\n' " \
	">t/DEBIAN/control && dpkg-deb --root-owner-group -Znone -b t t.deb >/dev/null && cp " \
	"t/usr/bin/x x"

/* A package, signed, in a table; a file of its content. */
struct world {
	struct key *key;
	struct package_signing how;
	struct cert_set trusted;
	struct package *package;
	struct buf text;
	struct attacher a;
	int fd;
};

static void world_done(struct world *w)
{
	cleanup_fd(&w->fd);
	buf_done(&w->text);
	table_free(w->a.table);
	hash_free(w->a.hash);
	signer_free(w->how.signer);
	key_free(w->key);
	cert_set_done(&w->trusted);
	if (w->package)
		package_done(w->package);
	free(w->package);
}

static int make_key(struct world *w, struct err *err)
{
	AUTO_BUF der = BUF_INIT(65536);

	if (keygen_generate(KEYGEN_P256, &w->key, err) < 0 ||
	    keygen_self_sign(w->key, "t", 1, &der, err) < 0 ||
	    io_replace_file("t.der", &der, 0644, err) < 0 ||
	    cert_set_add_file(&w->trusted, "t.der", err) < 0)
		return -1;
	w->how = (struct package_signing){ .key = w->key,
					   .keyid = cert_keyid(w->trusted.cert[0]),
					   .algo = HASH_SHA256,
					   .profiles = { true, true },
					   .evm = true };
	return signer_new(w->key, &w->how.signer, err);
}

static int world_init(struct world *w, struct err *err)
{
	AUTO_FD fd = -1;

	*w = (struct world){ .fd = -1, .text = BUF_INIT(DEB_SIGNATURES_MAX), .a = { .evm = true } };
	memset(&verity_played, 0, sizeof(verity_played));
	verity_played.state = VERITY_NONE;
	w->package = calloc(1, sizeof(*w->package));
	if (!w->package || chdir(unit_tmp()) < 0 || system(BUILD) != 0)
		return err_set(err, "no package");
	if (package_init(w->package, err) < 0 || make_key(w, err) < 0 ||
	    io_open_regular("t.deb", &fd, err) < 0 ||
	    package_sign(fd, &w->how, w->package, err) < 0 ||
	    package_format(w->package, &w->how, &w->text, err) < 0 ||
	    hash_new(&w->a.hash, err) < 0 || table_new(&w->a.table, err) < 0)
		return -1;
	return io_open_regular("x", &w->fd, err);
}

static int to_table(struct world *w, struct err *err)
{
	return table_add(w->a.table, &w->package, err);
}

static void v2_signatures_are_attached(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;
	uint8_t value[XATTR_VALUE_MAX];
	bool busy = true;

	CHECK_OK(world_init(&w, &err), &err);
	CHECK_OK(to_table(&w, &err), &err);
	CHECK(table_packages(w.a.table) == 1);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(what.entry && !what.verity && what.entry->over == MANIFEST_FILE);
	if (fsetxattr(w.fd, XATTR_IMA, "x", 1, 0) < 0)
		SKIP("security.* attributes take root");
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
	CHECK(!busy &&
	      fgetxattr(w.fd, XATTR_IMA, value, sizeof(value)) == (ssize_t)what.entry->ima_len);
	CHECK_MEM(value, what.entry->ima, what.entry->ima_len);
	CHECK(fgetxattr(w.fd, XATTR_EVM, value, sizeof(value)) == (ssize_t)what.entry->evm_len);
	CHECK_OK(attach_again(&w.a, w.fd, &what, &err), &err);
}

static void what_a_script_changed_takes_a_key(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;
	bool busy;

	CHECK_OK(world_init(&w, &err), &err);
	CHECK_OK(to_table(&w, &err), &err);
	if (fsetxattr(w.fd, XATTR_IMA, "x", 1, 0) < 0)
		SKIP("security.* attributes take root");
	CHECK(fchmod(w.fd, 04755) == 0);
	CHECK_OK(attach_find(&w.a, w.fd, "/usr/bin/x", &what, &err), &err);
	CHECK_FAILS(attach(&w.a, w.fd, &what, &busy, &err), &err, "takes a key");
	CHECK_FAILS(attach_again(&w.a, w.fd, &what, &err), &err, "takes a key");
	w.a.how = &w.how;
	CHECK_OK(attach_again(&w.a, w.fd, &what, &err), &err);
	w.a.how = NULL;
	CHECK_FAILS(attach_again(&w.a, w.fd, &what, &err), &err, "takes a key");
	w.a.evm = false;
	CHECK_OK(attach_again(&w.a, w.fd, &what, &err), &err);
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
}

static void other_content_is_nobodys(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;

	CHECK_OK(world_init(&w, &err), &err);
	CHECK_OK(to_table(&w, &err), &err);
	CHECK(system("echo >>x") == 0);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!what.entry);
	CHECK(system("printf data >x && chmod 644 x") == 0);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!what.entry);
}

static void verity_waits_for_writers(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;
	bool busy = false;

	CHECK_OK(world_init(&w, &err), &err);
	CHECK_OK(to_table(&w, &err), &err);
	verity_played.state = VERITY_OFF;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(what.entry && what.verity && what.entry->over == MANIFEST_VERITY);
	verity_played.busy = true;
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
	CHECK(busy && verity_played.enabled == 0);
	verity_played.busy = false;
	verity_played.state = VERITY_ON;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(what.entry && !what.verity);
	w.a.profile = ATTACH_SIGNATURE;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(what.entry && what.entry->over == MANIFEST_FILE);
	w.a.profile = ATTACH_VERITY;
	verity_played.state = VERITY_NONE;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!what.entry);
}

static void a_deleted_file_is_left_alone(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;
	bool busy = true;

	CHECK_OK(world_init(&w, &err), &err);
	CHECK_OK(to_table(&w, &err), &err);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(what.entry && unlink("x") == 0);
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
	CHECK(!busy && fgetxattr(w.fd, XATTR_IMA, NULL, 0) < 0);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!what.entry);
}

/* Somebody vouches for the content of x, and no package carries signatures. */
static int vouch_bytes(struct world *w, const void *content, size_t len, struct err *err)
{
	struct digest digest;

	w->a.how = &w->how;
	if (hash_bytes(HASH_SHA512, content, len, &digest, err) < 0)
		return -1;
	return table_vouch(w->a.table, &digest, err);
}

static int vouch(struct world *w, const char *content, struct err *err)
{
	return vouch_bytes(w, content, strlen(content), err);
}

/* security.ima, decoded, verifies over the digest. */
static void check_ima(struct world *w, enum xattr_type type, const struct digest *digest)
{
	uint8_t value[XATTR_VALUE_MAX];
	ssize_t n = fgetxattr(w->fd, XATTR_IMA, value, sizeof(value));
	const struct cert *by;
	struct xattr_sig sig;
	struct err err = ERR_INIT;

	CHECK(n > 0);
	CHECK_OK(xattr_sig_decode(value, (size_t)n, &sig, &err), &err);
	CHECK(sig.type == type);
	CHECK_OK(xattr_sig_verify(&sig, digest, &w->trusted, &by, &err), &err);
}

static void what_is_vouched_for_is_signed(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct digest digest;
	struct err err = ERR_INIT;
	uint8_t value[XATTR_VALUE_MAX];
	bool busy;

	CHECK_OK(world_init(&w, &err), &err);
	if (fsetxattr(w.fd, XATTR_IMA, "x", 1, 0) < 0)
		SKIP("security.* attributes take root");
	CHECK_OK(vouch(&w, "other", &err), &err);
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!attachment_is_due(&what) && what.kind == SIG_EXEC);
	CHECK_OK(vouch(&w, CONTENT, &err), &err);
	w.a.how = NULL;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!attachment_is_due(&what));
	w.a.how = &w.how;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(attachment_is_due(&what) && !what.entry && !what.verity && !what.over_verity);
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
	CHECK_OK(hash_bytes(HASH_SHA512, CONTENT, strlen(CONTENT), &digest, &err), &err);
	check_ima(&w, XATTR_DIGSIG, &digest);
	CHECK(fchmod(w.fd, 04711) == 0 && fgetxattr(w.fd, XATTR_EVM, value, sizeof(value)) > 0);
	CHECK(fremovexattr(w.fd, XATTR_EVM) == 0);
	CHECK_OK(attach_again(&w.a, w.fd, &what, &err), &err);
	CHECK(fgetxattr(w.fd, XATTR_EVM, value, sizeof(value)) > 0);
	CHECK(fremovexattr(w.fd, XATTR_IMA) == 0);
	CHECK_FAILS(attach_again(&w.a, w.fd, &what, &err), &err, "read security.ima");
}

static void what_is_vouched_for_is_frozen_first(void)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct digest measured;
	struct digest digest;
	struct err err = ERR_INIT;
	bool busy;

	CHECK_OK(world_init(&w, &err), &err);
	if (fsetxattr(w.fd, XATTR_IMA, "x", 1, 0) < 0)
		SKIP("security.* attributes take root");
	CHECK_OK(vouch(&w, CONTENT, &err), &err);
	verity_played.state = VERITY_OFF;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(attachment_is_due(&what) && what.verity && what.over_verity);
	CHECK_OK(attach(&w.a, w.fd, &what, &busy, &err), &err);
	CHECK(!busy && verity_played.enabled == 1);
	CHECK_OK(verity_compute(w.fd, (off_t)strlen(CONTENT), &measured, &err), &err);
	CHECK_OK(xattr_v3_digest(XATTR_VERITY_DIGSIG, &measured, &digest, &err), &err);
	check_ima(&w, XATTR_VERITY_DIGSIG, &digest);
	CHECK(system("echo >>x") == 0);
	CHECK_FAILS(attach(&w.a, w.fd, &what, &busy, &err), &err, "changed while it was");
	w.a.profile = ATTACH_VERITY;
	verity_played.state = VERITY_NONE;
	CHECK_OK(attach_find(&w.a, w.fd, NULL, &what, &err), &err);
	CHECK(!attachment_is_due(&what));
}

static void refuse(const char *content, size_t len, const char *words)
{
	CLEANUP(world_done) struct world w;
	struct attachment what;
	struct err err = ERR_INIT;
	bool busy;
	int fd;

	CHECK_OK(world_init(&w, &err), &err);
	fd = open("x", O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, content, len) == (ssize_t)len && close(fd) == 0);
	CHECK_OK(vouch_bytes(&w, content, len, &err), &err);
	CHECK(attach_find(&w.a, w.fd, NULL, &what, &err) == 0 && attachment_is_due(&what));
	CHECK_FAILS(attach(&w.a, w.fd, &what, &busy, &err), &err, words);
}

/* The second: a script, and behind it what security.evm of a program that is setuid root is made
 * over. */
static void what_has_another_meaning_is_not_signed(void)
{
	static const char evm[] = "#!/bin/sh\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xed\x89\0";

	refuse("assay-record 1\n", 15, "an enforcement record");
	refuse(evm, sizeof(evm), "another file's owner and mode");
}

/* Three files of the package's content; the last ones are more than may be held open. */
static int take_up_three(struct world *w, struct watch *watch, struct err *err)
{
	static const char *const names[] = { "x", "y", "z" };

	*watch = (struct watch)WATCH_INIT;
	watch->attacher = w->a;
	watch->attacher.how = &w->how;
	watch->labelled_max = 1;
	if (to_table(w, err) < 0 || system("cp -p x y && cp -p x z") != 0)
		return err_set(err, "no copies");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FD fd = open(names[i], O_RDONLY | O_CLOEXEC);

		watch_take_up(watch, &fd);
	}
	return 0;
}

/* Its inode's number alone is not it: another file may have that by now. */
static void check_known_by_handle(const struct held_set *set)
{
	AUTO_FD it = open("z", O_RDONLY | O_CLOEXEC);
	AUTO_FD another = open("x", O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t at;

	CHECK(it >= 0 && another >= 0 && fstat(it, &st) == 0);
	CHECK(held_find(set, it, &st, &at) && set->held[at].handle);
	CHECK(!held_find(set, another, &st, &at));
}

static void what_is_not_held_open_is_looked_at_again(void)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(watch_done) struct watch watch = WATCH_INIT;
	struct err err = ERR_INIT;
	uint8_t before[XATTR_VALUE_MAX];
	uint8_t after[XATTR_VALUE_MAX];
	ssize_t n;

	CHECK_OK(world_init(&w, &err), &err);
	if (fsetxattr(w.fd, XATTR_IMA, "x", 1, 0) < 0 || removexattr("x", XATTR_IMA) < 0)
		SKIP("security.* attributes take root");
	CHECK_OK(take_up_three(&w, &watch, &err), &err);
	CHECK(watch.attached == 3 && watch.labelled.n == 3);
	if (watch.labelled.n_open != 1)
		SKIP("this file system has no handles");
	check_known_by_handle(&watch.labelled);
	n = getxattr("z", XATTR_EVM, before, sizeof(before));
	CHECK(n > 0 && unlink("y") == 0 && chmod("z", 04755) == 0 && rename("z", "moved") == 0);
	watch_look_again(&watch);
	CHECK(watch.failed == 0);
	CHECK(getxattr("moved", XATTR_EVM, after, sizeof(after)) > 0);
	CHECK(memcmp(before, after, (size_t)n) != 0);
	watch.attacher.how = NULL;
	watch_look_again(&watch);
	CHECK(watch.failed == 1 && strstr(watch.failure.text, "takes a key"));
}

void report_line(struct boot *boot, const char *fmt, ...)
{
	(void)boot;
	(void)fmt;
}

/* The package kept, its file there without a signature, in directories of our own. */
static int leave_unsigned(struct world *w, struct boot *boot, struct err *err)
{
	AUTO_FD fd = -1;

	boot->certs = w->trusted;
	boot->record.settings.profile = PROFILE_SIGNATURE;
	boot->policy = (struct buf)BUF_INIT(4096);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/var/lib", "tmpfs", 0, NULL) < 0 ||
	    mount("none", "/usr/bin", "tmpfs", 0, NULL) < 0)
		return err_errno(err, "mount");
	fd = open("/usr/bin/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, CONTENT, strlen(CONTENT)) != (ssize_t)strlen(CONTENT) ||
	    fchmod(fd, 0755) < 0)
		return err_errno(err, "x");
	return store_put(STORE_DIR, w->package, &w->text, err);
}

/* The version of the signature that mending gives the file; 0: it gave none. */
static int mended(struct boot *boot)
{
	uint8_t value[XATTR_VALUE_MAX];
	struct err err = ERR_INIT;

	if (mend_unsigned(boot, &err) < 0 ||
	    getxattr("/usr/bin/x", XATTR_IMA, value, sizeof(value)) < 2 ||
	    removexattr("/usr/bin/x", XATTR_IMA) < 0)
		return 0;
	return value[1];
}

static void the_boot_mends_by_the_file_systems_profile(void)
{
	CLEANUP(world_done) struct world w;
	AUTO_MEM struct boot *boot = calloc(1, sizeof(*boot));
	struct err err = ERR_INIT;

	CHECK_OK(world_init(&w, &err), &err);
	if (!boot || leave_unsigned(&w, boot, &err) < 0)
		SKIP("a mount namespace takes root");
	verity_played.state = VERITY_OFF;
	CHECK(mended(boot) == 2 && verity_played.enabled == 0);
	CHECK_OK(buf_putf(&boot->policy, &err, "appraise func=BPRM_CHECK fsuuid=0 x\n"), &err);
	CHECK(mended(boot) == 3 && verity_played.enabled == 1);
	verity_played.state = VERITY_NONE;
	CHECK(mended(boot) == 2);
	buf_done(&boot->policy);
}

static size_t told;

static int count(void *ctx, struct package **package, struct err *err)
{
	(void)ctx;
	(void)err;
	told += strcmp((*package)->deb.package, "t") == 0;
	return 0;
}

static bool only(void *ctx, const char *name, const char *arch)
{
	return strcmp(name, ctx) == 0 && strcmp(arch, "all") == 0;
}

static void texts_are_kept_and_pruned(void)
{
	static char wanted[] = "t";
	static char other[] = "u";
	CLEANUP(world_done) struct world w;
	struct store_reading r = { .dir = "store/below", .fn = count };
	struct err err = ERR_INIT;

	CHECK_OK(world_init(&w, &err), &err);
	r.trusted = &w.trusted;
	told = 0;
	CHECK(store_is_empty(r.dir));
	CHECK_OK(store_each(&r, &err), &err);
	CHECK_OK(store_put(r.dir, w.package, &w.text, &err), &err);
	CHECK(!store_is_empty(r.dir) && io_exists("store/below/t_1_all"));
	CHECK_OK(store_each(&r, &err), &err);
	CHECK(told == 1);
	r.wanted = only;
	r.ctx = wanted;
	CHECK_OK(store_each(&r, &err), &err);
	CHECK(told == 2);
	r.ctx = other;
	CHECK_OK(store_each(&r, &err), &err);
	CHECK(told == 2 && !store_is_empty(r.dir));
	CHECK(system("echo >store/below/u_1_all; echo >store/below/odd") == 0);
	r.prune = true;
	CHECK_OK(store_each(&r, &err), &err);
	CHECK(told == 2 && store_is_empty(r.dir));
	memcpy(w.package->deb.version, "../x", 5);
	CHECK_FAILS(store_put(r.dir, w.package, &w.text, &err), &err, "with a slash");
}

static const struct unit_case cases[] = {
	CASE(v2_signatures_are_attached),
	CASE(what_a_script_changed_takes_a_key),
	CASE(other_content_is_nobodys),
	CASE(verity_waits_for_writers),
	CASE(a_deleted_file_is_left_alone),
	CASE(what_is_vouched_for_is_signed),
	CASE(what_is_vouched_for_is_frozen_first),
	CASE(what_has_another_meaning_is_not_signed),
	CASE(what_is_not_held_open_is_looked_at_again),
	CASE(texts_are_kept_and_pruned),
	CASE(the_boot_mends_by_the_file_systems_profile),
	CASE_END,
};
UNIT_MAIN(cases)
