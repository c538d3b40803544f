// SPDX-License-Identifier: Apache-2.0
/*
 * shim_futex_selftest.c - waiting for words of shared memory, as Java does, and as a kernel without futex_waitv(2) lets us.
 */
#include "shim/nk_shim.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claims.h"
#include "futex/futex.h"

#define PAGE 4096
#define MS INT64_C(1000000)
/* For what ends a wait in no time: much longer, so that a wait that was not woken shows. */
#define LONG (20000 * MS)

static bool in_slices;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int64_t address_of(uint32_t *word)
{
	return (int64_t)(uintptr_t)word;
}

static int wait_for(uint32_t *word, uint32_t expected, uint32_t *interrupt, int64_t timeout_ns)
{
	if (in_slices)
		return nk_futex_wait_in_slices(word, expected, interrupt, 0,
					       timeout_ns < 0 ? UINT64_MAX : (uint64_t)(now() + timeout_ns));
	return nks_futex_await(address_of(word), (int32_t)expected, address_of(interrupt), 0, timeout_ns);
}

static void changed_word_returns_at_once(void)
{
	uint32_t word = 7, interrupt = 0;
	int64_t begin = now();

	EXPECT(wait_for(&word, 8, &interrupt, LONG) == 0);
	EXPECT(wait_for(&word, 8, &interrupt, 0) == 0);
	EXPECT(wait_for(&word, 8, &interrupt, -1) == 0);
	EXPECT(wait_for(&word, 8, NULL, LONG) == 0);
	interrupt = 1;
	EXPECT(wait_for(&word, 7, &interrupt, LONG) == 0);
	EXPECT(now() - begin < LONG / 2);
}

static void wait_ends_with_its_time_and_not_before(void)
{
	uint32_t word = 7, interrupt = 0;
	int64_t begin = now();

	EXPECT(wait_for(&word, 7, &interrupt, 70 * MS) == -ETIMEDOUT);
	EXPECT(now() - begin >= 70 * MS);
	EXPECT(wait_for(&word, 7, &interrupt, 0) == -ETIMEDOUT);
	EXPECT(wait_for(&word, 7, NULL, 1) == -ETIMEDOUT);
}

/* A second mapping in another process: the futex must be the memory's, not the address's. */
static void child_that_waits_in_its_own_mapping_is_woken(void)
{
	int fd = nks_memory_create("words", PAGE);
	uint32_t *words = (uint32_t *)(uintptr_t)nks_memory_map(fd, PAGE, 1, 0);
	int status = -1;
	pid_t child;

	/* words[0] is waited for, words[1] says that it will be. */
	fflush(stdout);
	child = fork();
	if (!child) {
		uint32_t *own = (uint32_t *)(uintptr_t)nks_memory_map(fd, PAGE, 1, 0);
		int64_t deadline = now() + LONG;

		__atomic_store_n(&own[1], 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&own[0], __ATOMIC_SEQ_CST) && now() < deadline)
			wait_for(&own[0], 0, NULL, LONG);
		_exit(now() < deadline ? 42 : 1);
	}
	while (!__atomic_load_n(&words[1], __ATOMIC_SEQ_CST))
		sched_yield();
	/* Nothing changes the word before it is seen to wait: a wake-up is what ends this. */
	while (nks_futex_wake(address_of(&words[0]), 1) == 0)
		sched_yield();
	__atomic_store_n(&words[0], 1, __ATOMIC_SEQ_CST);
	EXPECT(nks_futex_wake(address_of(&words[0]), INT_MAX) >= 0);
	EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 42);
	nks_memory_unmap(words, PAGE);
	nks_fd_close(fd);
}

static uint32_t watched, interrupted;

static void *interrupt_it(void *unused)
{
	(void)unused;
	/* One that is caught in its wait, where the kernel can say so. */
	while (!in_slices && nks_futex_wake_private(address_of(&interrupted), 1) == 0)
		sched_yield();
	__atomic_store_n(&interrupted, 1, __ATOMIC_SEQ_CST);
	nks_futex_wake_private(address_of(&interrupted), 1);
	return NULL;
}

static void interrupt_word_ends_the_wait(void)
{
	int64_t begin = now();
	pthread_t thread;

	interrupted = 0;
	EXPECT(pthread_create(&thread, NULL, interrupt_it, NULL) == 0);
	while (!__atomic_load_n(&interrupted, __ATOMIC_SEQ_CST))
		EXPECT(wait_for(&watched, 0, &interrupted, LONG) == 0);
	EXPECT(now() - begin < LONG / 2);
	pthread_join(thread, NULL);
}

static void senseless_arguments_are_refused(void)
{
	uint32_t word = 0;

	EXPECT(nks_futex_await(0, 0, 0, 0, 0) == -EINVAL);
	EXPECT(nks_futex_await(address_of(&word) + 1, 0, 0, 0, 0) == -EINVAL);
	EXPECT(nks_futex_await(address_of(&word), 0, 2, 0, 0) == -EINVAL);
	EXPECT(nks_futex_await(address_of(&word), 0, 0, 0, -2) == -EINVAL);
	EXPECT(nks_futex_wake(0, 1) == -EINVAL);
	EXPECT(nks_futex_wake(address_of(&word), 0) == -EINVAL);
	EXPECT(nks_futex_wake_private(address_of(&word), 1) == 0);
}

int main(void)
{
	CLAIM(senseless_arguments_are_refused);
	for (int turn = 0; turn < 2; turn++) {
		in_slices = turn;
		printf("%s\n", in_slices ? "in slices, as without futex_waitv:" : "as this kernel has it:");
		CLAIM(changed_word_returns_at_once);
		CLAIM(wait_ends_with_its_time_and_not_before);
		CLAIM(child_that_waits_in_its_own_mapping_is_woken);
		CLAIM(interrupt_word_ends_the_wait);
	}
	return failures ? 1 : 0;
}
