/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell.h - what the parts of nk-cell share.
 *
 * nk-cell.c watches the cell from outside and mirrors its end; options.c reads the command line. mounts.c lays the file
 * tree of the cell. init.c is process 1 of the cell; services.c is what it knows of the commands that it starts anew.
 * cgroup.c puts it all into the control groups that limit it. devices.c has the devices that belong to the cell alone, and
 * moves network interfaces there and back by means of netif.c.
 */
#ifndef CELL_H
#define CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netif.h"

#define CELL_MAX_BINDS 64
#define CELL_MAX_SETENV 64
#define CELL_MAX_SERVICES 16
#define CELL_MAX_CGROUPS 4
#define CELL_MAX_CLAIMS 128
#define CELL_MAX_INTERFACES 32
#define CELL_MAX_DEVICES 32
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

struct cell_cgroup {
	const char *path; /* its cgroup.procs */
	int fd; /* -1: it could not be opened, which was said */
};

struct cell_claim {
	const char *file; /* in the registry */
	const char *what; /* the device, for people */
	int fd; /* the lock, until the end of the watcher */
};

struct cell_interface {
	const char *name;
	struct netif before; /* what it was on the machine */
	int index; /* in the cell's network namespace; 0: it is not there */
};

struct cell_netns {
	int netns;
	int socket; /* for rtnetlink there */
};

struct cell {
	const char *name;
	char *dir;
	char *home; /* NULL: none */
	uint32_t uid_base; /* 0: the cell's root is the caller, and there is no other uid */
	bool lifeline;
	bool tun;
	bool bare; /* no cell is made: this process becomes the init command */
	int log; /* descriptor, -1: the caller's stdout and stderr */
	int null; /* /dev/null, opened before /dev is replaced */
	struct cell_bind binds[CELL_MAX_BINDS];
	size_t bind_count;
	char *setenv[CELL_MAX_SETENV];
	size_t setenv_count;
	char **init; /* its first is NULL: there is none, the cell lives until it is told to end */
	char **services[CELL_MAX_SERVICES]; /* commands, each ended by NULL */
	size_t service_count;
	struct cell_cgroup cgroups[CELL_MAX_CGROUPS];
	size_t cgroup_count;
	const char *registry; /* directory of the claims */
	int registry_fd;
	const char *owner; /* who this is, for others that want the same device */
	struct cell_claim claims[CELL_MAX_CLAIMS];
	size_t claim_count;
	struct cell_interface interfaces[CELL_MAX_INTERFACES];
	size_t interface_count;
	struct cell_netns machine;
	struct cell_netns inside;
	const char *devices[CELL_MAX_DEVICES]; /* paths of device nodes */
	size_t device_count;
	pid_t deputy; /* 0: none */
	int deputy_line; /* a byte ends the deputy */
};

/* Prints one line, "nk-cell: NAME: ...", and ends this process. Namespaces end with it: nothing needs undoing. */
__attribute__((noreturn, format(printf, 3, 4)))
void cell_die(const struct cell *cell, int status, const char *format, ...);

/* Reads the command line into a cell that has its defaults; a mistake ends this process. */
void cell_parse(struct cell *cell, int argc, char **argv);

/* Opens the control groups, as long as the caller has the machine's file tree and user. */
void cell_cgroups_open(struct cell *cell);

/* Moves a process that has no children yet, and closes the control groups. */
void cell_cgroups_enter(const struct cell *cell, pid_t pid);

/* Enters the control groups itself, and becomes the init command in the environment that it has. */
__attribute__((noreturn))
void cell_become(struct cell *cell);

/* Claims every device, or ends this process; as long as the caller has the machine's file tree and user. */
void cell_devices_claim(struct cell *cell);

/* Moves the interfaces into the network namespace of a process that waits, or ends both. */
void cell_devices_give(struct cell *cell, pid_t pid);

/* Moves them back, once nothing runs in the cell. */
void cell_devices_return(struct cell *cell);

/* Gives the claims back, after that. */
void cell_devices_release(struct cell *cell);

/* Lays everything but proc, sysfs and devpts in the caller's mount namespace, which must be its own. */
void cell_prepare_mounts(struct cell *cell);

/* The three that belong to the new pid, network and user namespaces; called inside them. */
void cell_finish_mounts(const struct cell *cell);

/*
 * Process 1. Sets the inside up, writes one byte to `ready`, waits for one on `go`, runs the init command and the
 * services, and does not return. The end of `go` without a byte means that the watcher died.
 */
__attribute__((noreturn))
void cell_init(const struct cell *cell, int go, int ready);

/*
 * Starts a command in a session and with an environment of its own; `nice` is its session's weight (sched/session.h).
 * Returns its pid, or -1 with errno set.
 */
pid_t cell_spawn(const struct cell *cell, char **command, int nice);

/* Starts every service. */
void cell_services_start(const struct cell *cell);

/*
 * Starts those whose pause is over, and gives a session its weight that has become needed. Returns milliseconds until there
 * is something to do again, -1 if nothing.
 */
int cell_services_restart(const struct cell *cell);

/* A child has ended with this status of waitpid; false if it was no service. */
bool cell_services_ended(const struct cell *cell, pid_t pid, int status);

/* Sends TERM to every service; none is started any more. */
void cell_services_end(const struct cell *cell);

/* Whether a service runs. */
bool cell_services_run(const struct cell *cell);

#endif
