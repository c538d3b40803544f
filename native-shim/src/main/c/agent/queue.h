/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - when the TAP's queue is to be a short one. QueueLimit.java of the router is its twin.
 *
 * Who sends more small datagrams than the other side can take keeps everybody behind the TAP busy with carrying what a
 * full socket then drops, and on few processors their work is taken from the receiver itself: the more is carried, the
 * less arrives ("receive livelock", Mogul and Ramakrishnan 1997). So under such a flood the queue is short, and what
 * is too much is dropped at the sender, where that costs next to nothing. TCP, whose frames are few and large, needs a
 * long queue, and gets it.
 */
#ifndef NK_AGENT_QUEUE_H
#define NK_AGENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "moderation.h"

/* A flood: so many frames in a second, of so many bytes at most, and fewer than one in four is answered. */
#define QUEUE_FLOOD_FRAMES 100000u
#define QUEUE_SMALL_FRAME 512u
#define QUEUE_FRAMES_PER_ANSWER 4u
/* How long there is none until the queue is a long one again. */
#define QUEUE_CALM_NS UINT64_C(1000000000)

/* Zeroed at the begin; all fields are its own. */
struct queue_limit {
	uint64_t looked_at;
	struct arrivals sums;	/* as of that look */
	uint64_t flooded_at;
	bool is_short;
};

/*
 * To be called now and then, with the sums of what came since the begin. True if the queue is to be the other one now:
 * short if limit->is_short.
 */
bool queue_is_to_change(struct queue_limit *limit, uint64_t now, const struct arrivals *sums);

#endif
