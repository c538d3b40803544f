// SPDX-License-Identifier: Apache-2.0
/* turn.c - see turn.h. */
#include "sched/turn.h"

#include <errno.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int nk_schedule_turns(pid_t thread, int policy, uint64_t turn_ns)
{
	const struct sched_attr attributes = {
		.size = sizeof(attributes),
		.sched_policy = (uint32_t)policy,
		.sched_nice = getpriority(PRIO_PROCESS, (id_t)thread),
		.sched_runtime = turn_ns,
	};

	return syscall(SYS_sched_setattr, thread, &attributes, 0) ? -errno : 0;
}
