// SPDX-License-Identifier: Apache-2.0
/* poll.c - waiting for descriptors, with a deadline that interruptions do not move. */
#include "nk_shim.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

_Static_assert(sizeof(struct pollfd) == 8 && offsetof(struct pollfd, events) == 4 &&
	       offsetof(struct pollfd, revents) == 6, "struct pollfd");

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

int nks_poll_poll(void *fds, int n, int timeout_ms)
{
	int64_t deadline, left;
	int ready;

	if (n < 0 || (n && !fds))
		return -EINVAL;
	deadline = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	for (;;) {
		ready = poll(fds, (nfds_t)n, timeout_ms);
		if (ready >= 0)
			return ready;
		if (errno != EINTR)
			return -errno;
		if (timeout_ms > 0) {
			left = deadline - now_ms();
			timeout_ms = left > 0 ? (int)left : 0;
		}
	}
}
