// SPDX-License-Identifier: Apache-2.0
/* supervisor.c - see supervisor.h. */
#include "sched/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Policy, value and flags at once, so that no child can come in between. */
static int schedule(pid_t thread, const struct sched_attr *attributes)
{
	return syscall(SYS_sched_setattr, thread, attributes, 0) ? -errno : 0;
}

/* The best that is allowed to the calling thread, whose children do not inherit it. */
static int schedule_self(struct sched_attr *attributes)
{
	*attributes = (struct sched_attr){
		.size = sizeof(*attributes),
		.sched_policy = SCHED_FIFO,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
		.sched_priority = NK_SUPERVISOR_PRIORITY,
	};
	if (!schedule(0, attributes))
		return 0;
	attributes->sched_policy = SCHED_NORMAL;
	attributes->sched_priority = 0;
	attributes->sched_nice = NK_SUPERVISOR_NICE;
	return schedule(0, attributes);
}

int nk_schedule_supervisor(void)
{
	struct sched_attr attributes;
	int error = schedule_self(&attributes);
	DIR *threads = error ? NULL : opendir("/proc/self/task");

	if (error)
		return error;
	if (!threads)
		return -errno;
	attributes.sched_flags = 0;
	attributes.sched_priority -= attributes.sched_priority ? 1 : 0;
	for (struct dirent *entry = readdir(threads); entry; entry = readdir(threads)) {
		pid_t thread = atoi(entry->d_name);

		/* Of "." and ".." there is no number, and one that has ended is none to put first. */
		if (thread && thread != gettid())
			schedule(thread, &attributes);
	}
	closedir(threads);
	return 0;
}
