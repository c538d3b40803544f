// SPDX-License-Identifier: Apache-2.0
/*
 * doorbell.c - eventfds, and what can be done to any descriptor.
 *
 * Who waits may have the doorbell in epoll edge-triggered and never read it. Each write is an edge as long as
 * the count can grow, so ringing must not fail when the count is at its end: 2^64 rings take ages, but a peer that
 * writes a huge number gets there at once.
 */
#include "nk_shim.h"
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
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
	uint64_t count;

	/* Twice at most, so that a peer that keeps filling the count up can't keep us here. */
	for (int i = 0; i < 2; i++) {
		if (RESUME(write(fd, &one, sizeof(one))) >= 0)
			return 0;
		if (errno != EAGAIN)
			return -errno;
		if (RESUME(read(fd, &count, sizeof(count))) < 0 && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

int nks_event_fd_drain(int fd)
{
	uint64_t count;

	if (RESUME(read(fd, &count, sizeof(count))) < 0)
		return errno == EAGAIN ? 0 : -errno;
	return count > INT32_MAX ? INT32_MAX : (int)count;
}

int nks_fd_close(int fd)
{
	/* Not resumed: Linux has released the descriptor even if it says EINTR. */
	if (close(fd) && errno != EINTR)
		return -errno;
	return 0;
}

int nks_fd_set_non_blocking(int fd, int on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) ? -errno : 0;
}

int nks_fd_duplicate(int fd)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return duplicate < 0 ? -errno : duplicate;
}
