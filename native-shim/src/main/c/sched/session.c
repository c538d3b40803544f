// SPDX-License-Identifier: Apache-2.0
/* session.c - see session.h. */
#include "sched/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int nk_weigh_session(pid_t process, int nice)
{
	char path[40];
	int error = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/autogroup", process);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* A kernel that does not weigh sessions lacks the file, or does not look at it. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (dprintf(fd, "%d", nice) < 0)
		error = -errno;
	close(fd);
	return error;
}
