// SPDX-License-Identifier: Apache-2.0
/* turn.c - see turn.h. */
#include "sched/turn.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int nk_schedule_turns(pid_t thread, int policy, uint64_t turn_ns)
{
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = (uint32_t)policy,
		.nice = getpriority(PRIO_PROCESS, (id_t)thread),
		.runtime = turn_ns,
	};

	return syscall(SYS_sched_setattr, thread, &attributes, 0) ? -errno : 0;
}
