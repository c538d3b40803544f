// SPDX-License-Identifier: Apache-2.0
/* bystander.c - see bystander.h. */
#include "sched/bystander.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "sched/pair.h"
#include "sched/session.h"
#include "sched/turn.h"

/* There are none shorter. */
#define TURN_NS 100000

/*
 * Of the processors on which nobody but such threads run the kernel thinks as of idle ones, and gives them to who wakes
 * up; it moves nobody away for the sake of one (sched_idle_cpu of the kernel's sched/fair.c).
 */
static int count_as_idle(pid_t thread)
{
	const struct sched_param none = {0};

	return sched_setscheduler(thread, SCHED_IDLE, &none) ? -errno : 0;
}

static int step_back(pid_t thread)
{
	int error = nk_keep_to_one_of_two(thread, false);

	if (!error)
		error = nk_schedule_turns(thread, SCHED_OTHER, TURN_NS);
	return error ? error : count_as_idle(thread);
}

int nk_schedule_bystander(void)
{
	/* The calling thread first: what it starts from now on inherits it. */
	int error = step_back(0);
	DIR *threads = error ? NULL : opendir("/proc/self/task");

	if (error)
		return error;
	if (!threads)
		return -errno;
	for (struct dirent *entry = readdir(threads); entry; entry = readdir(threads)) {
		pid_t thread = atoi(entry->d_name);

		/* Of "." and ".." there is no number; and a thread that has ended meanwhile is none to keep anywhere. */
		if (thread)
			step_back(thread);
	}
	closedir(threads);
	if (getsid(0) == getpid())
		nk_weigh_session(getpid(), NK_SESSION_LEAST);
	return 0;
}
