// SPDX-License-Identifier: Apache-2.0
/*
 * sync.c - semaphores, events, barriers and mutexes: the rules of their words, docs/abi.md section 6.1.
 *
 * Every change is one compare-and-swap, sequentially consistent: it publishes what was stored before (release), and
 * shows what others published before theirs (acquire). A word may have any value at any time, whatever the rules say:
 * it is only compared and masked, and each turn that waits looks at the clock and at the interrupt.
 *
 *	      took it
 *	  +-------------> done
 *	  |                                         the time is over, or interrupted
 *	look --> set W --> wait while it is the same --> look --> set W --> give up
 *	  ^                          |
 *	  +--------------------------+ it changed
 *
 * Who gives up has looked once more and left W set. It may have been the one waiter that the unlock of a mutex woke:
 * the next one to unlock must wake another, even if a program that never waited has locked in between.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "futex/futex.h"
#include "program.h"

#define UNITS NK_SYNC_MAX_UNITS
#define ARRIVED NK_SYNC_MAX_PARTIES
/* The lowest bit of a mask is one more. */
#define ONE_SET (NK_SYNC_EVENT_COUNT & -NK_SYNC_EVENT_COUNT)
#define ONE_PASS (NK_SYNC_PASSED & -NK_SYNC_PASSED)
#define ONE_RESET (NK_SYNC_RESETS & -NK_SYNC_RESETS)

/*
 * What a wait makes of the word that it sees: a result from 0 on, once the word is `*next`, which is `seen` before;
 * -EAGAIN: it has to wait; another error ends it. `began` is the word when the wait began; `waited`: it has waited.
 */
typedef int take_function(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next);

static uint32_t look(const struct nk_sync *sync)
{
	return __atomic_load_n(&sync->page->word, __ATOMIC_SEQ_CST);
}

/* Puts `next` where `*seen` is; else false, and `*seen` is what is there. */
static bool swap(struct nk_sync *sync, uint32_t *seen, uint32_t next)
{
	return __atomic_compare_exchange_n(&sync->page->word, seen, next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The word was `before`, with W or without. */
static void wake(struct nk_sync *sync, uint32_t before, int count)
{
	if (before & NK_SYNC_WAITERS)
		nk_futex_wake(&sync->page->word, count);
}

/* Waits while the word is `seen`. 0: look again; -EINTR, which is not taken yet; -ETIMEDOUT; -ENOMEM. */
static int await_change(struct nk_sync *sync, uint32_t seen, uint64_t deadline)
{
	uint32_t *interrupted = &sync->program->interrupted;
	int error;

	if (__atomic_load_n(interrupted, __ATOMIC_SEQ_CST))
		return -EINTR;
	error = nk_futex_wait(&sync->page->word, seen, interrupted, 0, deadline);
	/* A word that somebody changes all the time never lets the kernel look at the clock. */
	if (!error && deadline != UINT64_MAX && nk_now() >= deadline)
		return -ETIMEDOUT;
	return error;
}

static int wait_for(struct nk_sync *sync, take_function *take, uint32_t began, int timeout_ms)
{
	uint64_t deadline = 0;
	uint32_t seen = began;
	bool waited = false;
	int over = 0;

	for (;;) {
		uint32_t next = seen;
		int result = take(sync, began, waited, seen, &next);

		if (result != -EAGAIN) {
			if (next == seen || swap(sync, &seen, next))
				return result;
			continue;
		}
		if (!timeout_ms)
			return -EAGAIN;
		if (!(seen & NK_SYNC_WAITERS)) {
			if (!swap(sync, &seen, seen | NK_SYNC_WAITERS))
				continue;
			seen |= NK_SYNC_WAITERS;
		}
		if (over)
			return over;
		if (!waited)
			deadline = nk_deadline(timeout_ms);
		waited = true;
		over = await_change(sync, seen, deadline);
		seen = look(sync);
	}
}

/* The end of a wait: one that an interrupt ended uses the interrupt up. */
static int ended(struct nk_sync *sync, int result)
{
	if (result == -EINTR)
		nk_take_interrupt(sync->program);
	return result;
}

/* Semaphore */

static int take_unit(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next)
{
	(void)sync, (void)began, (void)waited;
	if (!(seen & UNITS))
		return -EAGAIN;
	*next = seen - 1;
	return 0;
}

int nk_semaphore_wait(struct nk_sync *sync, int timeout_ms)
{
	if (sync->kind != NK_SYNC_SEMAPHORE)
		return -EINVAL;
	return ended(sync, wait_for(sync, take_unit, look(sync), timeout_ms));
}

int nk_semaphore_post(struct nk_sync *sync)
{
	uint32_t seen = look(sync);

	if (sync->kind != NK_SYNC_SEMAPHORE)
		return -EINVAL;
	do {
		if ((seen & UNITS) >= sync->limit)
			return -EOVERFLOW;
	} while (!swap(sync, &seen, (seen & UNITS) + 1));
	wake(sync, seen, INT_MAX);
	return 0;
}

/* Events */

static int see_set(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next)
{
	(void)sync, (void)waited, (void)next;
	return seen & NK_SYNC_EVENT_SET || (seen ^ began) & NK_SYNC_EVENT_COUNT ? 0 : -EAGAIN;
}

static int take_set(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next)
{
	(void)sync, (void)began, (void)waited;
	if (!(seen & NK_SYNC_EVENT_SET))
		return -EAGAIN;
	*next = seen & ~NK_SYNC_EVENT_SET;
	return 0;
}

static bool is_event(const struct nk_sync *sync)
{
	return sync->kind == NK_SYNC_MANUAL_EVENT || sync->kind == NK_SYNC_AUTO_EVENT;
}

int nk_event_wait(struct nk_sync *sync, int timeout_ms)
{
	if (!is_event(sync))
		return -EINVAL;
	return ended(sync, wait_for(sync, sync->kind == NK_SYNC_MANUAL_EVENT ? see_set : take_set, look(sync),
				    timeout_ms));
}

int nk_event_set(struct nk_sync *sync)
{
	uint32_t seen = look(sync), next;

	if (!is_event(sync))
		return -EINVAL;
	do {
		next = NK_SYNC_EVENT_SET;
		if (sync->kind == NK_SYNC_MANUAL_EVENT)
			next |= (seen + ONE_SET) & NK_SYNC_EVENT_COUNT;
	} while (!swap(sync, &seen, next));
	wake(sync, seen, INT_MAX);
	return 0;
}

int nk_event_reset(struct nk_sync *sync)
{
	uint32_t seen = look(sync);

	if (!is_event(sync))
		return -EINVAL;
	/* No waiter wants this: W stays. */
	while (seen & NK_SYNC_EVENT_SET && !swap(sync, &seen, seen & ~NK_SYNC_EVENT_SET))
		continue;
	return 0;
}

/* Barrier */

/* All have come: nobody is there any more. */
static uint32_t passed(uint32_t seen)
{
	return ((seen + ONE_PASS) & NK_SYNC_PASSED) | (seen & NK_SYNC_RESETS);
}

static int see_all(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next)
{
	(void)sync, (void)waited, (void)next;
	if ((seen ^ began) & NK_SYNC_RESETS)
		return -EOWNERDEAD;
	/* Before a breach: it may be of the next turn. */
	if ((seen ^ began) & NK_SYNC_PASSED)
		return 0;
	return seen & NK_SYNC_BROKEN ? -EOWNERDEAD : -EAGAIN;
}

/* A wait of the turn of `began` ends with `why`, unless all have come, or it was broken, meanwhile. */
static int give_up(struct nk_sync *sync, uint32_t began, int why)
{
	uint32_t seen = look(sync);

	do {
		int result = see_all(sync, began, true, seen, NULL);

		if (result != -EAGAIN)
			return result;
	} while (!swap(sync, &seen, (seen | NK_SYNC_BROKEN) & ~NK_SYNC_WAITERS));
	wake(sync, seen, INT_MAX);
	return why;
}

int nk_barrier_wait(struct nk_sync *sync, int timeout_ms)
{
	uint32_t seen = look(sync), next;
	bool last;
	int result;

	if (sync->kind != NK_SYNC_BARRIER)
		return -EINVAL;
	do {
		if (seen & NK_SYNC_BROKEN)
			return -EOWNERDEAD;
		last = (seen & ARRIVED) + 1 >= sync->limit;
		if (!last && !timeout_ms)
			return -EAGAIN;
		/* Who is not the last one is to wait. */
		next = last ? passed(seen) : (seen + 1) | NK_SYNC_WAITERS;
	} while (!swap(sync, &seen, next));
	if (last) {
		wake(sync, seen, INT_MAX);
		return 1;
	}
	result = wait_for(sync, see_all, next, timeout_ms);
	if (result < 0 && result != -EOWNERDEAD)
		result = give_up(sync, next, result);
	return ended(sync, result);
}

int nk_barrier_reset(struct nk_sync *sync)
{
	uint32_t seen = look(sync);

	if (sync->kind != NK_SYNC_BARRIER)
		return -EINVAL;
	while (!swap(sync, &seen, ((seen + ONE_RESET) & NK_SYNC_RESETS) | (seen & NK_SYNC_PASSED)))
		continue;
	wake(sync, seen, INT_MAX);
	return 0;
}

/* Mutex */

static int take_mutex(const struct nk_sync *sync, uint32_t began, bool waited, uint32_t seen, uint32_t *next)
{
	uint32_t holder = seen & NK_SYNC_HOLDER;

	(void)began;
	if (holder == sync->program->id)
		return -EDEADLK;
	if (holder)
		return -EAGAIN;
	/* Who has waited may not have been the only one, and an unlock wakes one. */
	*next = sync->program->id | (seen & NK_SYNC_WAITERS) | (waited ? NK_SYNC_WAITERS : 0);
	return seen & NK_SYNC_DIED ? 1 : 0;
}

int nk_mutex_lock(struct nk_sync *sync, int timeout_ms)
{
	if (sync->kind != NK_SYNC_MUTEX)
		return -EINVAL;
	return ended(sync, wait_for(sync, take_mutex, look(sync), timeout_ms));
}

int nk_mutex_unlock(struct nk_sync *sync)
{
	uint32_t seen = look(sync);

	if (sync->kind != NK_SYNC_MUTEX)
		return -EINVAL;
	do {
		if ((seen & NK_SYNC_HOLDER) != sync->program->id)
			return -EPERM;
	} while (!swap(sync, &seen, 0));
	wake(sync, seen, 1);
	return 0;
}

/* Opening and closing */

static struct nk_sync *sync_of(struct nk_program *program, uint32_t id)
{
	struct nk_sync *sync = program->syncs;

	while (sync && sync->id != id)
		sync = sync->next;
	return sync;
}

int nk_sync_take(struct nk_program *program, const struct nk_packet *packet)
{
	const struct nk_sync_grant *grant = &packet->sync;
	struct nk_sync *sync;
	void *page;
	int error;

	if (grant->request != program->asking)
		/* Nobody waits for it any more. */
		return nk_send_close(program, NK_CLOSE, grant->id);
	sync = calloc(1, sizeof(*sync));
	if (!sync)
		return -ENOMEM;
	error = nk_region_map(packet->fds[0], NK_SYNC_LENGTH, true, 0, &page);
	if (error) {
		free(sync);
		return error == -ENOMEM ? nk_refuse_grant(program, grant->request, grant->id) : error;
	}
	sync->program = program;
	sync->id = grant->id;
	sync->page = page;
	sync->next = program->syncs;
	program->syncs = sync;
	nk_granted(program, grant->request, grant->id);
	return 0;
}

void nk_sync_free(struct nk_sync *sync)
{
	struct nk_sync **link = &sync->program->syncs;

	while (*link != sync)
		link = &(*link)->next;
	*link = sync->next;
	nk_region_unmap(sync->page, NK_SYNC_LENGTH);
	free(sync);
}

/* Looked at once. Another program may have spoiled it, which says nothing of the nanokernel. */
static bool is_page_of(const struct nk_sync *sync)
{
	return __atomic_load_n(&sync->page->magic, __ATOMIC_RELAXED) == NK_SYNC_MAGIC &&
	       __atomic_load_n(&sync->page->kind, __ATOMIC_RELAXED) == sync->kind &&
	       __atomic_load_n(&sync->page->limit, __ATOMIC_RELAXED) == sync->limit;
}

int nk_sync_open(struct nk_program *program, const char *name, enum nk_sync_kind kind, uint32_t initial, uint32_t limit,
		 struct nk_sync **opened)
{
	struct nk_open_sync request = {
		.header = nk_packet_header(NK_OPEN_SYNC, sizeof(request)),
		.request = ++program->last_request,
		.kind = kind,
		.initial = initial,
		.limit = limit,
	};
	struct nk_sync *sync;
	int error;

	if (!nk_name_fits(name))
		return -ENAMETOOLONG;
	strcpy(request.name, name);
	error = nk_ask(program, &request, sizeof(request), request.request);
	if (error)
		return error;
	sync = sync_of(program, program->answer_id);
	if (!sync)
		return -EPROTO;
	sync->kind = kind;
	sync->limit = limit;
	if (!is_page_of(sync)) {
		nk_sync_close(sync);
		return -EPROTO;
	}
	*opened = sync;
	return 0;
}

void nk_sync_close(struct nk_sync *sync)
{
	struct nk_program *program = sync->program;
	uint32_t id = sync->id;

	nk_sync_free(sync);
	nk_send_close(program, NK_CLOSE, id);
}
