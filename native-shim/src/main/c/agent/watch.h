/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - the OSes watch one another: whether the peers and the nanokernel still beat. What is found silent is
 * reported, to the nanokernel or on standard error; the nanokernel alone judges.
 */
#ifndef NK_AGENT_WATCH_H
#define NK_AGENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Of one heartbeat word; zeroed at the begin. Only its changes count, timed by the own clock. */
struct heartbeat_watch {
	uint64_t word;
	uint64_t changed_at; /* 0: not looked at yet */
	bool told;
};

/*
 * Looks at a word, which is 0 until the first beat at the time `now` (ns). True once for each silence that outlasts the deadline. `late`: how much later
 * than it should this look is, which is not held against anybody.
 */
bool heartbeat_missed(struct heartbeat_watch *watch, uint64_t now, uint64_t word, uint64_t deadline_ns, uint64_t late);

#endif
