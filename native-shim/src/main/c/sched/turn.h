/* SPDX-License-Identifier: Apache-2.0 */
/* turn.h - for how long a thread keeps a processor that others wait for. */
#ifndef NK_SCHED_TURN_H
#define NK_SCHED_TURN_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Sets the policy of a thread, 0 for the calling one: SCHED_OTHER or SCHED_BATCH of sched(7); and its turn, 100 us to
 * 100 ms, which a kernel before 6.12 does not look at (kernel/sched/syscalls.c, __setparam_fair()). Its nice value stays
 * as it is. Returns 0 or -errno: it is scheduled as before then.
 */
int nk_schedule_turns(pid_t thread, int policy, uint64_t turn_ns);

#endif
