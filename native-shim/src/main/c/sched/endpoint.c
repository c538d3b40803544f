// SPDX-License-Identifier: Apache-2.0
/* endpoint.c - see endpoint.h. */
#include "sched/endpoint.h"

#include <errno.h>
#include <sched.h>

#include "sched/pair.h"

int nk_schedule_endpoint(void)
{
	const struct sched_param none = {0};

	if (sched_setscheduler(0, SCHED_BATCH, &none))
		return -errno;
	return nk_keep_to_one_of_two(0, true);
}
