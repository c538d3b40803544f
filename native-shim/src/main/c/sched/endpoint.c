// SPDX-License-Identifier: Apache-2.0
/* endpoint.c - see endpoint.h. */
#include "sched/endpoint.h"

#include <errno.h>
#include <sched.h>

static int share_second_of_two(void)
{
	cpu_set_t allowed;
	int last = CPU_SETSIZE - 1;

	/* A machine with more processors than fit into the set has not two. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return errno == EINVAL ? 0 : -errno;
	if (CPU_COUNT(&allowed) != 2)
		return 0;
	while (!CPU_ISSET(last, &allowed))
		last--;
	CPU_ZERO(&allowed);
	CPU_SET(last, &allowed);
	return sched_setaffinity(0, sizeof(allowed), &allowed) ? -errno : 0;
}

int nk_schedule_endpoint(void)
{
	const struct sched_param none = {0};

	if (sched_setscheduler(0, SCHED_BATCH, &none))
		return -errno;
	return share_second_of_two();
}
