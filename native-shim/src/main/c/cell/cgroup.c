/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.c - puts an OS into the control groups that limit it, before it runs anything of its own.
 *
 * The groups were made, and given their limits, by whoever started nk-cell. One that cannot be entered is a line in the
 * log and no failure: the starter looks into /proc/PID/cgroup for what holds.
 */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void complain(const struct cell *cell, const char *path, int error)
{
	dprintf(cell->log >= 0 ? cell->log : STDERR_FILENO, "nk-cell: %s: cannot enter the control group of %s: %s\n",
		cell->name, path, strerror(error));
}

void cell_cgroups_open(struct cell *cell)
{
	for (size_t i = 0; i < cell->cgroup_count; i++) {
		cell->cgroups[i].fd = open(cell->cgroups[i].path, O_WRONLY | O_CLOEXEC);
		if (cell->cgroups[i].fd < 0)
			complain(cell, cell->cgroups[i].path, errno);
	}
}

void cell_cgroups_enter(const struct cell *cell, pid_t pid)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", pid);

	for (size_t i = 0; i < cell->cgroup_count; i++) {
		if (cell->cgroups[i].fd < 0)
			continue;
		if (write(cell->cgroups[i].fd, text, (size_t)length) != length)
			complain(cell, cell->cgroups[i].path, errno);
		close(cell->cgroups[i].fd);
	}
}

void cell_become(struct cell *cell)
{
	cell_cgroups_open(cell);
	cell_cgroups_enter(cell, getpid());
	execvp(cell->init[0], cell->init);
	cell_die(cell, errno == ENOENT ? 127 : 126, "cannot run %s: %s", cell->init[0], strerror(errno));
}
