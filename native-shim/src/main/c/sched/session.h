/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - how much a session counts beside others (autogroup of sched(7)). */
#ifndef NK_SCHED_SESSION_H
#define NK_SCHED_SESSION_H

#include <sys/types.h>

#define NK_SESSION_LEAST 19
/* What every session has at first. */
#define NK_SESSION_USUAL 0

/*
 * Sets the nice value of a process's whole session, -20 to 19; one below the usual needs a right, and a kernel takes ten
 * changes a second from who has none. Nothing happens where the kernel does not weigh sessions. Returns 0 or -errno;
 * EAGAIN: the ten are used up, by whomever.
 */
int nk_weigh_session(pid_t process, int nice);

#endif
