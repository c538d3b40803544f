/* SPDX-License-Identifier: Apache-2.0 */
/* bystander.h - how a process is scheduled that looks at frames and may be late: a capture. */
#ifndef NK_SCHED_BYSTANDER_H
#define NK_SCHED_BYSTANDER_H

/*
 * Lets the frames go first. In a session that began with this process (nk-aside) all other sessions have their turn
 * before it, where the kernel weighs sessions (autogroup of sched(7)); any other session is its user's, and keeps its
 * weight. Threads that may run on exactly two processors are kept to the first of them: the second is where frames are
 * moved (sched/endpoint.h), by threads that wait for the end of anybody's turn. Their turns are as short as the kernel
 * lets them be, and they are of SCHED_IDLE (sched(7)), so that the kernel drives nobody to the other processor for their
 * sake. Threads that are started later inherit that. Needs no right, but one to be of another policy again. Returns 0 or
 * -errno: it is scheduled as before then, or in part.
 */
int nk_schedule_bystander(void);

#endif
