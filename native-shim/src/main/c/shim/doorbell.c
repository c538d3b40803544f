// SPDX-License-Identifier: Apache-2.0
/*
 * doorbell.c - eventfds, the waiting side of doorbells, and what can be done to any descriptor.
 *
 * Nobody reads a doorbell's count: who waits does so edge-triggered, and each write is an edge. Only the ringing side
 * has the eventfd, so a count that is full was filled by the ringer itself.
 */
#include "nk_shim.h"
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int nks_event_fd_create(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int nks_event_fd_ring(int fd)
{
	const uint64_t one = 1;

	return RESUME(write(fd, &one, sizeof(one))) < 0 ? -errno : 0;
}

int nks_event_fd_fill(int fd)
{
	const uint64_t most = UINT64_MAX - 1;

	nks_event_fd_drain(fd);
	return RESUME(write(fd, &most, sizeof(most))) < 0 ? -errno : 0;
}

int nks_event_fd_drain(int fd)
{
	uint64_t count;

	if (RESUME(read(fd, &count, sizeof(count))) < 0)
		return errno == EAGAIN ? 0 : -errno;
	return count > INT32_MAX ? INT32_MAX : (int)count;
}

int nks_doorbell_waiter(int event_fd)
{
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET };
	int waiter = epoll_create1(EPOLL_CLOEXEC);

	if (waiter < 0)
		return -errno;
	if (epoll_ctl(waiter, EPOLL_CTL_ADD, event_fd, &edge)) {
		int error = -errno;

		close(waiter);
		return error;
	}
	return waiter;
}

int nks_doorbell_clear(int waiter)
{
	struct epoll_event event;
	int n = epoll_wait(waiter, &event, 1, 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n;
}

int nks_fd_close(int fd)
{
	/* Not resumed: Linux has released the descriptor even if it says EINTR. */
	if (close(fd) && errno != EINTR)
		return -errno;
	return 0;
}

int nks_fd_duplicate(int fd)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return duplicate < 0 ? -errno : duplicate;
}
