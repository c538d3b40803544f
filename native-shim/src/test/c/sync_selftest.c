// SPDX-License-Identifier: Apache-2.0
/* sync_selftest.c - the rules of sync words, docs/abi.md section 6.1: each thread is a program. */
#include <limits.h>
#include <poll.h>
#include <sched.h>

#include "futex/futex.h"
#include "programs.h"

#define LONG_MS 20000
#define ROUNDS 3000

#define ONE_PASS 0x800u
#define ONE_RESET 0x200000u

static uint32_t word(void)
{
	return __atomic_load_n(&page.word, __ATOMIC_SEQ_CST);
}

static void await_word(uint32_t wanted)
{
	uint64_t deadline = nk_deadline(LONG_MS);

	while (word() != wanted && nk_now() < deadline)
		sched_yield();
	EXPECT(word() == wanted);
}

static void *wait_for_it(void *argument)
{
	struct peer *peer = argument;

	switch (peer->sync.kind) {
	case NK_SYNC_SEMAPHORE:
		peer->result = nk_semaphore_wait(&peer->sync, LONG_MS);
		break;
	case NK_SYNC_BARRIER:
		peer->result = nk_barrier_wait(&peer->sync, LONG_MS);
		break;
	case NK_SYNC_MUTEX:
		peer->result = nk_mutex_lock(&peer->sync, LONG_MS);
		break;
	default:
		peer->result = nk_event_wait(&peer->sync, LONG_MS);
	}
	return NULL;
}

static void semaphore_gives_what_it_has_and_takes_what_fits(void)
{
	join_all(NK_SYNC_SEMAPHORE, 1, 2);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 0) == 0);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 0) == -EAGAIN && word() == 0);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 5) == -ETIMEDOUT && word() == NK_SYNC_WAITERS);
	start(1, wait_for_it);
	EXPECT(nk_semaphore_post(&peers[0].sync) == 0);
	EXPECT(result_of(1) == 0);
	EXPECT(nk_semaphore_post(&peers[0].sync) == 0 && nk_semaphore_post(&peers[0].sync) == 0);
	EXPECT(nk_semaphore_post(&peers[0].sync) == -EOVERFLOW && word() == 2);
	EXPECT(nk_event_wait(&peers[0].sync, 0) == -EINVAL && nk_event_set(&peers[0].sync) == -EINVAL);
	EXPECT(nk_barrier_wait(&peers[0].sync, 0) == -EINVAL && nk_barrier_reset(&peers[0].sync) == -EINVAL);
	EXPECT(nk_mutex_lock(&peers[0].sync, 0) == -EINVAL && nk_mutex_unlock(&peers[0].sync) == -EINVAL);
	leave_all();
}

static void manual_event_lets_go_even_if_it_is_reset_at_once(void)
{
	join_all(NK_SYNC_MANUAL_EVENT, 0, 0);
	EXPECT(nk_event_wait(&peers[0].sync, 0) == -EAGAIN);
	start(1, wait_for_it);
	await_word(NK_SYNC_WAITERS);
	EXPECT(nk_event_set(&peers[0].sync) == 0 && nk_event_reset(&peers[0].sync) == 0);
	EXPECT(result_of(1) == 0);
	EXPECT(nk_event_set(&peers[0].sync) == 0);
	EXPECT(nk_event_wait(&peers[0].sync, 0) == 0 && nk_event_wait(&peers[0].sync, 0) == 0);
	/* The count goes round and leaves the other bits alone. */
	page.word = 0x7fffffff;
	EXPECT(nk_event_set(&peers[0].sync) == 0 && word() == NK_SYNC_EVENT_SET);
	leave_all();
}

static void automatic_event_lets_one_go(void)
{
	join_all(NK_SYNC_AUTO_EVENT, 1, 0);
	EXPECT(nk_event_wait(&peers[0].sync, 0) == 0 && nk_event_wait(&peers[0].sync, 0) == -EAGAIN);
	start(1, wait_for_it);
	start(2, wait_for_it);
	await_word(NK_SYNC_WAITERS);
	EXPECT(nk_event_set(&peers[0].sync) == 0);
	/* One has taken it; the other waits again. */
	await_word(NK_SYNC_WAITERS);
	EXPECT(nk_event_set(&peers[0].sync) == 0);
	EXPECT(result_of(1) == 0 && result_of(2) == 0);
	leave_all();
}

static void barrier_lets_all_go_when_the_last_one_comes(void)
{
	join_all(NK_SYNC_BARRIER, 0, 3);
	for (uint32_t generation = 1; generation <= 20; generation++) {
		for (uint32_t i = 0; i < 3; i++)
			start(i, wait_for_it);
		EXPECT(result_of(0) + result_of(1) + result_of(2) == 1);
		EXPECT(word() == generation * ONE_PASS);
	}
	EXPECT(nk_barrier_wait(&peers[0].sync, 0) == -EAGAIN && word() == 20 * ONE_PASS);
	/* The last count, then the first. */
	page.word = NK_SYNC_PASSED + 2;
	EXPECT(nk_barrier_wait(&peers[0].sync, 0) == 1 && word() == 0);
	leave_all();
}

/* Those that were told that it is broken may all reset it, before one that waits looks. */
static void barrier_that_is_reset_twice_lets_nobody_pass(void)
{
	join_all(NK_SYNC_BARRIER, 0, 3);
	start(1, wait_for_it);
	await_word(NK_SYNC_WAITERS | 1);
	__atomic_store_n(&page.word, 2 * ONE_RESET, __ATOMIC_SEQ_CST);
	nk_futex_wake(&page.word, 1);
	EXPECT(result_of(1) == -EOWNERDEAD);
	leave_all();
}

static void barrier_that_one_gave_up_is_broken_until_it_is_reset(void)
{
	join_all(NK_SYNC_BARRIER, 0, 3);
	start(1, wait_for_it);
	await_word(NK_SYNC_WAITERS | 1);
	EXPECT(nk_barrier_wait(&peers[0].sync, 5) == -ETIMEDOUT);
	EXPECT(result_of(1) == -EOWNERDEAD);
	EXPECT(nk_barrier_wait(&peers[2].sync, LONG_MS) == -EOWNERDEAD);
	EXPECT(nk_barrier_reset(&peers[2].sync) == 0 && word() == ONE_RESET);
	nk_interrupt(&peers[0].program);
	EXPECT(nk_barrier_wait(&peers[0].sync, -1) == -EINTR);
	EXPECT(nk_barrier_wait(&peers[0].sync, -1) == -EOWNERDEAD);
	leave_all();
}

static void mutex_knows_its_holder_and_tells_that_one_died(void)
{
	join_all(NK_SYNC_MUTEX, 0, 0);
	EXPECT(nk_mutex_unlock(&peers[0].sync) == -EPERM);
	EXPECT(nk_mutex_lock(&peers[0].sync, 0) == 0 && word() == 1);
	EXPECT(nk_mutex_lock(&peers[0].sync, -1) == -EDEADLK);
	EXPECT(nk_mutex_lock(&peers[1].sync, 0) == -EAGAIN && word() == 1);
	EXPECT(nk_mutex_unlock(&peers[1].sync) == -EPERM);
	start(1, wait_for_it);
	await_word(NK_SYNC_WAITERS | 1);
	/* As the nanokernel does when the holder ends. */
	__atomic_store_n(&page.word, NK_SYNC_DIED, __ATOMIC_SEQ_CST);
	nk_futex_wake(&page.word, INT_MAX);
	EXPECT(result_of(1) == 1 && word() == (NK_SYNC_WAITERS | 2));
	EXPECT(nk_mutex_unlock(&peers[1].sync) == 0 && word() == 0);
	EXPECT(nk_mutex_lock(&peers[0].sync, -1) == 0 && nk_mutex_unlock(&peers[0].sync) == 0);
	leave_all();
}

static volatile uint64_t guarded[2];

/* Gives up in between: a wake-up that went to one who does not want it any more must not be lost to the others. */
static void *lock_with_little_patience(void *argument)
{
	struct peer *peer = argument;

	while (peer->count < ROUNDS) {
		int timeout_ms = next_random(&peer->seed) % 4 ? LONG_MS : 1;
		int result = nk_mutex_lock(&peer->sync, timeout_ms);

		if (result == -ETIMEDOUT && timeout_ms == 1)
			continue;
		if (result || guarded[0] != guarded[1]) {
			peer->result = result ? result : -EBADMSG;
			return NULL;
		}
		guarded[0]++;
		if (next_random(&peer->seed) % 8 == 0)
			sched_yield();
		if (next_random(&peer->seed) % 256 == 0)
			poll(NULL, 0, 1);
		guarded[1]++;
		peer->count++;
		nk_mutex_unlock(&peer->sync);
	}
	return NULL;
}

static void mutex_excludes_and_nobody_is_forgotten(void)
{
	guarded[0] = guarded[1] = 0;
	join_all(NK_SYNC_MUTEX, 0, 0);
	for (uint32_t i = 0; i < PROGRAMS; i++)
		start(i, lock_with_little_patience);
	for (uint32_t i = 0; i < PROGRAMS; i++)
		EXPECT(result_of(i) == 0);
	EXPECT(guarded[0] == PROGRAMS * ROUNDS && guarded[1] == guarded[0]);
	leave_all();
}

static void *lock_for_a_while(void *argument)
{
	struct peer *peer = argument;

	peer->result = nk_mutex_lock(&peer->sync, 2000);
	return NULL;
}

/* The one that an unlock woke finds that a third one, who knows of no waiter, was faster, and has no time left. */
static void waiter_that_gives_up_leaves_word_that_somebody_waits(void)
{
	join_all(NK_SYNC_MUTEX, 3, 0);
	start(0, lock_for_a_while);
	await_word(NK_SYNC_WAITERS | 3);
	__atomic_store_n(&page.word, 3, __ATOMIC_SEQ_CST);
	EXPECT(result_of(0) == -ETIMEDOUT && word() == (NK_SYNC_WAITERS | 3));
	leave_all();
}

static void interrupt_ends_one_wait_of_either_kind(void)
{
	struct nk_program *program = &peers[0].program;

	join_all(NK_SYNC_SEMAPHORE, 0, 1);
	nk_interrupt(program);
	nk_interrupt(program);
	EXPECT(nk_semaphore_wait(&peers[0].sync, -1) == -EINTR);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 5) == -ETIMEDOUT);
	EXPECT(nk_await(program, 5) == 0);

	nk_interrupt(program);
	EXPECT(nk_await(program, -1) == -EINTR);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 5) == -ETIMEDOUT);

	/* What can be had at once leaves it to the next wait. */
	nk_interrupt(program);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 0) == -EAGAIN);
	EXPECT(nk_semaphore_post(&peers[0].sync) == 0 && nk_semaphore_wait(&peers[0].sync, -1) == 0);
	EXPECT(nk_await(program, -1) == -EINTR && nk_await(program, 0) == 0);

	start(0, wait_for_it);
	await_word(NK_SYNC_WAITERS);
	nk_interrupt(program);
	EXPECT(result_of(0) == -EINTR);
	leave_all();
}

static bool spoiling;

static void *spoil(void *argument)
{
	struct peer *peer = argument;

	while (__atomic_load_n(&spoiling, __ATOMIC_SEQ_CST))
		/* Any word that lets nobody have what he waits for. */
		__atomic_store_n(&page.word, (uint32_t)next_random(&peer->seed) & NK_SYNC_WAITERS, __ATOMIC_SEQ_CST);
	return NULL;
}

static void word_that_changes_all_the_time_outlasts_no_timeout(void)
{
	join_all(NK_SYNC_SEMAPHORE, 0, 1);
	spoiling = true;
	start(1, spoil);
	EXPECT(nk_semaphore_wait(&peers[0].sync, 50) == -ETIMEDOUT);
	nk_interrupt(&peers[0].program);
	EXPECT(nk_semaphore_wait(&peers[0].sync, -1) == -EINTR);
	__atomic_store_n(&spoiling, false, __ATOMIC_SEQ_CST);
	result_of(1);
	leave_all();
}

int main(void)
{
	CLAIM(semaphore_gives_what_it_has_and_takes_what_fits);
	CLAIM(manual_event_lets_go_even_if_it_is_reset_at_once);
	CLAIM(automatic_event_lets_one_go);
	CLAIM(barrier_lets_all_go_when_the_last_one_comes);
	CLAIM(barrier_that_is_reset_twice_lets_nobody_pass);
	CLAIM(barrier_that_one_gave_up_is_broken_until_it_is_reset);
	CLAIM(mutex_knows_its_holder_and_tells_that_one_died);
	CLAIM(mutex_excludes_and_nobody_is_forgotten);
	CLAIM(waiter_that_gives_up_leaves_word_that_somebody_waits);
	CLAIM(interrupt_ends_one_wait_of_either_kind);
	CLAIM(word_that_changes_all_the_time_outlasts_no_timeout);
	return failures ? 1 : 0;
}
