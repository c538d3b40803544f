// SPDX-License-Identifier: Apache-2.0
/* futex.c - futex(2) and futex_waitv(2), by number: the C library has no functions for them. */
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
/* A kernel that can watch one word alone looks at the other one so often, in nanoseconds. */
#define SLICE UINT64_C(50000000)

/* The headers of the build machine may be older than the kernel. The number is the same on every architecture. */
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef FUTEX_32
#define FUTEX_32 2
#endif

/* struct futex_waitv and struct __kernel_timespec under names that no header has. */
struct waiter {
	uint64_t expected;
	uint64_t address;
	uint32_t flags;
	uint32_t reserved;
};

struct time {
	int64_t seconds;
	int64_t nanoseconds;
};

_Static_assert(sizeof(struct waiter) == 24, "struct futex_waitv");
_Static_assert(sizeof(struct time) == 16, "struct __kernel_timespec");

/* Set once, by whoever learns it first. */
static bool waitv_is_missing;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* What the end of a wait means; errno is that of its system call. */
static int ended(long result)
{
	if (result >= 0 || errno == EAGAIN || errno == EINTR)
		return 0;
	return -errno;
}

int nk_futex_wait_in_slices(uint32_t *word, uint32_t expected, uint32_t *interrupt, uint32_t interrupt_expected,
			    uint64_t deadline)
{
	for (;;) {
		uint64_t time = now();
		uint64_t left = time < deadline ? deadline - time : 0;
		struct timespec slice = {.tv_nsec = (long)(left < SLICE ? left : SLICE)};
		int result;

		if (interrupt && __atomic_load_n(interrupt, __ATOMIC_SEQ_CST) != interrupt_expected)
			return 0;
		/* Also without time left: a word that differs comes first, as in futex_waitv(2). */
		result = ended(syscall(SYS_futex, word, FUTEX_WAIT, expected, &slice, NULL, 0));
		if (result != -ETIMEDOUT || left <= SLICE)
			return result;
	}
}

int nk_futex_wait(uint32_t *word, uint32_t expected, uint32_t *interrupt, uint32_t interrupt_expected,
		  uint64_t deadline)
{
	struct waiter waiters[] = {
		{
			.expected = expected,
			.address = (uintptr_t)word,
			.flags = FUTEX_32,
		},
		{
			.expected = interrupt_expected,
			.address = (uintptr_t)interrupt,
			.flags = FUTEX_32 | FUTEX_PRIVATE_FLAG,
		},
	};
	struct time until = {
		.seconds = (int64_t)(deadline / SECOND),
		.nanoseconds = (int64_t)(deadline % SECOND),
	};
	long result;

	if (!__atomic_load_n(&waitv_is_missing, __ATOMIC_RELAXED)) {
		result = syscall(SYS_futex_waitv, waiters, interrupt ? 2 : 1, 0, deadline == UINT64_MAX ? NULL : &until,
				 CLOCK_MONOTONIC);
		/* EPERM: a seccomp filter that is older than the call. */
		if (result >= 0 || (errno != ENOSYS && errno != EPERM))
			return ended(result);
		__atomic_store_n(&waitv_is_missing, true, __ATOMIC_RELAXED);
	}
	return nk_futex_wait_in_slices(word, expected, interrupt, interrupt_expected, deadline);
}

static int wake(uint32_t *word, int operation, int count)
{
	int before = errno;
	long woken = syscall(SYS_futex, word, operation, count, NULL, NULL, 0);
	int error = errno;

	errno = before;
	return woken < 0 ? -error : (int)woken;
}

int nk_futex_wake(uint32_t *word, int count)
{
	return wake(word, FUTEX_WAKE, count);
}

int nk_futex_wake_private(uint32_t *word, int count)
{
	return wake(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
}
