// SPDX-License-Identifier: Apache-2.0
/*
 * hostile_selftest.c - rings of nk.h whose peer writes what it likes into its own region: each lie is found and named,
 * and nothing is read or written where it must not be.
 *
 * Usage: hostile-selftest [SEED [CASES]]. The seed is printed.
 */
#include <pthread.h>

#include "ring_pair.h"

static uint64_t cases = 2000000;

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

int main(int count, char **arguments)
{
	begin(count, arguments);
	if (count > 2)
		cases = strtoull(arguments[2], NULL, 0);

	CLAIM(each_lie_has_its_name);
	CLAIM(endless_padding_does_not_hold_the_consumer);
	CLAIM(any_value_in_the_peers_region_is_survived);
	CLAIM(words_that_change_at_each_look_are_survived);
	return failures ? 1 : 0;
}
