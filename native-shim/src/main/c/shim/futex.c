// SPDX-License-Identifier: Apache-2.0
/* futex.c - futex/futex.h for Java, which knows addresses and durations. */
#include "futex/futex.h"

#include "nk_shim.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

static uint32_t *word_at(int64_t address)
{
	return (uint32_t *)(uintptr_t)address;
}

static bool is_word(int64_t address)
{
	return address && !(address & 3);
}

int nks_futex_await(int64_t word, int32_t expected, int64_t interrupt, int32_t interrupt_expected, int64_t timeout_ns)
{
	uint64_t deadline = UINT64_MAX;
	struct timespec now;

	if (!is_word(word) || (interrupt && !is_word(interrupt)) || timeout_ns < -1)
		return -EINVAL;
	if (timeout_ns >= 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		deadline = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + (uint64_t)timeout_ns;
	}
	return nk_futex_wait(word_at(word), (uint32_t)expected, word_at(interrupt), (uint32_t)interrupt_expected,
			     deadline);
}

int nks_futex_wake(int64_t word, int count)
{
	return is_word(word) && count > 0 ? nk_futex_wake(word_at(word), count) : -EINVAL;
}

int nks_futex_wake_private(int64_t word, int count)
{
	return is_word(word) && count > 0 ? nk_futex_wake_private(word_at(word), count) : -EINVAL;
}
