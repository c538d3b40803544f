/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h - how the thread is scheduled that moves an OS's frames: the router's data loop, the agent. */
#ifndef NK_SCHED_ENDPOINT_H
#define NK_SCHED_ENDPOINT_H

/*
 * Makes the calling thread one that preempts nobody when it is woken (SCHED_BATCH of sched(7)), and that keeps a
 * processor which others wait for longer than usual; its share of the processor stays the same. Where it may run on
 * exactly two processors it is kept to the second of them: so both ends of a ring share a processor and its caches, and
 * the programs whose frames they move have the other one. With more, or with one, the kernel chooses. Needs no right.
 * Returns 0 or -errno: it is scheduled as before then, or in part.
 */
int nk_schedule_endpoint(void);

#endif
