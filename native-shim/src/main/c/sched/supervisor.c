// SPDX-License-Identifier: Apache-2.0
/* supervisor.c - see supervisor.h. */
#include "sched/supervisor.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

int nk_schedule_supervisor(void)
{
	/* Both at once, so that no child can come in between; and RestrictRealtime= of systemd lets this call pass. */
	struct sched_attr attributes = {
		.size = sizeof(attributes),
		.sched_policy = SCHED_NORMAL,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK,
		.sched_nice = NK_SUPERVISOR_NICE,
	};

	return syscall(SYS_sched_setattr, 0, &attributes, 0) ? -errno : 0;
}
