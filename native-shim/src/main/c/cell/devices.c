/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices.c - the devices that belong to one cell and to nobody else. (mounts.c makes the device nodes.)
 *
 * Claims. The watcher takes a lock file for each device (claim/claim.h) before anything is made, and has it until its
 * end. One that another OS has ends the start, with the owner's name. One that this OS's own watcher of before still
 * has is waited for: it is giving the interfaces back.
 *
 * Interfaces. They are moved into the cell's network namespace before its process 1 runs anything, and moved back when
 * that has ended, under the names that they had: a virtual interface would be destroyed with its namespace. The watcher
 * has a socket of either namespace, which keep them alive; nothing in the cell can reach those.
 *
 * The deputy. A watcher that is killed takes its cell along and moves nothing. So it has a child that does nothing as
 * long as it lives, and has its descriptors, the locks among them: if it is killed, the child waits for the end of
 * process 1 and moves the interfaces back. If both are killed at once, virtual interfaces are lost; the kernel moves
 * others back to the machine's first namespace by itself.
 */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claim/claim.h"

#define CLAIM_WAIT_MS 5000
#define CLAIM_PAUSE_MS 10
/* How many names are tried for an interface that comes back: its own, and with _1, _2 and so on behind it. */
#define RETURN_NAMES 10

/* A line for whoever looks after the machine, in the log, which the cell's programs write to as well. */
__attribute__((format(printf, 2, 3)))
static void say(const struct cell *cell, const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dprintf(cell->log >= 0 ? cell->log : STDERR_FILENO, "nk-cell: %s: %s\n", cell->name, text);
}

static void take(struct cell *cell, struct cell_claim *claim)
{
	const struct timespec pause = { .tv_nsec = CLAIM_PAUSE_MS * 1000000L };
	const size_t length = strlen(cell->owner);
	char owner[NK_CLAIM_OWNER_LENGTH];

	for (int waited = 0;; waited += CLAIM_PAUSE_MS) {
		claim->fd = nk_claim_take(cell->registry_fd, claim->file, cell->owner);
		if (claim->fd >= 0)
			return;
		if (claim->fd != -EWOULDBLOCK)
			cell_die(cell, CELL_UNAVAILABLE, "cannot claim %s in %s: %s", claim->what, cell->registry,
				 strerror(-claim->fd));
		if (nk_claim_owner(cell->registry_fd, claim->file, owner) <= 0)
			strcpy(owner, "somebody who is about to start");
		if (strncmp(owner, cell->owner, length) != 0 || owner[length] != ',' || waited >= CLAIM_WAIT_MS)
			cell_die(cell, CELL_UNAVAILABLE, "%s belongs to %s", claim->what, owner);
		nanosleep(&pause, NULL);
	}
}

void cell_devices_claim(struct cell *cell)
{
	if (!cell->claim_count)
		return;
	cell->registry_fd = open(cell->registry, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cell->registry_fd < 0)
		cell_die(cell, CELL_UNAVAILABLE, "cannot open %s: %s", cell->registry, strerror(errno));
	for (size_t i = 0; i < cell->claim_count; i++)
		take(cell, &cell->claims[i]);
}

/* What an error of moving an interface into the cell means. */
static const char *reason(int error)
{
	switch (error) {
	case -ENODEV:
		return "there is no such interface";
	case -EPERM:
		return "only root may, with CAP_SYS_ADMIN and CAP_NET_ADMIN";
	case -EEXIST:
		return "each network namespace has one of that name";
	case -EINVAL:
	case -EOPNOTSUPP:
		return "this kind of interface stays in its network namespace";
	default:
		return strerror(-error);
	}
}

/* Ends the cell that is being made. */
__attribute__((noreturn))
static void refuse(struct cell *cell, pid_t pid, const struct cell_interface *interface, int error, const char *why)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cell_devices_return(cell);
	cell_devices_release(cell);
	cell_die(cell, error == -EPERM ? CELL_NOPERM : CELL_UNAVAILABLE, "interface %s cannot be given to a cell: %s",
		 interface->name, why);
}

/* Opens a socket in the cell's network namespace, and comes back. */
static void open_namespaces(struct cell *cell, pid_t pid)
{
	char path[64];
	int inside;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	inside = open(path, O_RDONLY | O_CLOEXEC);
	cell->machine.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	cell->machine.socket = netif_socket();
	if (inside < 0 || cell->machine.netns < 0 || setns(inside, CLONE_NEWNET) < 0) {
		error = -errno;
	} else {
		cell->inside.netns = inside;
		cell->inside.socket = netif_socket();
		if (setns(cell->machine.netns, CLONE_NEWNET) < 0)
			error = -errno;
	}
	if (!error && (cell->machine.socket < 0 || cell->inside.socket < 0))
		error = cell->machine.socket < 0 ? cell->machine.socket : cell->inside.socket;
	if (error)
		refuse(cell, pid, &cell->interfaces[0], error, reason(error));
}

static int move_in(struct cell *cell, struct cell_interface *interface, const char **why)
{
	int index = netif_index(cell->machine.socket, interface->name);
	int error = index < 0 ? index : netif_read(cell->machine.socket, index, &interface->before);

	if (!error && strcmp(interface->before.name, interface->name) != 0) {
		*why = "that is not its name but one that it has beside it";
		return -ENODEV;
	}
	if (!error)
		error = netif_move(cell->machine.socket, index, cell->inside.netns, interface->name);
	*why = reason(error);
	if (error)
		return error;
	/* The same number as before, unless the kernel had made an interface of that number there. */
	interface->index = netif_index(cell->inside.socket, interface->name);
	if (interface->index < 0)
		interface->index = index;
	return 0;
}

static void move_back(const struct cell *cell, const struct cell_interface *interface)
{
	char name[IF_NAMESIZE];
	struct netif now;
	int error;

	netif_reset(cell->inside.socket, interface->index, &interface->before);
	error = netif_read(cell->inside.socket, interface->index, &now);
	if (error) {
		/* Maybe the other one, watcher or deputy, has been here. */
		if (netif_index(cell->machine.socket, interface->name) < 0)
			say(cell, "interface %s does not come back: it was removed or moved on in the OS", interface->name);
		return;
	}
	error = -EEXIST;
	for (int attempt = 0; attempt < 2 * RETURN_NAMES && error == -EEXIST; attempt++) {
		if (attempt % RETURN_NAMES == 0)
			snprintf(name, sizeof(name), "%s", interface->name);
		else
			snprintf(name, sizeof(name), "%.10s_%d", interface->name, attempt % RETURN_NAMES);
		/* A name that the OS gave it beside its own may be in the way. */
		if (attempt == RETURN_NAMES)
			(void)netif_drop_other_names(cell->inside.socket, interface->index);
		error = netif_move(cell->inside.socket, interface->index, cell->machine.netns, name);
	}
	if (error == -ENODEV)
		/* It went, kept the name that the OS would not let it lose, and was then refused its own. */
		snprintf(name, sizeof(name), "%s", now.name);
	if (error && error != -ENODEV)
		say(cell, "interface %s cannot be moved back: %s", interface->name, strerror(-error));
	else if (strcmp(name, interface->name) != 0)
		say(cell, "interface %s came back as %s: its name was given to another one meanwhile", interface->name,
		    name);
}

void cell_devices_return(struct cell *cell)
{
	for (size_t i = 0; i < cell->interface_count; i++) {
		if (cell->interfaces[i].index > 0)
			move_back(cell, &cell->interfaces[i]);
		cell->interfaces[i].index = 0;
	}
}

static void give_back_claims(const struct cell *cell)
{
	for (size_t i = 0; i < cell->claim_count; i++)
		nk_claim_give_back(cell->registry_fd, cell->claims[i].file, cell->claims[i].fd);
}

void cell_devices_release(struct cell *cell)
{
	char byte = 1;

	if (cell->deputy) {
		/* The locks are its, too, as long as it lives. */
		if (write(cell->deputy_line, &byte, 1) != 1)
			kill(cell->deputy, SIGKILL);
		waitpid(cell->deputy, NULL, 0);
	}
	give_back_claims(cell);
}

__attribute__((noreturn))
static void stand_by(struct cell *cell, int line, int init)
{
	struct pollfd ended = { .fd = init, .events = POLLIN };
	char byte;
	ssize_t told;

	close(cell->deputy_line);
	while ((told = read(line, &byte, 1)) < 0 && errno == EINTR)
		;
	if (told == 1)
		_exit(0);
	/* The watcher was killed, and process 1 gets KILL by its parent-death signal. */
	while (poll(&ended, 1, -1) < 0 && errno == EINTR)
		;
	cell_devices_return(cell);
	give_back_claims(cell);
	_exit(0);
}

static void start_deputy(struct cell *cell, pid_t pid)
{
	int init = (int)syscall(SYS_pidfd_open, pid, 0);
	int line[2];

	if (init < 0 || pipe2(line, O_CLOEXEC) < 0) {
		say(cell, "nobody moves the interfaces back if nk-cell is killed: %s", strerror(errno));
		return;
	}
	cell->deputy_line = line[1];
	cell->deputy = fork();
	if (cell->deputy == 0)
		stand_by(cell, line[0], init);
	if (cell->deputy < 0) {
		say(cell, "nobody moves the interfaces back if nk-cell is killed: %s", strerror(errno));
		cell->deputy = 0;
		close(line[1]);
	}
	close(line[0]);
	close(init);
}

void cell_devices_give(struct cell *cell, pid_t pid)
{
	if (!cell->interface_count)
		return;
	open_namespaces(cell, pid);
	for (size_t i = 0; i < cell->interface_count; i++) {
		const char *why;
		int error = move_in(cell, &cell->interfaces[i], &why);

		if (error)
			refuse(cell, pid, &cell->interfaces[i], error, why);
	}
	start_deputy(cell, pid);
}
