// SPDX-License-Identifier: Apache-2.0
/*
 * process.c - descriptors for processes, and how a thread is scheduled. The former by number, because the C library may be
 * older than the kernel.
 */
#include "nk_shim.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int nks_process_pidfd_open(int pid)
{
	/* The kernel sets close-on-exec by itself. */
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

int nks_process_pidfd_send_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) ? -errno : 0;
}

int nks_process_batch_thread(void)
{
	const struct sched_param none = {0};

	return sched_setscheduler(0, SCHED_BATCH, &none) ? -errno : 0;
}
