/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futex.h - waiting for a word of memory that processes share. Part of both libnk.a and libnkshim.so.
 *
 * A wait watches two words at once: the one that is waited for, and one of the process itself by which another thread
 * or a signal handler ends the wait. Any thread may call any of these.
 */
#ifndef NK_FUTEX_H
#define NK_FUTEX_H

#include <stdint.h>

/*
 * Waits while *word == expected and *interrupt == interrupt_expected, until the deadline: CLOCK_MONOTONIC in
 * nanoseconds, UINT64_MAX for ever. `word` may be shared between processes and is woken by nk_futex_wake(); `interrupt`
 * is private to the process and is woken by nk_futex_wake_private(); NULL: none. Both are aligned to 4 bytes.
 *
 * 0: woken, a word had another value, or a signal came: look again, also at the clock, which is not looked at when a
 * word differs. -ETIMEDOUT: the time is over. -ENOMEM: the kernel has no memory to wait with.
 *
 * Uses futex_waitv(2) of Linux 5.16. Where that is missing, an interrupt is seen 50 ms late at most.
 */
int nk_futex_wait(uint32_t *word, uint32_t expected, uint32_t *interrupt, uint32_t interrupt_expected,
		  uint64_t deadline);

/* The same as on a kernel without futex_waitv(2), for tests. */
int nk_futex_wait_in_slices(uint32_t *word, uint32_t expected, uint32_t *interrupt, uint32_t interrupt_expected,
			    uint64_t deadline);

/*
 * Wakes up to `count` (1 to INT32_MAX) that wait for the word, in whatever process. Returns how many, or a negative
 * errno. Safe in a signal handler, as far as errno is concerned too.
 */
int nk_futex_wake(uint32_t *word, int count);

/* The same for a word that is the `interrupt` of a wait in this process. */
int nk_futex_wake_private(uint32_t *word, int count);

#endif
