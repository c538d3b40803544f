// SPDX-License-Identifier: Apache-2.0
/*
 * ring_selftest.c - rings of nk.h over memory of two regions: each is mapped twice, writable for its owner and
 * read-only between inaccessible pages for the peer, so that a store into the peer's region or a load beside it
 * ends the test.
 *
 * Usage: ring-selftest [SEED [CASES]]. The seed is printed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "claims.h"
#include "nk.h"

#define PAGE 4096u
#define CAPACITY NK_MIN_RING_CAPACITY
#define REGION_LENGTH (PAGE + CAPACITY)

#define EPOCH_A 3u
#define EPOCH_B 5u

/* What one OS has: one page with the cursor block for the other, and the ring to it. */
struct side {
	struct nk_cursors *cursors;
	uint8_t *data;
	const struct nk_cursors *peer_cursors; /* the other's, read-only */
	const uint8_t *peer_data;
	uint8_t *guarded;
};

static struct side a, b;
static struct nk_ring_producer producer; /* A's */
static struct nk_ring_consumer consumer; /* B's */
static uint64_t seed = 1;
static uint64_t cases = 2000000;

static uint8_t *map_guarded(int fd)
{
	uint8_t *area = mmap(NULL, REGION_LENGTH + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED ||
	    mmap(area + PAGE, REGION_LENGTH, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		abort();
	return area + PAGE;
}

static void make_region(struct side *owner, struct side *peer)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);
	uint8_t *own;

	if (fd < 0 || ftruncate(fd, REGION_LENGTH) < 0)
		abort();
	own = mmap(NULL, REGION_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (own == MAP_FAILED)
		abort();
	owner->cursors = (struct nk_cursors *)own;
	owner->data = own + PAGE;
	peer->guarded = map_guarded(fd);
	peer->peer_cursors = (const struct nk_cursors *)peer->guarded;
	peer->peer_data = peer->guarded + PAGE;
	close(fd);
}

static void open_rings(void)
{
	EXPECT(nk_ring_producer_init(&producer, a.data, CAPACITY, a.cursors, a.peer_cursors, EPOCH_A) == 0);
	EXPECT(nk_ring_consumer_init(&consumer, b.peer_data, CAPACITY, b.cursors, b.peer_cursors, EPOCH_B) == 0);
}

/* Both sides as in the first moment of their epochs, at a position of choice. */
static void fresh(uint64_t position)
{
	memset(a.cursors, 0, sizeof(*a.cursors));
	memset(b.cursors, 0, sizeof(*b.cursors));
	nk_cursors_join(a.cursors, EPOCH_B);
	nk_cursors_join(b.cursors, EPOCH_A);
	a.cursors->tail = position;
	b.cursors->head = position;
	open_rings();
}

static int send_record(uint32_t length, uint8_t fill)
{
	struct nk_record *record;
	int error = nk_ring_claim(&producer, length, &record);

	if (error)
		return error;
	memset(nk_record_frame(record), fill, NK_VNET_HDR_LENGTH + length);
	return nk_ring_publish(&producer, NK_RECORD_ETHERNET, length, fill);
}

static bool next_is(uint32_t length, uint8_t fill)
{
	struct nk_message message;

	if (nk_ring_poll(&consumer, &message) != 1 || message.length != length || message.enqueued_at != fill)
		return false;
	for (uint32_t i = 0; i < length + NK_VNET_HDR_LENGTH; i++) {
		if (message.vnet_hdr[i] != fill)
			return false;
	}
	nk_ring_advance(&consumer);
	nk_ring_release(&consumer);
	return true;
}

static bool is_empty(void)
{
	struct nk_message message;

	return nk_ring_poll(&consumer, &message) == 0;
}

static void records_come_out_as_they_went_in(void)
{
	uint64_t random = seed;
	struct nk_message message;

	fresh(0);
	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t number = next_random(&random);
		uint32_t length = 1 + (uint32_t)(number % (i % 16 ? 2000 : NK_MAX_PAYLOAD));

		EXPECT(send_record(length, (uint8_t)i) == 0);
		EXPECT(nk_ring_poll(&consumer, &message) == 1);
		EXPECT(message.sequence == i && message.type == NK_RECORD_ETHERNET);
		if (!next_is(length, (uint8_t)i)) {
			EXPECT(!"the record is what was sent");
			return;
		}
	}
	EXPECT(is_empty());
	EXPECT(consumer.gaps == 0);
	EXPECT(consumer.paddings > 0);
}

static void padding_fills_the_rest_where_the_ring_wraps(void)
{
	const struct nk_record *padding = (const struct nk_record *)(a.data + CAPACITY - 64);

	fresh(CAPACITY - 64);
	EXPECT(send_record(100, 7) == 0);
	EXPECT(padding->type == NK_RECORD_PADDING && padding->length == 64);
	EXPECT(a.cursors->tail == CAPACITY + nk_record_span(100));
	EXPECT(next_is(100, 7));
	EXPECT(consumer.paddings == 1);
}

static void record_that_ends_at_the_rings_end_needs_no_padding(void)
{
	fresh(CAPACITY - 64);
	EXPECT(send_record(64 - NK_RECORD_HEADER_LENGTH, 8) == 0);
	EXPECT(send_record(1, 9) == 0);
	EXPECT(next_is(64 - NK_RECORD_HEADER_LENGTH, 8));
	EXPECT(next_is(1, 9));
	EXPECT(consumer.paddings == 0);
}

static void cancelled_record_is_never_seen(void)
{
	struct nk_record *record;

	fresh(0);
	EXPECT(nk_ring_claim(&producer, 500, &record) == 0);
	nk_ring_cancel(&producer);
	EXPECT(nk_ring_publish(&producer, NK_RECORD_ETHERNET, 500, 0) == -EINVAL);
	EXPECT(is_empty());
	EXPECT(nk_ring_claim(&producer, 500, &record) == 0);
	EXPECT(nk_ring_publish_padding(&producer) == 0);
	EXPECT(send_record(10, 1) == 0);
	EXPECT(next_is(10, 1));
	EXPECT(consumer.gaps == 0);
}

static void shorter_record_than_claimed_takes_only_its_span(void)
{
	struct nk_record *record;

	fresh(0);
	EXPECT(nk_ring_claim(&producer, NK_MAX_PAYLOAD, &record) == 0);
	memset(nk_record_frame(record), 5, NK_VNET_HDR_LENGTH + 60);
	EXPECT(nk_ring_publish(&producer, NK_RECORD_ETHERNET, NK_MAX_PAYLOAD + 1, 5) == -EINVAL);
	EXPECT(nk_ring_publish(&producer, NK_RECORD_ETHERNET, 60, 5) == 0);
	EXPECT(a.cursors->tail == nk_record_span(60));
	EXPECT(next_is(60, 5));
}

static void room_is_in_one_piece_and_as_of_the_last_look_at_the_head(void)
{
	struct nk_record *record;

	fresh(0);
	EXPECT(nk_ring_room(&producer) == 0);
	EXPECT(send_record(100, 1) == 0 && nk_ring_room(&producer) == 0);
	EXPECT(nk_ring_claim(&producer, 50, &record) == 0);
	EXPECT(nk_ring_room(&producer) == CAPACITY - nk_record_span(100));
	EXPECT(next_is(100, 1));
	EXPECT(nk_ring_room(&producer) == CAPACITY - nk_record_span(100));
	nk_ring_cancel(&producer);
	EXPECT(nk_ring_room(&producer) == 0);

	fresh(CAPACITY - 1024);
	EXPECT(nk_ring_claim(&producer, 100, &record) == 0 && nk_ring_room(&producer) == 1024);
	EXPECT(nk_ring_claim(&producer, 2000, &record) == 0 && record == (struct nk_record *)a.data);
	EXPECT(nk_ring_room(&producer) == CAPACITY - 1024);

	b.cursors->head = 3;
	EXPECT(nk_ring_ask_for_space(&producer) == -EPROTO && nk_ring_room(&producer) == 0);
}

static void two_records_that_fit_the_room_are_claimed_one_behind_the_other(void)
{
	uint64_t random = seed;
	int fitted = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t position = next_random(&random) % (2 * CAPACITY / 8) * 8;
		uint64_t unread = next_random(&random) % (CAPACITY / 8) * 8;
		uint32_t length = 1 + (uint32_t)(next_random(&random) % NK_MAX_PAYLOAD);
		struct nk_record *first, *second;

		fresh(position + unread);
		b.cursors->head = position;
		if (nk_ring_claim(&producer, NK_MAX_PAYLOAD, &first) ||
		    nk_ring_room(&producer) < nk_record_span(length) + nk_record_span(NK_MAX_PAYLOAD))
			continue;
		fitted++;
		/* Whoever looked at this head would quarantine its owner. */
		b.cursors->head = 3;
		EXPECT(nk_ring_publish(&producer, NK_RECORD_ETHERNET, length, 0) == 0);
		EXPECT(nk_ring_claim(&producer, NK_MAX_PAYLOAD, &second) == 0);
		EXPECT((uint8_t *)second == (uint8_t *)first + nk_record_span(length));
	}
	EXPECT(fitted > 1000);
}

static void message_carries_no_vnet_header(void)
{
	struct nk_record *record;
	struct nk_message message;

	fresh(0);
	memset(a.data, 0xFF, 256);
	EXPECT(nk_ring_claim(&producer, 8, &record) == 0);
	EXPECT(nk_ring_publish(&producer, NK_RECORD_MESSAGE, 8, 0) == 0);
	EXPECT(nk_ring_poll(&consumer, &message) == 1 && message.type == NK_RECORD_MESSAGE);
	for (uint32_t i = 0; i < NK_VNET_HDR_LENGTH; i++)
		EXPECT(message.vnet_hdr[i] == 0);
}

static void full_ring_refuses_until_room_is_released(void)
{
	struct nk_record *record;
	struct nk_message message;
	int sent = 0;

	fresh(0);
	EXPECT(nk_ring_claim(&producer, NK_MAX_PAYLOAD + 1, &record) == -EMSGSIZE);
	while (send_record(4060, 1) == 0)
		sent++;
	EXPECT(sent == CAPACITY / 4096);
	EXPECT(nk_ring_poll(&consumer, &message) == 1);
	nk_ring_advance(&consumer);
	EXPECT(send_record(4060, 1) == -EAGAIN);
	nk_ring_release(&consumer);
	EXPECT(send_record(4060, 2) == 0);
	EXPECT(send_record(4060, 2) == -EAGAIN);
}

static void doorbell_is_needed_only_when_asked_and_once_for_a_batch(void)
{
	fresh(0);
	EXPECT(!nk_ring_needs_doorbell(&producer));
	EXPECT(send_record(10, 1) == 0 && send_record(10, 2) == 0);
	EXPECT(nk_ring_needs_doorbell(&producer));
	EXPECT(!nk_ring_needs_doorbell(&producer));
	EXPECT(send_record(10, 3) == 0);
	EXPECT(!nk_ring_needs_doorbell(&producer));
	EXPECT(nk_ring_ask_for_wake(&consumer) == 1);
	EXPECT(next_is(10, 1) && next_is(10, 2) && next_is(10, 3));
	EXPECT(nk_ring_ask_for_wake(&consumer) == 0);
	EXPECT(send_record(10, 4) == 0);
	EXPECT(nk_ring_needs_doorbell(&producer));
	EXPECT(nk_ring_ask_for_wake(&consumer) == 1);
}

static void event_index_survives_the_wrap_of_positions(void)
{
	fresh(UINT64_MAX - 4095);
	EXPECT(nk_ring_ask_for_wake(&consumer) == 0);
	for (int i = 0; i < 200; i++) {
		EXPECT(send_record(28, (uint8_t)i) == 0);
		EXPECT(nk_ring_needs_doorbell(&producer));
		EXPECT(next_is(28, (uint8_t)i));
		EXPECT(nk_ring_ask_for_wake(&consumer) == 0);
	}
	EXPECT(a.cursors->tail < CAPACITY);
}

static void producer_that_waits_for_space_is_rung_after_a_quarter(void)
{
	struct nk_message message;
	int released = 0;

	fresh(0);
	/* Opening asks once by its zeroes; that is behind us. */
	EXPECT(send_record(28, 0) == 0 && next_is(28, 0));
	EXPECT(nk_ring_needs_space_doorbell(&consumer));
	while (send_record(4060, 1) == 0)
		;
	EXPECT(nk_ring_ask_for_space(&producer) == 1);
	do {
		EXPECT(nk_ring_poll(&consumer, &message) == 1);
		nk_ring_advance(&consumer);
		nk_ring_release(&consumer);
		released++;
	} while (!nk_ring_needs_space_doorbell(&consumer) && released < 64);
	EXPECT(released == 17);
	EXPECT(nk_ring_ask_for_space(&producer) == 0);
	EXPECT(send_record(4060, 1) == 0);
}

static void restarted_sides_go_on_from_their_cursors(void)
{
	fresh(0);
	EXPECT(send_record(100, 1) == 0 && send_record(200, 2) == 0);
	EXPECT(next_is(100, 1));
	open_rings();
	EXPECT(send_record(300, 3) == 0);
	EXPECT(next_is(200, 2) && next_is(300, 3));
	EXPECT(is_empty() && consumer.gaps == 0);
	a.cursors->tail = 12;
	EXPECT(nk_ring_producer_init(&producer, a.data, CAPACITY, a.cursors, a.peer_cursors, EPOCH_A) == -EINVAL);
	EXPECT(nk_ring_producer_init(&producer, a.data, CAPACITY - 8, a.cursors, a.peer_cursors, EPOCH_A) == -EINVAL);
}

static void nothing_of_an_old_epoch_is_delivered(void)
{
	struct nk_message message;

	fresh(0);
	EXPECT(send_record(100, 1) == 0);
	EXPECT(nk_ring_undelivered(&producer) == 1);
	EXPECT(nk_ring_unread(&consumer) == 1);

	/* B starts anew. A has not noticed, and what it wrote for the old B stands in its block. */
	memset(b.cursors, 0, sizeof(*b.cursors));
	nk_cursors_join(b.cursors, EPOCH_A);
	EXPECT(nk_ring_consumer_init(&consumer, b.peer_data, CAPACITY, b.cursors, b.peer_cursors, EPOCH_B + 1) == 0);
	EXPECT(nk_ring_poll(&consumer, &message) == 0);
	EXPECT(nk_ring_ask_for_wake(&consumer) == 0);

	nk_cursors_join(a.cursors, EPOCH_B + 1);
	EXPECT(a.cursors->tail == 0 && a.cursors->next_sequence == 0);
	EXPECT(nk_ring_producer_init(&producer, a.data, CAPACITY, a.cursors, a.peer_cursors, EPOCH_A) == 0);
	EXPECT(send_record(50, 2) == 0);
	EXPECT(nk_ring_needs_doorbell(&producer));
	EXPECT(next_is(50, 2));
}

static enum nk_fault fault_of_tail(uint64_t tail)
{
	struct nk_message message;

	fresh(0);
	EXPECT(send_record(100, 1) == 0 && next_is(100, 1));
	a.cursors->tail = tail;
	EXPECT(nk_ring_poll(&consumer, &message) == -EPROTO);
	EXPECT(nk_ring_ask_for_wake(&consumer) == -EPROTO);
	return consumer.fault;
}

static enum nk_fault fault_of_head(uint64_t head)
{
	struct nk_record *record;

	fresh(0);
	EXPECT(send_record(100, 1) == 0 && next_is(100, 1) && nk_ring_ask_for_space(&producer) == 0);
	b.cursors->head = head;
	EXPECT(nk_ring_ask_for_space(&producer) == -EPROTO);
	EXPECT(nk_ring_claim(&producer, 1, &record) == -EPROTO);
	return producer.fault;
}

static enum nk_fault fault_of_record(uint64_t position, uint32_t length, uint16_t type, uint64_t tail)
{
	struct nk_record *record = (struct nk_record *)(a.data + position % CAPACITY);
	struct nk_message message;

	fresh(position);
	record->length = length;
	record->type = type;
	a.cursors->tail = tail;
	EXPECT(nk_ring_poll(&consumer, &message) == -EPROTO);
	return consumer.fault;
}

static void each_lie_has_its_name(void)
{
	EXPECT(fault_of_tail(141) == NK_FAULT_TAIL_MISALIGNED);
	EXPECT(fault_of_tail(8) == NK_FAULT_TAIL_BACKWARDS);
	EXPECT(fault_of_tail(136 + CAPACITY + 8) == NK_FAULT_TAIL_BEYOND_CAPACITY);
	EXPECT(fault_of_head(3) == NK_FAULT_HEAD_MISALIGNED);
	EXPECT(fault_of_head(0) == NK_FAULT_HEAD_BACKWARDS);
	EXPECT(fault_of_head(1024) == NK_FAULT_HEAD_BEYOND_TAIL);
	EXPECT(fault_of_record(0, 64, 0, 128) == NK_FAULT_TYPE_UNKNOWN);
	EXPECT(fault_of_record(0, 0, NK_RECORD_ETHERNET, 128) == NK_FAULT_LENGTH_OUT_OF_BOUNDS);
	EXPECT(fault_of_record(0, NK_MAX_PAYLOAD + 1, NK_RECORD_MESSAGE, CAPACITY) == NK_FAULT_LENGTH_OUT_OF_BOUNDS);
	EXPECT(fault_of_record(0, 0, NK_RECORD_PADDING, 128) == NK_FAULT_PADDING_MALFORMED);
	EXPECT(fault_of_record(0, 12, NK_RECORD_PADDING, 128) == NK_FAULT_PADDING_MALFORMED);
	EXPECT(fault_of_record(0, 100, NK_RECORD_ETHERNET, 128) == NK_FAULT_SPAN_BEYOND_TAIL);
	EXPECT(fault_of_record(0, 0xFFFFFFF8u, NK_RECORD_PADDING, 128) == NK_FAULT_SPAN_BEYOND_TAIL);
	EXPECT(fault_of_record(CAPACITY - 64, 100, NK_RECORD_ETHERNET, CAPACITY + 128) ==
	       NK_FAULT_SPAN_BEYOND_RING_END);
	for (int fault = 0; fault < NK_FAULT_COUNT; fault++)
		EXPECT(strlen(nk_fault_name((enum nk_fault)fault)) > 0);
}

static void endless_padding_does_not_hold_the_consumer(void)
{
	struct nk_message message;

	fresh(0);
	for (uint32_t place = 0; place < CAPACITY; place += 8)
		*(uint64_t *)(a.data + place) = (uint64_t)NK_RECORD_PADDING << 32 | 8;
	a.cursors->tail = CAPACITY;
	EXPECT(nk_ring_poll(&consumer, &message) == 0);
	EXPECT(consumer.head <= 64 * 8);
	EXPECT(nk_ring_ask_for_wake(&consumer) == 1);
	EXPECT(nk_ring_unread(&consumer) == 0);
}

/* A value as an attacker would choose it: near what is expected, near a bound, or anything. */
static uint64_t hostile_value(uint64_t *random, uint64_t expected)
{
	static const uint64_t bounds[] = {
		0, 8, 36, CAPACITY, CAPACITY / 2, NK_MAX_PAYLOAD, UINT32_MAX, UINT64_MAX, INT64_MAX,
	};
	uint64_t number = next_random(random);
	uint64_t near = (number >> 8) % 65 - 32;

	switch (number % 8) {
	case 0:
		return next_random(random);
	case 1:
		return bounds[(number >> 16) % (sizeof(bounds) / sizeof(*bounds))] + near;
	case 2:
		return expected + bounds[(number >> 16) % (sizeof(bounds) / sizeof(*bounds))] + near * 8;
	case 3:
		return expected + near;
	default:
		return expected + ((number >> 16) % (2 * CAPACITY / 8)) * 8;
	}
}

static uint32_t touch(const struct nk_message *message)
{
	return message->vnet_hdr[0] + message->payload[0] + message->payload[message->length - 1];
}

static bool is_inside(const struct nk_message *message)
{
	return message->vnet_hdr >= b.peer_data + offsetof(struct nk_record, vnet_hdr) && message->length >= 1 &&
	       message->length <= NK_MAX_PAYLOAD && message->payload + message->length <= b.peer_data + CAPACITY;
}

static void any_value_in_the_peers_region_is_survived(void)
{
	static volatile uint32_t sum;
	uint64_t random = seed;
	uint64_t delivered = 0, faults[NK_FAULT_COUNT] = {0};

	for (uint64_t i = 0; i < cases && !failures; i++) {
		uint64_t start = next_random(&random) % (4 * CAPACITY / 8) * 8;
		struct nk_message message;
		struct nk_record *record;

		memset(a.cursors, 0, sizeof(*a.cursors));
		memset(b.cursors, 0, sizeof(*b.cursors));
		a.cursors->peer_epoch = EPOCH_B;
		b.cursors->peer_epoch = EPOCH_A;
		a.cursors->tail = b.cursors->head = start;
		open_rings();

		/* B reads what A lies. */
		a.cursors->tail = hostile_value(&random, start);
		a.cursors->space_wake_at = hostile_value(&random, start);
		for (int step = 0; step < 4; step++) {
			struct nk_record *next = (struct nk_record *)(a.data + consumer.head % CAPACITY);

			next->length = (uint32_t)hostile_value(&random, 64);
			next->type = (uint16_t)(next_random(&random) % 5);
			if (nk_ring_poll(&consumer, &message) == 1) {
				if (!is_inside(&message)) {
					EXPECT(!"the record is inside the ring");
					printf("case=%llu\n", (unsigned long long)i);
				}
				sum += touch(&message);
				delivered++;
			}
			/* The peer writes after the look: nothing of it may matter any more. */
			next->length = (uint32_t)next_random(&random);
			next->type = (uint16_t)next_random(&random);
			nk_ring_advance(&consumer);
			nk_ring_release(&consumer);
			nk_ring_needs_space_doorbell(&consumer);
			if (step == 2)
				a.cursors->tail = hostile_value(&random, consumer.head);
		}
		nk_ring_ask_for_wake(&consumer);
		EXPECT(b.cursors->head - start <= 2 * CAPACITY);
		faults[consumer.fault]++;

		/* A reads what B lies. */
		a.cursors->tail = start;
		nk_ring_producer_init(&producer, a.data, CAPACITY, a.cursors, a.peer_cursors, EPOCH_A);
		for (int step = 0; step < 8; step++) {
			uint32_t length = 1 + (uint32_t)(next_random(&random) % NK_MAX_PAYLOAD);

			if (nk_ring_claim(&producer, length, &record) == 0) {
				uint8_t *frame = nk_record_frame(record);

				frame[0] = frame[NK_VNET_HDR_LENGTH + length - 1] = 1;
				EXPECT(nk_ring_publish(&producer, NK_RECORD_ETHERNET, length, i) == 0);
			} else if (step % 2) {
				nk_ring_ask_for_space(&producer);
			}
			b.cursors->head = hostile_value(&random, producer.head_seen);
			b.cursors->wake_at = hostile_value(&random, producer.tail);
			nk_ring_needs_doorbell(&producer);
			EXPECT(producer.tail - producer.head_seen <= CAPACITY);
		}
		faults[producer.fault]++;
	}
	printf("seed=%llu cases=%llu delivered=%llu", (unsigned long long)seed, (unsigned long long)cases,
	       (unsigned long long)delivered);
	for (int fault = 0; fault < NK_FAULT_COUNT; fault++) {
		printf(" %s=%llu", nk_fault_name((enum nk_fault)fault), (unsigned long long)faults[fault]);
		if (cases >= 100000)
			EXPECT(faults[fault] > 0 || fault == NK_FAULT_REFUSED_BY_OWNER);
	}
	printf("\n");
}

#define SCRIBBLED_RECORDS 20000u
#define SCRIBBLING_NS UINT64_C(5000000000)

static bool stop_scribbling;

/* A peer whose words are different at each look. */
static void *scribble(void *unused)
{
	uint64_t random = seed;

	(void)unused;
	while (!__atomic_load_n(&stop_scribbling, __ATOMIC_RELAXED)) {
		uint64_t number = next_random(&random);
		uint64_t head = __atomic_load_n(&b.cursors->head, __ATOMIC_RELAXED);
		uint64_t word = (uint64_t)(1 + number % 3) << 32 | (number >> 32) % 4096;

		__atomic_store_n((uint64_t *)(a.data + head % CAPACITY), word, __ATOMIC_RELAXED);
		__atomic_store_n(&a.cursors->tail, head + (number >> 8) % 8192 / 8 * 8, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void words_that_change_at_each_look_are_survived(void)
{
	static volatile uint32_t sum;
	uint64_t delivered = 0, deadline;
	pthread_t thread;

	fresh(0);
	stop_scribbling = false;
	EXPECT(pthread_create(&thread, NULL, scribble, NULL) == 0);
	deadline = nk_now() + SCRIBBLING_NS;
	while (delivered < SCRIBBLED_RECORDS && nk_now() < deadline) {
		struct nk_message message;
		int result = nk_ring_poll(&consumer, &message);

		if (result == 1) {
			if (!is_inside(&message))
				EXPECT(!"the record is inside the ring");
			sum += touch(&message);
			delivered++;
			nk_ring_advance(&consumer);
			nk_ring_release(&consumer);
		} else if (result < 0) {
			nk_ring_consumer_init(&consumer, b.peer_data, CAPACITY, b.cursors, b.peer_cursors, EPOCH_B);
		}
	}
	__atomic_store_n(&stop_scribbling, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT(delivered > 0);
}

#define MARATHON_RECORDS 300000u
#define LOST_WAKEUP_MS 5000

static int to_consumer, to_producer;

static bool sleep_until_rung(int fd)
{
	struct pollfd bell = {.fd = fd, .events = POLLIN};
	uint64_t count;

	return poll(&bell, 1, LOST_WAKEUP_MS) == 1 && read(fd, &count, sizeof(count)) == sizeof(count);
}

static void ring_bell(int fd)
{
	static const uint64_t one = 1;

	EXPECT(write(fd, &one, sizeof(one)) == sizeof(one));
}

static void *produce_all(void *unused)
{
	uint64_t random = seed;

	(void)unused;
	for (uint32_t i = 0; i < MARATHON_RECORDS;) {
		uint32_t batch = 1 + (uint32_t)(next_random(&random) % 8);

		for (; batch && i < MARATHON_RECORDS; batch--) {
			uint32_t length = 1 + i * 31 % 3000;

			if (send_record(length, (uint8_t)i) == 0) {
				i++;
				continue;
			}
			if (nk_ring_needs_doorbell(&producer))
				ring_bell(to_consumer);
			if (nk_ring_ask_for_space(&producer) == 1 && !sleep_until_rung(to_producer)) {
				EXPECT(!"the producer is woken");
				return NULL;
			}
		}
		if (nk_ring_needs_doorbell(&producer))
			ring_bell(to_consumer);
	}
	return NULL;
}

static void no_wakeup_is_lost_between_two_threads(void)
{
	pthread_t thread;

	fresh(0);
	to_consumer = eventfd(0, EFD_CLOEXEC);
	to_producer = eventfd(0, EFD_CLOEXEC);
	EXPECT(pthread_create(&thread, NULL, produce_all, NULL) == 0);
	for (uint32_t i = 0; i < MARATHON_RECORDS;) {
		struct nk_message message;
		int result = nk_ring_poll(&consumer, &message);

		if (result == 1) {
			uint32_t length = 1 + i * 31 % 3000;

			if (message.length != length || message.sequence != i ||
			    message.payload[length - 1] != (uint8_t)i) {
				EXPECT(!"the record is what was sent");
				break;
			}
			nk_ring_advance(&consumer);
			i++;
			continue;
		}
		nk_ring_release(&consumer);
		if (nk_ring_needs_space_doorbell(&consumer))
			ring_bell(to_producer);
		if (result < 0 || (nk_ring_ask_for_wake(&consumer) == 0 && !sleep_until_rung(to_consumer))) {
			EXPECT(!"the consumer is woken");
			break;
		}
	}
	pthread_join(thread, NULL);
	close(to_consumer);
	close(to_producer);
}

int main(int count, char **arguments)
{
	if (count > 1)
		seed = strtoull(arguments[1], NULL, 0);
	if (count > 2)
		cases = strtoull(arguments[2], NULL, 0);
	printf("seed=%llu\n", (unsigned long long)seed);
	make_region(&a, &b);
	make_region(&b, &a);

	CLAIM(records_come_out_as_they_went_in);
	CLAIM(padding_fills_the_rest_where_the_ring_wraps);
	CLAIM(record_that_ends_at_the_rings_end_needs_no_padding);
	CLAIM(cancelled_record_is_never_seen);
	CLAIM(shorter_record_than_claimed_takes_only_its_span);
	CLAIM(room_is_in_one_piece_and_as_of_the_last_look_at_the_head);
	CLAIM(two_records_that_fit_the_room_are_claimed_one_behind_the_other);
	CLAIM(message_carries_no_vnet_header);
	CLAIM(full_ring_refuses_until_room_is_released);
	CLAIM(doorbell_is_needed_only_when_asked_and_once_for_a_batch);
	CLAIM(event_index_survives_the_wrap_of_positions);
	CLAIM(producer_that_waits_for_space_is_rung_after_a_quarter);
	CLAIM(restarted_sides_go_on_from_their_cursors);
	CLAIM(nothing_of_an_old_epoch_is_delivered);
	CLAIM(each_lie_has_its_name);
	CLAIM(endless_padding_does_not_hold_the_consumer);
	CLAIM(any_value_in_the_peers_region_is_survived);
	CLAIM(words_that_change_at_each_look_are_survived);
	CLAIM(no_wakeup_is_lost_between_two_threads);
	return failures ? 1 : 0;
}
