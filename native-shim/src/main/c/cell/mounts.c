/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c - the file tree of a cell.
 *
 * The machine's tree is taken over as it is and made read-only, recursively and in one call, so that the programs
 * of the machine run in the cell and no file of the machine can change. Fresh tmpfs cover what has to be writable
 * or private. What the cell has to see below a covered directory is copied as a detached mount first and laid on
 * top last.
 *
 * The whole is laid in a mount namespace that the cell's own user namespace does not own. The cell then gets a
 * copy, in which the kernel locks every mount and its read-only flag: root in the cell can cover mounts, never
 * lift or remount one.
 */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct node {
	const char *path;
	mode_t mode; /* type and permissions */
	dev_t number;
	int tree; /* of the machine's node, for those who may not make nodes; -1 if it has none */
};

#define USUAL_NODES 7

static const char *const covered[] = { "/tmp", "/var/tmp", "/run", "/home", "/root" };

static int take(const struct cell *cell, const char *path)
{
	int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		cell_die(cell, errno == ENOSYS ? CELL_UNAVAILABLE : CELL_CONFIG, "cannot bind %s: %s", path,
			 errno == ENOSYS ? "this needs Linux 5.12 or later" : strerror(errno));
	return tree;
}

static void set_read_only(const struct cell *cell, int fd, const char *path, unsigned int flags, bool read_only)
{
	struct mount_attr attributes = { 0 };

	if (read_only)
		attributes.attr_set = MOUNT_ATTR_RDONLY;
	else
		attributes.attr_clr = MOUNT_ATTR_RDONLY;
	if (mount_setattr(fd, path, flags, &attributes, sizeof(attributes)) < 0)
		cell_die(cell, errno == ENOSYS ? CELL_UNAVAILABLE : CELL_OSERR, "cannot make %s read-%s: %s",
			 *path ? path : "a bind", read_only ? "only" : "write",
			 errno == ENOSYS ? "this needs Linux 5.12 or later" : strerror(errno));
}

static void mount_tmpfs(const struct cell *cell, const char *path, unsigned long flags, const char *mode)
{
	char options[64];

	snprintf(options, sizeof(options), "mode=%s,uid=%u,gid=%u", mode, cell->uid_base, cell->uid_base);
	if (mount("tmpfs", path, "tmpfs", flags, options) < 0)
		cell_die(cell, CELL_OSERR, "cannot mount a tmpfs on %s: %s", path, strerror(errno));
}

static void make_directories(const char *path, bool last_too)
{
	char step[PATH_MAX];
	size_t length = strlen(path);

	for (size_t i = 1; i <= length && i < sizeof(step); i++) {
		if (path[i] != '/' && !(path[i] == '\0' && last_too))
			continue;
		memcpy(step, path, i);
		step[i] = '\0';
		/* What exists, or cannot be made in the read-only tree, shows when something is mounted on it. */
		(void)mkdir(step, 0755);
	}
}

static void lay(const struct cell *cell, const char *source, const char *target, int tree, bool read_only)
{
	struct stat status;

	if (fstat(tree, &status) < 0)
		cell_die(cell, CELL_OSERR, "cannot look at %s: %s", source, strerror(errno));
	make_directories(target, S_ISDIR(status.st_mode));
	if (!S_ISDIR(status.st_mode)) {
		int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd >= 0)
			close(fd);
	}
	if (read_only)
		set_read_only(cell, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, true);
	if (move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		cell_die(cell, CELL_CONFIG, "cannot bind %s on %s: %s", source, target, strerror(errno));
	close(tree);
}

static void make_link(const struct cell *cell, const char *to, const char *path)
{
	if (symlink(to, path) < 0 || lchown(path, cell->uid_base, cell->uid_base) < 0)
		cell_die(cell, CELL_OSERR, "cannot make %s: %s", path, strerror(errno));
}

static void make_dev_directory(const struct cell *cell, const char *path)
{
	if (mkdir(path, 0755) < 0 || chown(path, cell->uid_base, cell->uid_base) < 0)
		cell_die(cell, CELL_OSERR, "cannot make %s: %s", path, strerror(errno));
}

/* A device of the machine that is the cell's alone: so is the node, whoever has that of the machine. */
static struct node given_node(const struct cell *cell, const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		cell_die(cell, CELL_UNAVAILABLE, "device %s: %s", path, strerror(errno));
	if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode))
		cell_die(cell, CELL_UNAVAILABLE, "%s is not a device node", path);
	return (struct node){ path, (status.st_mode & S_IFMT) | 0600, status.st_rdev, take(cell, path) };
}

static void lay_dev(const struct cell *cell, const struct node *nodes, size_t count)
{
	mount_tmpfs(cell, "/dev", MS_NOSUID | MS_NOEXEC, "755");
	make_dev_directory(cell, "/dev/net");
	make_dev_directory(cell, "/dev/pts");
	make_dev_directory(cell, "/dev/shm");
	mount_tmpfs(cell, "/dev/shm", MS_NOSUID | MS_NODEV, "1777");
	for (size_t i = 0; i < count; i++) {
		const struct node *node = &nodes[i];

		make_directories(node->path, false);
		/* Only the machine's own root makes nodes that work; a mount of a node keeps its owner and mode. */
		if (mknod(node->path, node->mode, node->number) == 0) {
			if (chown(node->path, cell->uid_base, cell->uid_base) < 0 ||
			    chmod(node->path, node->mode & 0777) < 0)
				cell_die(cell, CELL_OSERR, "cannot make %s: %s", node->path, strerror(errno));
			if (node->tree >= 0)
				close(node->tree);
		} else if (node->tree >= 0) {
			lay(cell, node->path, node->path, node->tree, false);
		}
	}
	make_link(cell, "pts/ptmx", "/dev/ptmx");
	make_link(cell, "/proc/self/fd", "/dev/fd");
	make_link(cell, "fd/0", "/dev/stdin");
	make_link(cell, "fd/1", "/dev/stdout");
	make_link(cell, "fd/2", "/dev/stderr");
}

void cell_prepare_mounts(struct cell *cell)
{
	const mode_t usual = S_IFCHR | 0666;
	struct node nodes[USUAL_NODES + CELL_MAX_DEVICES] = {
		{ "/dev/null", usual, makedev(1, 3), -1 },    { "/dev/zero", usual, makedev(1, 5), -1 },
		{ "/dev/full", usual, makedev(1, 7), -1 },    { "/dev/random", usual, makedev(1, 8), -1 },
		{ "/dev/urandom", usual, makedev(1, 9), -1 }, { "/dev/tty", usual, makedev(5, 0), -1 },
		{ "/dev/net/tun", usual, makedev(10, 200), -1 },
	};
	size_t node_count = USUAL_NODES;
	int dir;
	int home = -1;
	struct stat status;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		cell_die(cell, CELL_OSERR, "cannot take the mounts over: %s", strerror(errno));
	dir = take(cell, cell->dir);
	if (cell->home)
		home = take(cell, cell->home);
	for (size_t i = 0; i < cell->bind_count; i++)
		cell->binds[i].tree = take(cell, cell->binds[i].source);
	for (size_t i = 0; i < node_count; i++) {
		if (stat(nodes[i].path, &status) == 0)
			nodes[i].tree = take(cell, nodes[i].path);
	}
	for (size_t i = 0; i < cell->device_count; i++)
		nodes[node_count++] = given_node(cell, cell->devices[i]);

	set_read_only(cell, AT_FDCWD, "/", AT_RECURSIVE, true);
	/*
	 * These two are about to be covered by the cell's own. A fresh proc or sysfs is refused when the one below
	 * is locked read-only, and inside the old ones only the machine's root could write anyway.
	 */
	set_read_only(cell, AT_FDCWD, "/proc", 0, false);
	set_read_only(cell, AT_FDCWD, "/sys", 0, false);

	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		bool shared = strstr(covered[i], "tmp") != NULL;

		if (stat(covered[i], &status) == 0 && S_ISDIR(status.st_mode))
			mount_tmpfs(cell, covered[i], MS_NOSUID | MS_NODEV, shared ? "1777" : "755");
	}
	lay_dev(cell, nodes, node_count);
	if (home >= 0)
		lay(cell, cell->home, cell->home, home, true);
	lay(cell, cell->dir, cell->dir, dir, false);
	for (size_t i = 0; i < cell->bind_count; i++)
		lay(cell, cell->binds[i].source, cell->binds[i].target, cell->binds[i].tree, cell->binds[i].read_only);
}

void cell_finish_mounts(const struct cell *cell)
{
	/* /dev/pts has gid 5, tty, where the cell has more than one gid. */
	const char *pts = cell->uid_base ? "newinstance,ptmxmode=0666,mode=0620,gid=5" :
					   "newinstance,ptmxmode=0666,mode=0600";

	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		cell_die(cell, CELL_UNAVAILABLE,
			 "cannot mount /proc: %s%s", strerror(errno),
			 errno == EPERM ? " (parts of the machine's own /proc are masked, as in a container)" : "");
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0 &&
	    /* An empty /sys is better than one that shows the network interfaces of another network namespace. */
	    mount("tmpfs", "/sys", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=555") < 0)
		cell_die(cell, CELL_UNAVAILABLE, "cannot mount /sys: %s", strerror(errno));
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, pts) < 0)
		cell_die(cell, CELL_UNAVAILABLE, "cannot mount /dev/pts: %s", strerror(errno));
}
