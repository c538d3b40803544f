// SPDX-License-Identifier: Apache-2.0
/* bystander.c - see bystander.h. */
#include "sched/bystander.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sched/pair.h"
#include "sched/session.h"

/* Linux: kernel/sched/syscalls.c, __setparam_fair(). */
#define SHORTEST_TURN_NS 100000

/* struct sched_attr of sched_setattr(2), whose header <linux/sched/types.h> does not go with <sched.h>. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

/* A kernel before 6.12 does not look at the runtime of a normal thread. */
static int take_short_turns(pid_t thread)
{
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = SCHED_OTHER,
		.nice = getpriority(PRIO_PROCESS, (id_t)thread),
		.runtime = SHORTEST_TURN_NS,
	};

	return syscall(SYS_sched_setattr, thread, &attributes, 0) ? -errno : 0;
}

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
		error = take_short_turns(thread);
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
