/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.h - what the three parts of nk-cell share.
 *
 * nk-cell.c reads the command line, watches the cell from outside and mirrors its end. mounts.c lays the file tree
 * of the cell. init.c is process 1 of the cell.
 */
#ifndef CELL_H
#define CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CELL_MAX_BINDS 64
#define CELL_MAX_SETENV 64
#define CELL_UID_RANGE 65536u

/* Exit codes of sysexits.h that nk-cell uses for its own failures; every other code is the init command's. */
enum {
	CELL_USAGE = 64,
	CELL_UNAVAILABLE = 69,
	CELL_OSERR = 71,
	CELL_CANTCREAT = 73,
	CELL_NOPERM = 77,
	CELL_CONFIG = 78,
};

struct cell_bind {
	const char *source;
	const char *target;
	bool read_only;
	int tree; /* a detached copy of source, taken before anything covers it */
};

struct cell {
	const char *name;
	char *dir;
	char *home; /* NULL: none */
	uint32_t uid_base; /* 0: the cell's root is the caller, and there is no other uid */
	bool lifeline;
	bool tun;
	int log; /* descriptor, -1: the caller's stdout and stderr */
	int null; /* /dev/null, opened before /dev is replaced */
	struct cell_bind binds[CELL_MAX_BINDS];
	size_t bind_count;
	char *setenv[CELL_MAX_SETENV];
	size_t setenv_count;
	char **init;
};

/* Prints one line, "nk-cell: NAME: ...", and ends this process. Namespaces end with it: nothing needs undoing. */
__attribute__((noreturn, format(printf, 3, 4)))
void cell_die(const struct cell *cell, int status, const char *format, ...);

/* Lays everything but proc, sysfs and devpts in the caller's mount namespace, which must be its own. */
void cell_prepare_mounts(struct cell *cell);

/* The three that belong to the new pid, network and user namespaces; called inside them. */
void cell_finish_mounts(const struct cell *cell);

/*
 * Process 1. Sets the inside up, writes one byte to `ready`, waits for one on `go`, runs the init command and does
 * not return. The end of `go` without a byte means that the watcher died.
 */
__attribute__((noreturn))
void cell_init(const struct cell *cell, int go, int ready);

#endif
