/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk_sync.h - semaphores, events, barriers and mutexes between programs of different OSes (docs/abi.md section 6.1;
 * nk_program.h is what they join with).
 *
 * A sync object has a name in the machine. The first program that opens it makes it; it is there while a program has
 * it. What does not need to wait or to wake is one compare-and-swap on memory that all of them map; the rest is a
 * futex.
 *
 *	struct nk_sync *mutex;
 *
 *	nk_sync_open(program, "table", NK_SYNC_MUTEX, 0, 0, &mutex);
 *	if (nk_mutex_lock(mutex, -1) == 1)
 *		repair();
 *	change();
 *	nk_mutex_unlock(mutex);
 *
 * What a program stored before it gives (post, set, the last one's arrival, unlock), one that takes by it sees.
 *
 * Death. When a program ends, or its OS fails, the nanokernel gives back the mutexes that it held, breaks the barriers
 * that it had open, and wakes who waits. The units of a semaphore that it took are not given back. Nobody does this
 * once the nanokernel itself is gone: the objects go on working between the programs that have them. A program that the
 * nanokernel cuts off, since it does not read what it is told, counts as one that ended. A child of fork() that keeps the
 * program's descriptors keeps it alive. What a mutex knows of its holder's death ends with the last program that has
 * it: the owner of what it guards keeps it open.
 *
 * Distrust. Names are the machine's. Every program that opens an object can write its word, and so spoil the object for
 * all who use it.
 *
 * Timeouts are in milliseconds: 0 tries, -1 waits for ever. A wait that a signal handler interrupts goes on;
 * nk_interrupt() ends it. What can be had at once is, also after nk_interrupt(), which is then for a later wait.
 *
 * Threads. One thread uses a program and all that comes from it; nk_interrupt() may be called by any. A mutex is held
 * by a program.
 *
 * Results. Functions return 0 or a positive value, or a negative errno: -EINVAL, not a function of this kind of object;
 * -EAGAIN, it would have to wait and timeout_ms is 0; -ETIMEDOUT; -EINTR, nk_interrupt(); -ENOMEM, the kernel has none
 * to wait with.
 */
#ifndef NK_SYNC_H
#define NK_SYNC_H

#include "nk_program.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nk_sync;

/*
 * Opens the object of that name, 1 to 31 bytes of [a-z0-9._-], a letter or digit first, or makes it. `kind` is of enum
 * nk_sync_kind. `limit`: the most units of a semaphore, 1 to NK_SYNC_MAX_UNITS; the parties of a barrier, 1 to
 * NK_SYNC_MAX_PARTIES; else 0. `initial`, which counts for who makes it: units, 0 to limit; 1: an event is set; else 0.
 * -ECONNREFUSED: nk_program_refusal() says why, NK_BAD_SYNC if there is one of that name with another kind or limit;
 * -EPROTO: its page was spoiled; -ENOTCONN; -ETIMEDOUT: no answer; -ENAMETOOLONG.
 */
int nk_sync_open(struct nk_program *program, const char *name, enum nk_sync_kind kind, uint32_t initial, uint32_t limit,
		 struct nk_sync **sync);

/*
 * Gives the object back and frees it here. A mutex that this program holds counts as if its holder had died.
 * nk_leave() without it counts as the end of the program: it also breaks a barrier.
 */
void nk_sync_close(struct nk_sync *sync);

/* Takes a unit. */
int nk_semaphore_wait(struct nk_sync *semaphore, int timeout_ms);

/* Gives a unit. -EOVERFLOW: it has as many as it may. */
int nk_semaphore_post(struct nk_sync *semaphore);

/*
 * Waits until the event is set. A manual event stays set, and lets all go that wait when it is set, even if it is reset
 * at once; an automatic one lets one go, and is not set any more.
 */
int nk_event_wait(struct nk_sync *event, int timeout_ms);
int nk_event_set(struct nk_sync *event);
int nk_event_reset(struct nk_sync *event);

/*
 * Waits until so many have come as the barrier has parties. 1: this is the one that came last; 0: another one was.
 * -EOWNERDEAD: the barrier is broken, because a wait at it timed out, was interrupted, or its program ended; it is for
 * all until nk_barrier_reset(). -ETIMEDOUT, -EINTR: this one broke it. -EAGAIN: others are missing; this one has not
 * come, and nothing is broken.
 */
int nk_barrier_wait(struct nk_sync *barrier, int timeout_ms);

/* Makes the barrier whole, with nobody there. For who waits at it now it is broken. */
int nk_barrier_reset(struct nk_sync *barrier);

/*
 * Locks. 0: the mutex is this program's; 1: it is too, and the program that held it before died with it: what it guards
 * may be half done. -EDEADLK: this program holds it.
 */
int nk_mutex_lock(struct nk_sync *mutex, int timeout_ms);

/* -EPERM: this program does not hold it. */
int nk_mutex_unlock(struct nk_sync *mutex);

#ifdef __cplusplus
}
#endif

#endif
