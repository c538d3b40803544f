// SPDX-License-Identifier: Apache-2.0
/*
 * kill_selftest.c - an endpoint is killed between every two of its stores into shared memory, and its successor goes on
 * from the cursors that it left.
 *
 * The victim is a child that runs under ptrace, one instruction at a time; after each one the tracer compares the shared
 * memory with what it was. So the n-th store is known, and the child can be killed right behind it, for each n in
 * turn. The peer lives in this process and acts only when it is rung. Where the two are then must be where a run
 * without a death ends: every frame there, but for those of at most one batch.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claims.h"
#include "nk.h"

#define CAPACITY NK_MIN_RING_CAPACITY
#define EPOCH_OF_PRODUCER 3u
#define EPOCH_OF_CONSUMER 5u
#define EARLIER_EPOCH 2u

#define BATCH 2u
#define FRAMES 7u
#define MAX_READS (4 * FRAMES)

/* The record of a small frame has a span of 80; the second does not fit behind the first at this position. */
#define SMALL_FRAME 40u
#define NEAR_THE_END (CAPACITY - 120)
/* Four fill a ring. */
#define LARGE_FRAME 60000u

/* Small stores of a victim go to the begin and to the end of the ring; the tracer watches these bytes of each. */
#define WATCHED_DATA 1024u

/* More than any life takes: a victim that runs on has lost its way. */
#define MAX_INSTRUCTIONS 20000000ul

/* A frame, numbered from 1, and the sequence number of its record. */
#define READ(frame, sequence) ((uint64_t)(frame) | (sequence) << 8)
#define FRAME_OF(read) ((read) & 0xFF)

struct world {
	struct nk_cursors producer_cursors;
	struct nk_cursors consumer_cursors;
	uint64_t bell_of_consumer;	/* rings so far: eventfds that nobody empties */
	uint64_t bell_of_producer;
	uint64_t frames_taken;		/* by all producers, from what would be the TAP */
	uint64_t reads;
	uint64_t read[MAX_READS];	/* what consumers read, in order: READ() */
	uint8_t data[CAPACITY];
};

static struct world *world;
static uint32_t frame_length;
static struct nk_ring_producer producer; /* the surviving one, where a consumer is killed */
static struct nk_ring_consumer consumer; /* and the reverse */
static uint64_t bell_seen;

static void produce(struct nk_ring_producer *ring)
{
	while (world->frames_taken < FRAMES) {
		struct nk_record *record;
		int error = 0;

		for (uint32_t i = 0; i < BATCH && world->frames_taken < FRAMES && !error; i++) {
			error = nk_ring_claim(ring, frame_length, &record);
			if (error)
				break;
			world->frames_taken++;
			memset(record->vnet_hdr, 0, sizeof(record->vnet_hdr));
			memset(record->payload, (int)world->frames_taken, frame_length);
			error = nk_ring_publish(ring, NK_RECORD_ETHERNET, frame_length, 0);
		}
		if (nk_ring_needs_doorbell(ring))
			world->bell_of_consumer++;
		if (error && error != -EAGAIN)
			abort();
		if (error && nk_ring_ask_for_space(ring))
			return;
	}
}

static void open_producer(struct nk_ring_producer *ring)
{
	nk_cursors_join(&world->producer_cursors, EPOCH_OF_CONSUMER);
	if (nk_ring_producer_init(ring, world->data, CAPACITY, &world->producer_cursors, &world->consumer_cursors,
				  EPOCH_OF_PRODUCER))
		abort();
	world->bell_of_consumer++;
}

static void producer_life(void)
{
	struct nk_ring_producer ring;

	open_producer(&ring);
	produce(&ring);
}

static void read_frame(const struct nk_message *message)
{
	bool whole = message->length == frame_length && message->type == NK_RECORD_ETHERNET;

	/* Not each byte of a large frame: every instruction costs the tracer a system call. */
	for (uint32_t i = 0; whole && i < message->length; i += frame_length / SMALL_FRAME)
		whole = message->payload[i] == message->payload[0];
	if (!whole || world->reads == MAX_READS)
		abort();
	world->read[world->reads] = READ(message->payload[0], message->sequence);
	world->reads++;
}

static void consume(struct nk_ring_consumer *ring)
{
	int more;

	do {
		struct nk_message message;

		for (uint32_t i = 0; i < BATCH && nk_ring_poll(ring, &message) == 1; i++) {
			read_frame(&message);
			nk_ring_advance(ring);
		}
		nk_ring_release(ring);
		if (nk_ring_needs_space_doorbell(ring))
			world->bell_of_producer++;
		more = nk_ring_ask_for_wake(ring);
		if (more < 0)
			abort();
	} while (more);
}

static void open_consumer(struct nk_ring_consumer *ring)
{
	nk_cursors_join(&world->consumer_cursors, EPOCH_OF_PRODUCER);
	if (nk_ring_consumer_init(ring, world->data, CAPACITY, &world->consumer_cursors, &world->producer_cursors,
				  EPOCH_OF_CONSUMER))
		abort();
	world->bell_of_producer++;
}

static void consumer_life(void)
{
	struct nk_ring_consumer ring;

	open_consumer(&ring);
	consume(&ring);
}

/* What the tracer compares. */
struct view {
	uint8_t words[offsetof(struct world, data)];
	uint8_t begin[WATCHED_DATA];
	uint8_t end[WATCHED_DATA];
};

static bool look(struct view *view)
{
	struct view now;

	memcpy(now.words, world, sizeof(now.words));
	memcpy(now.begin, world->data, WATCHED_DATA);
	memcpy(now.end, world->data + CAPACITY - WATCHED_DATA, WATCHED_DATA);
	if (!memcmp(&now, view, sizeof(now)))
		return false;
	*view = now;
	return true;
}

/*
 * Runs a life in a child and kills it right behind its store number `last`, or before its first for 0. Returns the
 * number of stores it got to: fewer if it ended by itself.
 */
static unsigned int live_until(void (*life)(void), unsigned int last)
{
	static struct view view;
	unsigned int stores = 0;
	int status;
	pid_t child = fork();

	if (child < 0)
		abort();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		life();
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) {
		printf("FAILED: the child cannot be traced\n");
		abort();
	}
	look(&view);
	for (unsigned long steps = 0; stores < last && steps < MAX_INSTRUCTIONS; steps++) {
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0 || waitpid(child, &status, 0) != child)
			abort();
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return stores;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
			EXPECT(!"the victim failed by itself");
			break;
		}
		stores += look(&view);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return stores;
}

/* Both blocks and the ring as they are before the victim's life. */
static void begin(uint64_t position, bool next_epoch, bool producer_dies)
{
	memset(world, 0, offsetof(struct world, data));
	memset(world->data, 0xA5, WATCHED_DATA);
	memset(world->data + CAPACITY - WATCHED_DATA, 0xA5, WATCHED_DATA);
	world->producer_cursors.peer_epoch = EPOCH_OF_CONSUMER;
	world->producer_cursors.tail = position;
	world->producer_cursors.next_sequence = position ? 100 : 0;
	world->consumer_cursors.peer_epoch = EPOCH_OF_PRODUCER;
	world->consumer_cursors.head = position;
	if (next_epoch) {
		struct nk_cursors *own = producer_dies ? &world->producer_cursors : &world->consumer_cursors;

		own->peer_epoch = EARLIER_EPOCH;
		own->tail = own->head = 80;
		own->next_sequence = 1;
		own->wake_at = own->space_wake_at = 8;
	}
}

/*
 * Checks what was read: FRAMES frames in order; for the one death, before which `reads_before` were noted, at most
 * `may_miss` are missing, or at most `may_repeat` repeated.
 */
static void check_reads(uint64_t reads_before, uint64_t may_miss, uint64_t may_repeat)
{
	uint64_t expected = 1, missing = 0, repeated = 0;

	for (uint64_t i = 0; i < world->reads; i++) {
		uint64_t frame = FRAME_OF(world->read[i]);

		/* Later frames have larger numbers; a frame that is read again has the number that it had. */
		if (i > 0 && frame > FRAME_OF(world->read[i - 1]))
			EXPECT(world->read[i] >> 8 > world->read[i - 1] >> 8);
		if (frame > expected)
			missing += frame - expected;
		if (frame < expected) {
			EXPECT(i == reads_before);
			repeated += expected - frame;
		}
		expected = frame + 1;
	}
	missing += FRAMES + 1 - expected;
	EXPECT(expected <= FRAMES + 1);
	EXPECT(missing <= may_miss);
	EXPECT(repeated <= may_repeat);
}

static void consume_if_rung(void)
{
	if (bell_seen != world->bell_of_consumer) {
		bell_seen = world->bell_of_consumer;
		consume(&consumer);
	}
}

static unsigned int kill_producer_at(unsigned int store, uint64_t position, bool next_epoch)
{
	unsigned int stores;

	begin(position, next_epoch, true);
	frame_length = SMALL_FRAME;
	open_consumer(&consumer);
	bell_seen = world->bell_of_consumer;
	consume(&consumer);
	stores = live_until(producer_life, store);
	consume_if_rung();
	producer_life();
	consume_if_rung();
	EXPECT(!consumer.fault);
	/* A number is used once; the one that the victim had taken for a record may be missing. */
	EXPECT(consumer.gaps <= 1);
	EXPECT(world->frames_taken == FRAMES);
	check_reads(world->reads, 1, 0);
	return stores;
}

static unsigned int kill_consumer_at(unsigned int store, uint64_t position, bool next_epoch)
{
	uint64_t reads_before;
	unsigned int stores;

	begin(position, next_epoch, false);
	frame_length = LARGE_FRAME;
	open_producer(&producer);
	/* Fills the ring and waits for space. */
	produce(&producer);
	EXPECT(world->frames_taken < FRAMES);
	bell_seen = world->bell_of_producer;
	stores = live_until(consumer_life, store);
	reads_before = world->reads;
	/* As two that run at the same time would: each acts when it is rung. */
	if (bell_seen != world->bell_of_producer) {
		bell_seen = world->bell_of_producer;
		produce(&producer);
	}
	open_consumer(&consumer);
	for (uint64_t rung = world->bell_of_consumer - 1; rung != world->bell_of_consumer;) {
		rung = world->bell_of_consumer;
		consume(&consumer);
		if (bell_seen != world->bell_of_producer) {
			bell_seen = world->bell_of_producer;
			produce(&producer);
		}
	}
	EXPECT(!producer.fault && !consumer.fault);
	EXPECT(world->frames_taken == FRAMES);
	check_reads(reads_before, 0, BATCH);
	return stores;
}

static void at_every_store(unsigned int (*kill_at)(unsigned int, uint64_t, bool), const char *what)
{
	unsigned int least[] = {0, 0};

	for (int next_epoch = 0; next_epoch < 2; next_epoch++) {
		uint64_t position = next_epoch ? 0 : NEAR_THE_END;
		int before = failures;
		unsigned int store = 0;

		/* One more than there are: a victim that ends by itself had all of them. */
		while (failures == before && kill_at(store, position, next_epoch) == store)
			store++;
		if (failures != before)
			printf("  killed behind store %u, position %llu, next epoch %d\n", store,
			       (unsigned long long)position, next_epoch);
		least[next_epoch] = store;
	}
	printf("  %s killed at %u stores, and at %u of a life that joins\n", what, least[0], least[1]);
	/* Each frame costs more than one: the tracer saw them. */
	EXPECT(least[0] > FRAMES && least[1] > FRAMES);
}

static void producer_dies_behind_each_of_its_stores_and_at_most_one_frame_is_lost(void)
{
	at_every_store(kill_producer_at, "producer");
}

static void consumer_dies_behind_each_of_its_stores_and_at_most_one_batch_is_repeated(void)
{
	at_every_store(kill_consumer_at, "consumer");
}

int main(void)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		abort();
	CLAIM(producer_dies_behind_each_of_its_stores_and_at_most_one_frame_is_lost);
	CLAIM(consumer_dies_behind_each_of_its_stores_and_at_most_one_batch_is_repeated);
	return failures ? 1 : 0;
}
