/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing what the next boot does, whole or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/next_boot/bundle.h"
#include "assay/dispatch.h"
#include "assay/next_boot/files.h"
#include "assay/next_boot/images.h"
#include "base/io.h"
#include "cli/progress.h"

#define LOG_TAIL 2000 /* bytes of it that are shown */
#define CONFIG_MODE 0644

/* Where things were before, so that they can be put back. */
struct undo {
	const struct change *change;
	struct buf config; /* the old text */
	bool had_config;
	bool keep_config; /* it can't be read, so it can't be edited either */
	mode_t config_mode;
	struct images images; /* as they were */
	char bundle[HOST_PATH_MAX];
	char new_dir[HOST_PATH_MAX];
	char old_dir[HOST_PATH_MAX];
	char config_path[HOST_PATH_MAX];
	bool had_bundle;
	bool moved;
	bool configured;
};

static int read_config(struct undo *u, struct err *err)
{
	int rc = host_read(u->change->host, CONFIG_PATH, &u->config, &u->had_config, err);

	u->keep_config = rc < 0 && u->change->config_damaged;
	return u->keep_config ? 0 : rc;
}

static int prepare(struct undo *u, struct err *err)
{
	const struct host *host = u->change->host;
	struct stat st;

	if (host_path(host, BUNDLE_HOST_DIR, u->bundle, err) < 0 ||
	    host_path(host, BUNDLE_NEW_DIR, u->new_dir, err) < 0 ||
	    host_path(host, BUNDLE_OLD_DIR, u->old_dir, err) < 0 ||
	    host_path(host, CONFIG_PATH, u->config_path, err) < 0 || read_config(u, err) < 0 ||
	    (u->change->initramfs && images_read(host, &u->images, err) < 0))
		return -1;
	u->config_mode = stat(u->config_path, &st) == 0 ? st.st_mode & 07777 : CONFIG_MODE;
	/* Cut off, an earlier disable left the bundle of a configuration that is still on there. */
	if (u->change->before != MODE_OFF && !io_exists(u->bundle) && io_exists(u->old_dir) &&
	    files_move(u->old_dir, u->bundle, err) < 0)
		return -1;
	u->had_bundle = io_exists(u->bundle);
	/* What an earlier disable left shows that it was cut off, until this one is through. */
	if (u->change->mode == MODE_OFF && !u->had_bundle)
		return 0;
	return files_remove_tree(u->old_dir, err);
}

/* At no moment is there no bundle where one is configured. */
static int swap_bundles(struct undo *u, struct err *err)
{
	int rc = 0;

	if (u->change->mode == MODE_OFF)
		rc = u->had_bundle ? files_move(u->bundle, u->old_dir, err) : 0;
	else if (u->had_bundle)
		rc = files_exchange(u->new_dir, u->bundle, err);
	else
		rc = files_move(u->new_dir, u->bundle, err);
	u->moved = rc == 0;
	return rc;
}

static int swap_back(struct undo *u, struct err *err)
{
	if (!u->moved)
		return 0;
	if (u->change->mode == MODE_OFF)
		return u->had_bundle ? files_move(u->old_dir, u->bundle, err) : 0;
	if (u->had_bundle)
		return files_exchange(u->new_dir, u->bundle, err);
	return files_move(u->bundle, u->new_dir, err);
}

static int write_config(struct undo *u, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONFIG_MAX);
	AUTO_STR dir = strdup(u->config_path);

	/* Without one nothing is enforced: none is made to say so. */
	if (u->keep_config || (u->change->mode == MODE_OFF && !u->had_config))
		return 0;
	if (!dir)
		return err_set(err, "out of memory");
	*strrchr(dir, '/') = '\0';
	if (io_make_dirs(dir, err) < 0 ||
	    config_edit(&u->config, "mode", settings_mode_name(u->change->mode), &text, err) < 0)
		return -1;
	u->configured = true;
	return io_replace_file(u->config_path, &text, u->config_mode, err);
}

/* The end of what it said, for the operator who has to find out why. */
static void show_log(void)
{
	AUTO_BUF text = BUF_INIT(UPDATE_LOG_MAX);
	const char *at;

	if (io_read_file(UPDATE_LOG, &text, NULL) < 0)
		return;
	at = buf_text(&text) + (text.len > LOG_TAIL ? text.len - LOG_TAIL : 0);
	(void)fprintf(stderr, "%s", at);
}

static int update_initramfs(const struct change *change, bool quiet, struct err *err)
{
	char words[5][20] = { "update-initramfs", "-u", "-k", "all" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	struct progress progress;
	int code;
	int rc;

	if (!change->initramfs)
		return 0;
	progress_init(&progress, "making every initramfs anew, a minute or so");
	progress_say(&progress);
	rc = dispatch_run_path(UPDATE_INITRAMFS, argv, UPDATE_LOG, &code, err);
	progress_done(&progress);
	if (rc < 0)
		return -1;
	if (code == 0)
		return 0;
	if (!quiet)
		show_log();
	return err_set(err, UPDATE_INITRAMFS " -u -k all: ended with exit code %d", code);
}

/* It may do nothing and end well: told so by its configuration, or /boot is not there. */
static int renew_initramfs(struct undo *u, struct err *err)
{
	if (update_initramfs(u->change, false, err) < 0)
		return -1;
	if (u->change->initramfs && images_renewed(u->change->host, &u->images, err) < 0)
		return err_prepend(err, UPDATE_INITRAMFS " -u -k all");
	return 0;
}

/* Puts back what was, as far as it goes; what can't be put back is said. */
static void put_back(struct undo *u, bool rebuilt)
{
	struct err err = ERR_INIT;
	int rc = 0;

	if (u->configured && u->had_config)
		rc |= io_replace_file(u->config_path, &u->config, u->config_mode, &err);
	else if (u->configured)
		rc |= remove(u->config_path);
	rc |= swap_back(u, &err);
	if (rebuilt)
		rc |= update_initramfs(u->change, true, &err);
	if (rc)
		(void)fprintf(stderr, "assay: could not put everything back: %s\n", err.text);
}

/* All is done by now: what can't be removed is in nobody's way, and the next change removes it. */
static void tidy(const struct undo *u)
{
	struct err err = ERR_INIT;

	if (files_remove_tree(u->old_dir, &err) < 0 || files_remove_tree(u->new_dir, &err) < 0)
		(void)fprintf(stderr, "assay: left behind: %s\n", err.text);
}

int change_apply(const struct change *change, struct err *err)
{
	AUTO_MEM struct undo *u = calloc(1, sizeof(*u));
	bool rebuilt = false;
	int rc;

	if (!u)
		return err_set(err, "out of memory");
	if (change->initramfs && !host_has(change->host, UPDATE_INITRAMFS))
		return err_set(err, "update-initramfs is not installed, so no initramfs can be "
				    "made anew: 'apt-get install initramfs-tools', or "
				    "--no-initramfs where something else makes it");
	u->change = change;
	u->config.max = CONFIG_MAX;
	rc = prepare(u, err);
	if (rc == 0) {
		rc = swap_bundles(u, err);
		rc = rc < 0 ? rc : write_config(u, err);
		rebuilt = rc == 0;
		rc = rc < 0 ? rc : renew_initramfs(u, err);
		if (rc < 0)
			put_back(u, rebuilt);
	}
	if (rc == 0)
		tidy(u);
	images_done(&u->images);
	buf_done(&u->config);
	return rc;
}
