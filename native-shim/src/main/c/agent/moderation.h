/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moderation.h - interrupt moderation of the TAP: for how long to leave it alone once it is empty, as a NIC with
 * adaptive moderation does (ethtool -C adaptive-rx on). Moderation.java of the router is its twin.
 *
 * Small frames in quick succession wake the agent one by one, and it wakes the process behind it: a wake costs more
 * than a frame does. So while frames stream in, the TAP is left alone, once it is empty, for about as long as a full
 * batch takes to come together, and is then read without having called.
 *
 * Nobody who waits for an answer may be held up by that:
 *  - A frame that comes alone starts no pause; so it is with a keystroke, a request, an acknowledgement.
 *  - Where frames go out as well, one for every four that come in or more, they are taken for answers.
 *  - A pause in which less than a quarter came of what was expected was in vain: the sender waits for something. The
 *    next one is not tried before MODERATION_MIN_BACK_OFF_NS; twice that after the next vain one, and so on.
 *
 * Large segments are no stream of small frames: one of them is a batch.
 *
 * Under a flood the TAP is never empty, and the agent never done: on few processors it works until the scheduler makes
 * it wait, and whoever takes the frames gets what is left. So it rests after each batch, for half as long as that took,
 * and leaves a third of its processor to them. What comes too fast then finds the queue full.
 */
#ifndef NK_AGENT_MODERATION_H
#define NK_AGENT_MODERATION_H

#include <stdint.h>

/* A shorter pause gains less than the wake that it saves. */
#define MODERATION_MIN_PAUSE_NS UINT64_C(20000)
/* A longer one would be felt, and fill the queues before and behind. NICs go up to 256 us. */
#define MODERATION_MAX_PAUSE_NS UINT64_C(200000)
/* How long there is no pause after the first in vain, and at most. */
#define MODERATION_MIN_BACK_OFF_NS UINT64_C(200000)
#define MODERATION_MAX_BACK_OFF_NS UINT64_C(64000000)

/* Zeroed at the begin; all fields are its own. */
struct moderation {
	uint64_t empty_at;
	/* Averages of what came and went, and of the time it took, from one time that it was empty to the next. */
	double frames;
	double bytes;
	double answers;
	double nanos;
	double expected;	/* what the pause that is under way should bring; 0: there is none */
	uint64_t no_pause_before;
	uint64_t back_off;	/* after the next pause in vain; 0: the least */
};

/* What came since the TAP was empty the last time. */
struct arrivals {
	uint64_t frames;
	uint64_t bytes;
	uint64_t answers;	/* frames that were written to it meanwhile */
};

/* The TAP is empty. Returns for how many nanoseconds to leave it alone; 0: not at all. */
uint64_t moderation_pause(struct moderation *moderation, uint64_t now, const struct arrivals *arrivals);

/* Under a flood, after a batch that took so many nanoseconds. Returns for how many to leave the TAP alone. */
uint64_t moderation_rest(uint64_t worked);

#endif
