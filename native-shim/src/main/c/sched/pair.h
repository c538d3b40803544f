/* SPDX-License-Identifier: Apache-2.0 */
/* pair.h - who runs where, if there are just two processors. */
#ifndef NK_SCHED_PAIR_H
#define NK_SCHED_PAIR_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Keeps a thread, 0 the calling one, that may run on exactly two processors to the first or the second of them; one that
 * may run on fewer or more stays as it is. Returns 0 or -errno.
 */
int nk_keep_to_one_of_two(pid_t thread, bool second);

#endif
