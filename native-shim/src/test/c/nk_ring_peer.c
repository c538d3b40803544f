// SPDX-License-Identifier: Apache-2.0
/*
 * nk_ring_peer.c - the C side of the ring conformance suite: attaches as an OS and talks to the one peer that it
 * has.
 *
 * Usage: nk-ring-peer ATTACH_SOCK OS TOKENFILE produce|consume|echo COUNT SEED [START [GAPS]]
 *
 *	produce	sends COUNT records and waits until the peer has taken them all
 *	consume	receives COUNT records and checks each
 *	echo	receives COUNT records, checks each, and sends it back
 *
 * START, 0 if it is not given, is the number of records before the first of these: a peer goes on with it where the one
 * before it in the same epoch stopped. A consumer whose START is "any" learns it from its first record, and goes on to
 * the record before COUNT.
 *
 * GAPS, 0 if it is not given, is the number of records that a consumer may miss: a producer that is killed takes the
 * number of a record with it.
 *
 * The records follow from SEED alone. next() is splitmix64: state += 0x9E3779B97F4A7C15; z = state; z = (z ^ z >>>
 * 30) * 0xBF58476D1CE4E5B9; z = (z ^ z >>> 27) * 0x94D049BB133111EB; z ^ z >>> 31; all unsigned 64-bit. Record
 * `seq` (from 0) takes two numbers: n1 = next(), n2 = next(); its length is 1 + n2 % 65600 if n1 % 16 == 0, else 1
 * + n2 % 2000. Byte i of its payload is (seq * 31 + i) & 0xFF. It is of type Ethernet, its vnet_hdr is zero, its
 * sequence number is seq.
 *
 * Prints "ok COUNT CRC", CRC being the CRC-32 (as java.util.zip.CRC32) of all payloads in order, in eight hex
 * digits, and ends with 0; or prints "failed: REASON" and ends with 1. With GAPS, " missing N" is at the end.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claims.h"
#include "nk.h"

/* Nothing moved for this long: a wakeup was lost, or the peer is gone. */
#define STALL_MS 20000

#define BATCH 64

static uint32_t crc_table[256];
static uint32_t crc = UINT32_MAX;

static void make_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
		crc_table[i] = c;
	}
}

static _Noreturn void fail(const char *reason, uint64_t value)
{
	printf("failed: %s %llu\n", reason, (unsigned long long)value);
	exit(1);
}

static uint32_t next_length(uint64_t *state)
{
	uint64_t n1 = next_random(state);
	uint64_t n2 = next_random(state);

	return 1 + (uint32_t)(n2 % (n1 % 16 == 0 ? NK_MAX_PAYLOAD : 2000));
}

static void add_to_crc(const uint8_t *payload, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		crc = crc_table[(crc ^ payload[i]) & 0xFF] ^ crc >> 8;
}

static void wait_for(struct nk *nk, struct nk_channel *channel, const char *what)
{
	struct pollfd fds[] = {
		{.fd = nk_wait_fd(channel), .events = POLLIN},
		{.fd = nk_fd(nk), .events = POLLIN},
	};
	struct nk_event event;
	struct epoll_event rung;

	if (poll(fds, 2, STALL_MS) == 0)
		fail(what, 0);
	/* Unlike an epoll set with EPOLLET, poll() needs the bell silenced. */
	if (fds[0].revents && epoll_wait(fds[0].fd, &rung, 1, 0) < 0 && errno != EINTR)
		fail("doorbell", (uint64_t)errno);
	while (fds[1].revents && nk_dispatch(nk, &event) != NK_EVENT_NONE) {
		if (event.type == NK_EVENT_PEER_GONE || event.type == NK_EVENT_LOST)
			fail("peer or nanokernel gone, event", event.type);
	}
}

static void wait_for_space(struct nk *nk, struct nk_channel *channel)
{
	int result;

	nk_doorbell(channel);
	result = nk_ask_for_space(channel);
	if (result < 0)
		fail(nk_fault_name(nk_channel_fault(channel)), (uint64_t)-result);
	if (result)
		wait_for(nk, channel, "no space in the ring within ms");
}

static void send_one(struct nk *nk, struct nk_channel *channel, const struct nk_message *echoed, uint32_t length,
		     uint64_t seq)
{
	struct nk_record *record;
	int result;

	while ((result = nk_claim(channel, length, &record)) == -EAGAIN)
		wait_for_space(nk, channel);
	if (result)
		fail(nk_fault_name(nk_channel_fault(channel)), (uint64_t)-result);
	memset(record->vnet_hdr, 0, sizeof(record->vnet_hdr));
	if (echoed) {
		memcpy(record->payload, echoed->payload, length);
	} else {
		for (uint32_t i = 0; i < length; i++)
			record->payload[i] = (uint8_t)(seq * 31 + i);
		add_to_crc(record->payload, length);
	}
	result = nk_publish(channel, NK_RECORD_ETHERNET, length, nk_now());
	if (result)
		fail("publish", (uint64_t)-result);
}

static void produce(struct nk *nk, struct nk_channel *channel, uint64_t start, uint64_t count, uint64_t seed)
{
	for (uint64_t seq = start; seq < start + count; seq++) {
		send_one(nk, channel, NULL, next_length(&seed), seq);
		if (seq % BATCH == BATCH - 1)
			nk_doorbell(channel);
	}
	nk_doorbell(channel);
}

static void check(const struct nk_message *message, uint32_t length, uint64_t seq)
{
	if (message->sequence != seq)
		fail("sequence", message->sequence);
	if (message->length != length)
		fail("length of record", seq);
	if (message->type != NK_RECORD_ETHERNET)
		fail("type of record", seq);
	if (message->enqueued_at > nk_now())
		fail("time of record", seq);
	for (uint32_t i = 0; i < NK_VNET_HDR_LENGTH; i++) {
		if (message->vnet_hdr[i])
			fail("vnet_hdr of record", seq);
	}
	for (uint32_t i = 0; i < length; i++) {
		if (message->payload[i] != (uint8_t)(seq * 31 + i))
			fail("payload of record", seq);
	}
}

/* What a consumer expects. */
struct stream {
	uint64_t seed;		/* after the records before `seq` */
	uint64_t seq;		/* of the next record */
	uint64_t end;		/* behind the last one */
	uint64_t gaps;		/* records that may still be missing */
	uint64_t missing;
	bool any;		/* the first record says which it is */
};

/* Steps over the records before `sequence` as far as they may be missing. */
static void catch_up(struct stream *stream, uint64_t sequence)
{
	while (stream->seq < sequence && stream->seq < stream->end && (stream->any || stream->gaps)) {
		next_length(&stream->seed);
		stream->seq++;
		if (!stream->any) {
			stream->gaps--;
			stream->missing++;
		}
	}
	stream->any = false;
}

static void consume(struct nk *nk, struct nk_channel *channel, struct stream *stream, bool echo)
{
	while (stream->seq < stream->end) {
		struct nk_message message;
		int result = nk_poll(channel, &message);

		if (result == 1) {
			uint64_t seq;
			uint32_t length;

			catch_up(stream, message.sequence);
			seq = stream->seq++;
			length = next_length(&stream->seed);
			check(&message, length, seq);
			add_to_crc(message.payload, length);
			if (echo)
				send_one(nk, channel, &message, length, seq);
			nk_advance(channel);
			if (stream->seq % BATCH == 0) {
				nk_release(channel);
				nk_doorbell(channel);
			}
			continue;
		}
		nk_release(channel);
		nk_doorbell(channel);
		if (!result)
			result = nk_ask_for_wake(channel);
		if (result < 0)
			fail(nk_fault_name(nk_channel_fault(channel)), (uint64_t)-result);
		if (!result)
			wait_for(nk, channel, "no record within ms");
	}
	nk_release(channel);
	nk_doorbell(channel);
}

/* Every record is the peer's once its head is where our tail is. */
static void await_empty_ring(struct nk *nk, struct nk_channel *channel)
{
	const uint64_t step_ns = 2000000;
	uint64_t deadline = nk_now() + STALL_MS * UINT64_C(1000000);

	while (nk_undelivered(channel) > 0) {
		struct pollfd attach = {.fd = nk_fd(nk), .events = POLLIN};

		if (nk_now() > deadline)
			fail("records not taken", nk_undelivered(channel));
		/* The end of the peer is as good: it took what it wanted. */
		if (poll(&attach, 1, (int)(step_ns / 1000000)) == 1)
			return;
	}
}

static struct nk_channel *await_peer(struct nk *nk)
{
	struct nk_channel *channel = NULL;
	struct nk_event event;

	while (!channel) {
		struct pollfd fd = {.fd = nk_fd(nk), .events = POLLIN};

		if (poll(&fd, 1, STALL_MS) == 0)
			fail("no peer within ms", STALL_MS);
		while (nk_dispatch(nk, &event) != NK_EVENT_NONE) {
			if (event.type == NK_EVENT_PEER)
				channel = event.channel;
			else if (event.type == NK_EVENT_LOST || event.type == NK_EVENT_PEER_REFUSED)
				fail("attach error", (uint64_t)-event.error);
		}
	}
	nk_ready(nk);
	nk_beat(nk);
	return channel;
}

int main(int count, char **arguments)
{
	struct nk_options options = {0};
	struct nk_refusal refusal;
	struct nk_channel *channel;
	struct nk *nk;
	uint64_t records, seed, start;
	struct stream stream;
	const char *role;
	int error;

	if (count < 7 || count > 9) {
		fprintf(stderr,
			"usage: nk-ring-peer ATTACH_SOCK OS TOKENFILE produce|consume|echo COUNT SEED [START [GAPS]]\n");
		return 64;
	}
	options.socket_path = arguments[1];
	options.os_name = arguments[2];
	options.token_path = arguments[3];
	role = arguments[4];
	records = strtoull(arguments[5], NULL, 10);
	seed = strtoull(arguments[6], NULL, 10);
	start = count > 7 ? strtoull(arguments[7], NULL, 10) : 0;
	for (uint64_t i = 0; i < start; i++)
		next_length(&seed);
	stream = (struct stream){
		.seed = seed,
		.seq = start,
		.end = start + records,
		.gaps = count > 8 ? strtoull(arguments[8], NULL, 10) : 0,
		.any = count > 7 && !strcmp(arguments[7], "any"),
	};
	make_crc_table();

	error = nk_attach(&options, &nk, &refusal);
	if (error)
		fail(refusal.error ? refusal.text : strerror(-error), refusal.error);
	channel = await_peer(nk);
	if (!strcmp(role, "produce"))
		produce(nk, channel, start, records, seed);
	else
		consume(nk, channel, &stream, !strcmp(role, "echo"));
	if (strcmp(role, "consume") != 0)
		await_empty_ring(nk, channel);
	printf("ok %llu %08x", (unsigned long long)records, crc ^ UINT32_MAX);
	if (count > 8)
		printf(" missing %llu", (unsigned long long)stream.missing);
	printf("\n");
	nk_detach(nk);
	return 0;
}
