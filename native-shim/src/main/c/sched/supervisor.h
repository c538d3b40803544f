/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor.h - how the thread is scheduled that watches the OSes: the nanokernel's. */
#ifndef NK_SCHED_SUPERVISOR_H
#define NK_SCHED_SUPERVISOR_H

/* Its nice value (sched(7)). */
#define NK_SUPERVISOR_NICE (-15)

/*
 * Puts the calling thread before what it supervises: woken, it has its turn soon, however busy the OSes are. It uses
 * next to nothing of a processor, so that nobody gets less. The programs and threads that it starts begin with the
 * usual nice value (SCHED_FLAG_RESET_ON_FORK of sched_setattr(2)). Returns 0, or -errno: it is scheduled as before then.
 * -EPERM: that needs CAP_SYS_NICE, or RLIMIT_NICE of getrlimit(2).
 */
int nk_schedule_supervisor(void);

#endif
