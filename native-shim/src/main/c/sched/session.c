// SPDX-License-Identifier: Apache-2.0
/* session.c - see session.h. */
#include "sched/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void nk_weigh_session(pid_t process, int nice)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/autogroup", process);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* A kernel that does not weigh sessions lacks the file, or does not look at it. */
	if (fd < 0)
		return;
	dprintf(fd, "%d", nice);
	close(fd);
}
