// SPDX-License-Identifier: Apache-2.0
/* queue.c - see queue.h. */
#include "queue.h"

#define NS_PER_S 1e9

static bool is_flood(const struct arrivals *before, const struct arrivals *sums, double seconds)
{
	uint64_t frames = sums->frames - before->frames;

	return (double)frames >= QUEUE_FLOOD_FRAMES * seconds &&
	       sums->bytes - before->bytes <= frames * QUEUE_SMALL_FRAME &&
	       (sums->answers - before->answers) * QUEUE_FRAMES_PER_ANSWER < frames;
}

bool queue_is_to_change(struct queue_limit *limit, uint64_t now, const struct arrivals *sums)
{
	bool was_short = limit->is_short;

	if (limit->looked_at && is_flood(&limit->sums, sums, (double)(now - limit->looked_at) / NS_PER_S)) {
		limit->flooded_at = now;
		limit->is_short = true;
	} else if (now - limit->flooded_at >= QUEUE_CALM_NS) {
		limit->is_short = false;
	}
	limit->looked_at = now;
	limit->sums = *sums;
	return limit->is_short != was_short;
}
