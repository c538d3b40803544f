// SPDX-License-Identifier: Apache-2.0
/*
 * process.c - descriptors for processes, how a thread is scheduled, and the panic trap. The first by number, because the C
 * library may be older than the kernel.
 */
#include "nk_shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sched/bystander.h"
#include "sched/endpoint.h"
#include "sched/supervisor.h"
#include "trap/trap.h"

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

int nks_process_trap(uint64_t header, int socket)
{
	/* HotSpot takes SIGSEGV, SIGBUS, SIGILL and SIGFPE for itself, and ends by abort() where they are errors. */
	static const int signals[] = {SIGABRT, SIGTRAP};

	if (!header) {
		nk_trap_disarm();
		return 0;
	}
	return nk_trap_arm((struct nk_os_header *)(uintptr_t)header, socket, "router", signals,
			   (int)(sizeof(signals) / sizeof(signals[0])));
}

int nks_process_endpoint_thread(void)
{
	return nk_schedule_endpoint();
}

int nks_process_supervisor(void)
{
	return nk_schedule_supervisor();
}

int nks_process_bystander(void)
{
	return nk_schedule_bystander();
}
