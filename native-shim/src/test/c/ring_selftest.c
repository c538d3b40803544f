// SPDX-License-Identifier: Apache-2.0
/*
 * ring_selftest.c - rings of nk.h between two that keep to the rules: records, wraps, room, doorbells, restarts,
 * epochs.
 *
 * Usage: ring-selftest [SEED].
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "ring_pair.h"

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

static void message_carries_the_header_that_its_producer_wrote(void)
{
	struct nk_record *record;
	struct nk_message message;

	fresh(0);
	EXPECT(nk_ring_claim(&producer, 8, &record) == 0);
	memset(record->vnet_hdr, 7, NK_VNET_HDR_LENGTH);
	EXPECT(nk_ring_publish(&producer, NK_RECORD_MESSAGE, 8, 0) == 0);
	EXPECT(nk_ring_poll(&consumer, &message) == 1 && message.type == NK_RECORD_MESSAGE);
	for (uint32_t i = 0; i < NK_VNET_HDR_LENGTH; i++)
		EXPECT(message.vnet_hdr[i] == 7);
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
	begin(count, arguments);

	CLAIM(records_come_out_as_they_went_in);
	CLAIM(padding_fills_the_rest_where_the_ring_wraps);
	CLAIM(record_that_ends_at_the_rings_end_needs_no_padding);
	CLAIM(cancelled_record_is_never_seen);
	CLAIM(shorter_record_than_claimed_takes_only_its_span);
	CLAIM(room_is_in_one_piece_and_as_of_the_last_look_at_the_head);
	CLAIM(two_records_that_fit_the_room_are_claimed_one_behind_the_other);
	CLAIM(message_carries_the_header_that_its_producer_wrote);
	CLAIM(full_ring_refuses_until_room_is_released);
	CLAIM(doorbell_is_needed_only_when_asked_and_once_for_a_batch);
	CLAIM(event_index_survives_the_wrap_of_positions);
	CLAIM(producer_that_waits_for_space_is_rung_after_a_quarter);
	CLAIM(restarted_sides_go_on_from_their_cursors);
	CLAIM(nothing_of_an_old_epoch_is_delivered);
	CLAIM(no_wakeup_is_lost_between_two_threads);
	return failures ? 1 : 0;
}
