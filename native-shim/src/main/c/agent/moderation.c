// SPDX-License-Identifier: Apache-2.0
/* moderation.c - see moderation.h. */
#include "moderation.h"

#include "agent.h"

/* A batch, by frames or by bytes. */
#define BATCH_BYTES (64 * 1024)

/* Frames that come on the average until it is empty; fewer come alone. */
#define MIN_FRAMES 1.5
/* Frames that a pause has to bring. */
#define MIN_EXPECTED 2
/* The part of those without which it was in vain. */
#define VAIN (1.0 / 4)
/* Frames that come in for one that goes out, if those that go out are no answers. */
#define FRAMES_PER_ANSWER 4

/* What was longer ago says nothing about now. */
#define MEMORY_NS (8 * NS_PER_MS)
/* The weight of the last time against all before. */
#define WEIGHT (1.0 / 8)
/* The part of the time a batch took that is a rest, under a flood. */
#define REST_DIVISOR 2

static double least(double one, double other)
{
	return one < other ? one : other;
}

/* Whether the pause that was under way has brought what was expected. */
static void judge(struct moderation *moderation, uint64_t now, uint64_t brought)
{
	uint64_t back_off = moderation->back_off ? moderation->back_off : MODERATION_MIN_BACK_OFF_NS;

	if (moderation->expected <= 0)
		return;
	if ((double)brought < moderation->expected * VAIN) {
		moderation->no_pause_before = now + back_off;
		moderation->back_off = 2 * back_off < MODERATION_MAX_BACK_OFF_NS ? 2 * back_off
										 : MODERATION_MAX_BACK_OFF_NS;
	} else {
		moderation->back_off = 0;
	}
	moderation->expected = 0;
}

uint64_t moderation_pause(struct moderation *moderation, uint64_t now, const struct arrivals *arrivals)
{
	uint64_t elapsed = now - moderation->empty_at;
	double batch, pause, brings;

	judge(moderation, now, arrivals->frames);
	moderation->empty_at = now;
	if (elapsed > MEMORY_NS) {
		moderation->frames = moderation->bytes = moderation->answers = moderation->nanos = 0;
		return 0;
	}
	moderation->frames += ((double)arrivals->frames - moderation->frames) * WEIGHT;
	moderation->bytes += ((double)arrivals->bytes - moderation->bytes) * WEIGHT;
	moderation->answers += ((double)arrivals->answers - moderation->answers) * WEIGHT;
	moderation->nanos += ((double)elapsed - moderation->nanos) * WEIGHT;
	if (moderation->frames < MIN_FRAMES || moderation->answers * FRAMES_PER_ANSWER >= moderation->frames ||
	    now < moderation->no_pause_before)
		return 0;

	batch = moderation->nanos * least(BATCH_FRAMES / moderation->frames, BATCH_BYTES / moderation->bytes);
	pause = least(batch, MODERATION_MAX_PAUSE_NS);
	brings = pause * moderation->frames / moderation->nanos;
	if (pause < MODERATION_MIN_PAUSE_NS || brings < MIN_EXPECTED)
		return 0;
	moderation->expected = brings;
	return (uint64_t)pause;
}

uint64_t moderation_rest(uint64_t worked)
{
	uint64_t rest = worked / REST_DIVISOR;

	return rest < MODERATION_MAX_PAUSE_NS ? rest : MODERATION_MAX_PAUSE_NS;
}
