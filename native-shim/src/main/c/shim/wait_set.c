// SPDX-License-Identifier: Apache-2.0
/* wait_set.c - many descriptors behind one: epoll, edge-triggered. */
#include "nk_shim.h"

#include <errno.h>
#include <sys/epoll.h>

#define MAX_TOKENS 64

int nks_wait_set_create(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC);

	return set < 0 ? -errno : set;
}

int nks_wait_set_add(int set, int fd, int token)
{
	struct epoll_event edge = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = token };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &edge) ? -errno : 0;
}

int nks_wait_set_remove(int set, int fd)
{
	return epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
}

int nks_wait_set_await(int set, int32_t *tokens, int n, int timeout_ms)
{
	struct epoll_event events[MAX_TOKENS];
	int ready;

	if (n < 1 || !tokens)
		return -EINVAL;
	ready = epoll_wait(set, events, n < MAX_TOKENS ? n : MAX_TOKENS, timeout_ms);
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < ready; i++)
		tokens[i] = events[i].data.fd;
	return ready;
}
