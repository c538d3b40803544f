// SPDX-License-Identifier: Apache-2.0
/* process.c - descriptors for processes. By number, because the C library may be older than the kernel. */
#include "nk_shim.h"

#include <errno.h>
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
