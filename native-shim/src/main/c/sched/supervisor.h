/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor.h - how the process is scheduled that watches the OSes: the nanokernel. */
#ifndef NK_SCHED_SUPERVISOR_H
#define NK_SCHED_SUPERVISOR_H

/* Real-time priority (SCHED_FIFO of sched(7)) of the thread that watches; its other threads have one less. */
#define NK_SUPERVISOR_PRIORITY 2

/* The nice value instead, where real time is not allowed. */
#define NK_SUPERVISOR_NICE (-15)

/*
 * Puts the process before what it supervises: it has its turn at once, however busy the OSes are. The calling thread
 * first, but all others too, also those that they start later, since the one that watches waits for them: in Java, a
 * pause begins when the last thread has come to a halt, and ends when the virtual machine's own is done. Only the
 * programs and threads that the calling thread starts are scheduled as usual (SCHED_FLAG_RESET_ON_FORK of
 * sched_setattr(2)): it is the one to start OSes. What it takes from them is little, as long as the process has little
 * to do. Returns 0, or -errno: the process is scheduled as before then. -EPERM: that needs CAP_SYS_NICE, or RLIMIT_RTPRIO
 * or RLIMIT_NICE of getrlimit(2).
 */
int nk_schedule_supervisor(void);

#endif
