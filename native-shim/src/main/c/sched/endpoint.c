// SPDX-License-Identifier: Apache-2.0
/* endpoint.c - see endpoint.h. */
#include "sched/endpoint.h"

#include <sched.h>

#include "sched/pair.h"
#include "sched/turn.h"

/*
 * About twice the usual one on two processors. Who shares a processor with the other end of a ring and with the program
 * behind it moves more at once then, and there is less to begin anew.
 */
#define TURN_NS 3000000

int nk_schedule_endpoint(void)
{
	int error = nk_schedule_turns(0, SCHED_BATCH, TURN_NS);

	if (error)
		return error;
	return nk_keep_to_one_of_two(0, true);
}
