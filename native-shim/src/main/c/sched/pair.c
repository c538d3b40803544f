// SPDX-License-Identifier: Apache-2.0
/* pair.c - see pair.h. */
#include "sched/pair.h"

#include <errno.h>
#include <sched.h>

int nk_keep_to_one_of_two(pid_t thread, bool second)
{
	cpu_set_t allowed;
	int other = second ? 0 : CPU_SETSIZE - 1;

	/* A machine with more processors than fit into the set has not two. */
	if (sched_getaffinity(thread, sizeof(allowed), &allowed))
		return errno == EINVAL ? 0 : -errno;
	if (CPU_COUNT(&allowed) != 2)
		return 0;
	while (!CPU_ISSET(other, &allowed))
		other += second ? 1 : -1;
	CPU_CLR(other, &allowed);
	return sched_setaffinity(thread, sizeof(allowed), &allowed) ? -errno : 0;
}
