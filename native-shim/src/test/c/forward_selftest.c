// SPDX-License-Identifier: Apache-2.0
/*
 * forward_selftest.c - the way from the TAP to the rings, with a socket in the TAP's place and the rings of three peers
 * in this process.
 *
 * Usage: forward-selftest [SEED [CASES]]. The seed is printed.
 */
#include "agent/forward.c"
#include "agent/frame.c"
#include "agent/macs.c"
#include "frame/coalesce.c"
#include "frame/intake.c"
#include "frame/segment.c"
#include "frame/udp.c"
#include "nk/attachment.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "claims.h"

#define PEERS 3u
#define EPOCH 1u
#define HOUR UINT64_C(3600000000000)
#define FRAMES 3000u
#define LARGEST_MTU 1500u
#define READ_LENGTH (NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD)
#define EXPERIMENTAL 0x88B5u /* an Ethernet type that nobody looks into */

enum kind { DATAGRAM, PLAIN, LARGE_TCP, RUNT, LIAR };

/* A frame of the tests; its number is the first word behind its headers. */
struct plan {
	enum kind kind;
	uint32_t to;	/* peer; 0: all */
	uint8_t port;
	uint32_t size;	/* of what is behind the headers */
};

/* One peer: its end of the ring, and what it has got so far. */
struct peer {
	uint8_t *ring;
	struct nk_cursors agents, own;
	struct nk_ring_consumer consumer;
	uint32_t next;		/* one more than the number of the last frame */
	uint8_t got[FRAMES];	/* how often, by number */
};

static struct nk nk;
static struct agent agent;
static struct peer peers[PEERS + 1]; /* by id, from 1 on */
static uint32_t peer_count;
static int wire, scissors[2];
static struct plan plans[FRAMES];
static uint32_t sent;
static uint64_t sent_bytes;
static uint64_t seed = 20261125;
static uint64_t cases = 120;

static const struct traffic *traffic(void)
{
	return &agent.counters.traffic[TAP_TO_CHANNELS];
}

static const uint8_t *mac_of(uint32_t peer)
{
	static uint8_t mac[MAC_LENGTH];

	memset(mac, peer ? 0 : 0xFF, sizeof(mac));
	if (peer) {
		mac[0] = 2;
		mac[5] = (uint8_t)peer;
	}
	return mac;
}

static void make_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
}

static void open_agent(uint32_t count, uint64_t capacity, uint64_t full_wait_ns)
{
	int ends[2];

	memset(&nk, 0, sizeof(nk));
	memset(&agent, 0, sizeof(agent));
	memset(peers, 0, sizeof(peers));
	make_pair(ends);
	make_pair(scissors);
	wire = ends[0];
	agent.tap = ends[1];
	agent.intake = nk_intake_open(ends[1]);
	agent.nk = &nk;
	agent.pending = malloc(READ_LENGTH);
	agent.options.full_wait_ns = full_wait_ns;
	agent.open_changed = true;
	peer_count = count;
	sent = 0;
	sent_bytes = 0;
	for (uint32_t id = 1; id <= count; id++) {
		struct peer *peer = &peers[id];
		struct nk_channel *channel = &nk.channels[id];

		peer->ring = calloc(1, capacity);
		nk_cursors_join(&peer->agents, EPOCH);
		nk_cursors_join(&peer->own, EPOCH);
		nk_channel_init(channel, &nk, id);
		EXPECT(nk_ring_producer_init(&channel->producer, peer->ring, capacity, &peer->agents, &peer->own,
					     EPOCH) == 0);
		EXPECT(nk_ring_consumer_init(&peer->consumer, peer->ring, capacity, &peer->own, &peer->agents,
					     EPOCH) == 0);
		channel->state = NK_CHANNEL_OPEN;
		macs_learn(&agent.macs, mac_of(id), id, nk_now());
	}
}

static void close_agent(void)
{
	for (uint32_t id = 1; id <= peer_count; id++)
		free(peers[id].ring);
	free(agent.pending);
	nk_intake_close(agent.intake);
	close(agent.tap);
	close(wire);
	close(scissors[0]);
	close(scissors[1]);
}

/* Lays a frame out as a TAP hands it out. Returns its length, vnet_hdr included. */
static uint32_t make(uint8_t *at, uint32_t number)
{
	const struct plan *plan = &plans[number];
	uint8_t *frame = at + VNET, *ip = frame + ETHERNET_LENGTH;
	uint32_t headers = plan->kind == DATAGRAM ? HEADERS_IPV6 : ETHERNET_LENGTH;
	uint32_t datagram = UDP_LENGTH + plan->size;
	struct virtio_net_hdr_v1 vnet = {.flags = plan->kind == LIAR ? 0x40 : 0};

	memset(at, 0, VNET + HEADERS_IPV6);
	if (plan->kind == RUNT)
		return plan->size;
	memcpy(frame, mac_of(plan->to), MAC_LENGTH);
	memcpy(frame + MAC_LENGTH, mac_of(0x99), MAC_LENGTH);
	put16(frame + ETHERNET_TYPE, plan->kind == PLAIN ? EXPERIMENTAL : TYPE_IPV6);
	if (plan->kind == DATAGRAM) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = HEADERS_IPV6 - UDP_LENGTH;
		vnet.csum_offset = UDP_CHECK;
		ip[0] = 0x60;
		ip[IPV6_NEXT] = PROTOCOL_UDP;
		put16(ip + IPV6_PAYLOAD, datagram);
		ip[IPV6_LENGTH] = plan->port;
		put16(ip + IPV6_LENGTH + UDP_DATAGRAM, datagram);
		/* Any sum serves, as long as it has the length in it. */
		put16(ip + IPV6_LENGTH + UDP_CHECK, 0x1234 + datagram);
	} else if (plan->kind == LARGE_TCP) {
		vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
		vnet.gso_size = 1440;
	}
	memcpy(at, &vnet, sizeof(vnet));
	memcpy(frame + headers, &number, sizeof(number));
	for (uint32_t i = sizeof(number); i < plan->size; i++)
		frame[headers + i] = (uint8_t)(number * 7 + i);
	return VNET + headers + plan->size;
}

/* Puts the next frame on the wire. False: the wire is full. */
static bool send_frame(struct plan plan)
{
	static uint8_t frame[READ_LENGTH];
	uint32_t length;

	plans[sent] = plan;
	length = make(frame, sent);
	if (write(wire, frame, length) < 0)
		return false;
	sent++;
	sent_bytes += length > VNET ? length - VNET : 0;
	return true;
}

static struct plan datagram(uint32_t to, uint8_t port, uint32_t size)
{
	return (struct plan){.kind = DATAGRAM, .to = to, .port = port, .size = size};
}

static int move(void)
{
	uint64_t dropped = 0;
	int moved;

	agent.tap_readable = true;
	moved = tap_to_channels(&agent);
	for (int why = 0; why < DROP_COUNT; why++)
		dropped += traffic()->dropped[why];
	EXPECT(traffic()->received == traffic()->forwarded + dropped + (agent.pending_length != 0));
	return moved;
}

static void get_frame(struct peer *peer, const uint8_t *frame, uint32_t length)
{
	static uint8_t expected[READ_LENGTH];
	uint32_t type = get16(frame + VNET + ETHERNET_TYPE), number;
	uint32_t headers = type == TYPE_IPV6 && frame[1] == VIRTIO_NET_HDR_GSO_NONE ? HEADERS_IPV6 : ETHERNET_LENGTH;

	memcpy(&number, frame + VNET + headers, sizeof(number));
	if (number < peer->next || number >= sent || make(expected, number) != length ||
	    memcmp(frame, expected, length)) {
		EXPECT(!"the frame is one that was sent, and comes in order");
		return;
	}
	peer->next = number + 1;
	peer->got[number]++;
}

/* Takes one record, and cuts it if datagrams were joined in it. Returns how many frames it was, 0: there is none. */
static uint32_t get(uint32_t id)
{
	static uint8_t frame[READ_LENGTH];
	struct peer *peer = &peers[id];
	struct nk_message message;
	struct headers headers;
	uint32_t count = 0;
	ssize_t length;

	if (nk_ring_poll(&peer->consumer, &message) != 1) {
		EXPECT(!peer->consumer.fault);
		return 0;
	}
	if (message.vnet_hdr[1] == VIRTIO_NET_HDR_GSO_UDP_L4) {
		memcpy(&headers, message.vnet_hdr, sizeof(headers));
		EXPECT(write_datagrams(scissors[0], &headers, message.payload, message.length) == 0);
		while ((length = read(scissors[1], frame, sizeof(frame))) > 0) {
			get_frame(peer, frame, (uint32_t)length);
			count++;
		}
	} else {
		get_frame(peer, message.vnet_hdr, VNET + message.length);
		count = 1;
	}
	nk_ring_advance(&peer->consumer);
	nk_ring_release(&peer->consumer);
	return count;
}

static void datagrams_of_one_flow_cross_as_one_record(void)
{
	open_agent(1, NK_MIN_RING_CAPACITY, HOUR);
	for (int i = 0; i < 10; i++)
		EXPECT(send_frame(datagram(1, 1, i < 9 ? 100 : 99)));
	EXPECT(move() == 10);
	EXPECT(traffic()->received == 10 && traffic()->forwarded == 10 && agent.counters.coalesced == 9);
	EXPECT(traffic()->received_bytes == sent_bytes);
	EXPECT(get(1) == 10 && get(1) == 0);
	close_agent();
}

static void a_frame_of_another_flow_behind_them_is_not_lost(void)
{
	open_agent(1, NK_MIN_RING_CAPACITY, HOUR);
	for (int i = 0; i < 3; i++)
		EXPECT(send_frame(datagram(1, 1, 1001)));
	EXPECT(send_frame(datagram(1, 2, 50)) && send_frame(datagram(1, 2, 50)));
	EXPECT(send_frame((struct plan){.kind = PLAIN, .to = 1, .size = 28}));
	EXPECT(send_frame(datagram(1, 2, 50)) && send_frame((struct plan){.kind = RUNT, .size = 5}));
	EXPECT(send_frame(datagram(1, 2, 50)));
	EXPECT(move() == 9);
	EXPECT(traffic()->forwarded == 8 && traffic()->dropped[DROP_RUNT] == 1 && agent.counters.coalesced == 3);
	EXPECT(get(1) == 3 && get(1) == 2 && get(1) == 1 && get(1) == 1 && get(1) == 1 && get(1) == 0);
	close_agent();
}

static void a_frame_for_another_peer_behind_them_goes_there(void)
{
	open_agent(2, NK_MIN_RING_CAPACITY, HOUR);
	for (int i = 0; i < 6; i++)
		EXPECT(send_frame(datagram(1 + i / 3 % 2, 1, 200)));
	EXPECT(send_frame(datagram(0, 1, 200)) && send_frame(datagram(1, 1, 200)));
	EXPECT(move() == 8);
	EXPECT(traffic()->forwarded == 8 && agent.counters.flooded == 1 && agent.counters.wrong_guesses == 2);
	/* The first one of another ring is copied to it alone. */
	EXPECT(get(1) == 3 && get(1) == 1 && get(1) == 1 && get(1) == 0);
	EXPECT(get(2) == 1 && get(2) == 2 && get(2) == 1 && get(2) == 0);
	close_agent();
}

static void nothing_is_held_back_between_batches(void)
{
	open_agent(1, NK_MIN_RING_CAPACITY, HOUR);
	for (uint32_t i = 0; i < BATCH_FRAMES + 5; i++)
		EXPECT(send_frame(datagram(1, i < 10 ? 1 : 2, 40)));
	EXPECT(move() == BATCH_FRAMES && traffic()->received == BATCH_FRAMES);
	EXPECT(get(1) == 10 && get(1) == BATCH_FRAMES - 10 && get(1) == 0);
	EXPECT(move() == 5 && get(1) == 5 && get(1) == 0);
	close_agent();
}

static void a_frame_read_ahead_waits_for_its_full_ring(void)
{
	const struct plan large = {.kind = LARGE_TCP, .size = 60000};
	struct plan for_full_ring = large;

	open_agent(2, NK_MIN_RING_CAPACITY, HOUR);
	for (int i = 0; i < 4; i++)
		EXPECT(send_frame(large) && move() == 1 && get(1) == 1);
	for_full_ring.to = 2;
	EXPECT(send_frame(datagram(1, 1, 70)) && send_frame(datagram(1, 1, 70)));
	EXPECT(send_frame(for_full_ring) && send_frame(datagram(1, 1, 70)));
	EXPECT(move() == 3 && agent.blocked == &nk.channels[2] && agent.pending_length == ETHERNET_LENGTH + large.size);
	EXPECT(get(1) == 2 && get(1) == 0);
	EXPECT(move() == 0 && agent.blocked);
	EXPECT(get(2) == 1 && get(2) == 1 && get(2) == 1);
	EXPECT(move() == 1 && !agent.blocked);
	EXPECT(get(1) == 1 && get(1) == 0);
	EXPECT(get(2) == 1 && get(2) == 1 && get(2) == 0);
	EXPECT(traffic()->forwarded == sent && agent.counters.flood_skipped == 0);
	close_agent();
}

/* What is sent comes in runs, longer ones on odd ports: a flow goes on with the same size most of the time. */
static struct plan next_plan(uint64_t *random)
{
	static const uint32_t sizes[] = {4, 18, 100, 1440, 8000};
	uint64_t number = next_random(random);
	struct plan last = sent ? plans[sent - 1] : (struct plan){.kind = PLAIN};
	uint32_t to = (uint32_t)(number >> 40) % (peer_count + 1);

	if (last.kind == DATAGRAM && number % (last.port % 2 ? 128 : 8)) {
		if (number >> 7 & 63)
			return last;
		last.size = 4 + (uint32_t)(number >> 16) % (last.size - 3);
		return last;
	}
	switch ((number >> 8) % 32) {
	case 0:
		return (struct plan){.kind = RUNT, .size = 1 + (uint32_t)(number >> 16) % (VNET + ETHERNET_LENGTH - 1)};
	case 1:
		return (struct plan){.kind = LIAR, .to = to, .size = 100};
	case 2:
	case 3:
		return (struct plan){.kind = LARGE_TCP, .to = to, .size = 4 + (uint32_t)(number >> 16) % 65530};
	case 4:
	case 5:
	case 6:
	case 7:
		return (struct plan){.kind = PLAIN, .to = to, .size = 4 + (uint32_t)(number >> 16) % LARGEST_MTU};
	default:
		return datagram(to, (uint8_t)(number >> 16) % 4, sizes[(number >> 20) % 5]);
	}
}

struct sums {
	uint64_t forwarded, ring_full, skipped, runts, lies, copies;
};

/* What became of all frames, as the peers saw it. */
static struct sums sum_up(uint32_t hostile)
{
	struct sums sums = {0};

	for (uint32_t number = 0; number < sent; number++) {
		const struct plan *plan = &plans[number];
		uint32_t copies = 0;

		for (uint32_t id = 1; id <= peer_count; id++) {
			copies += peers[id].got[number];
			EXPECT(peers[id].got[number] <= 1);
			/* The address of a peer that is gone is unknown: its frames are flooded. */
			EXPECT(!peers[id].got[number] || !plan->to || plan->to == id || plan->to == hostile);
		}
		sums.copies += copies;
		if (plan->kind == RUNT)
			sums.runts++;
		else if (plan->kind == LIAR)
			sums.lies++;
		else if (!copies)
			sums.ring_full++;
		else
			sums.forwarded++;
		if (copies && !plan->to)
			sums.skipped += peer_count - copies;
		if (agent.options.full_wait_ns == HOUR && plan->to && plan->to != hostile && plan->kind < RUNT)
			EXPECT(copies == 1);
	}
	return sums;
}

/* A peer that takes much or little for a while. */
static void consume(uint64_t *random, uint32_t hostile)
{
	for (uint32_t id = 1; id <= peer_count; id++) {
		bool slow = (sent / 300 + id) % 2;
		uint64_t records = next_random(random) % (slow ? 3 : 60);

		while (id != hostile && records-- && get(id))
			;
	}
}

/* What must have happened often for the claims to mean something. */
struct coverage {
	uint64_t coalesced, wrong_guesses, stalls, skipped, ring_full, paddings;
};

static void run_case(uint64_t *random, bool with_hostile, struct coverage *coverage)
{
	uint64_t number = next_random(random);
	uint32_t count = 1 + (uint32_t)(number % PEERS), hostile = 0;
	uint64_t records = 0;
	struct sums sums;

	open_agent(count, NK_MIN_RING_CAPACITY << (number >> 8) % 3, number >> 16 & 1 ? HOUR : 0);
	while (!failures && (traffic()->received < sent || sent < FRAMES || agent.blocked)) {
		uint64_t burst = next_random(random) % 100;

		while (burst-- && sent < FRAMES && send_frame(next_plan(random)))
			;
		if (with_hostile && !hostile && sent > FRAMES / 2) {
			hostile = 1 + (uint32_t)(next_random(random) % count);
			peers[hostile].own.head = 3;
		}
		EXPECT(move() >= 0);
		consume(random, hostile);
	}
	for (uint32_t id = 1; id <= count; id++) {
		while (id != hostile && get(id))
			;
		EXPECT(id == hostile || peers[id].consumer.gaps == 0);
		records += nk.channels[id].counters.records_sent;
		coverage->paddings += peers[id].consumer.paddings;
	}
	sums = sum_up(hostile);
	EXPECT(traffic()->received == sent && traffic()->received_bytes == sent_bytes);
	EXPECT(traffic()->dropped[DROP_RUNT] == sums.runts && traffic()->dropped[DROP_BAD_VNET_HDR] == sums.lies);
	if (!hostile) {
		EXPECT(traffic()->forwarded == sums.forwarded);
		EXPECT(traffic()->dropped[DROP_RING_FULL] == sums.ring_full);
		EXPECT(agent.counters.flood_skipped == sums.skipped);
		EXPECT(records == sums.copies - agent.counters.coalesced);
	}
	coverage->coalesced += agent.counters.coalesced;
	coverage->wrong_guesses += agent.counters.wrong_guesses;
	coverage->stalls += agent.counters.stalls;
	coverage->skipped += agent.counters.flood_skipped;
	coverage->ring_full += traffic()->dropped[DROP_RING_FULL];
	close_agent();
}

static void run_cases(bool with_hostile)
{
	struct coverage coverage = {0};
	uint64_t random = seed;
	uint64_t i;

	for (i = 0; i < cases && !failures; i++)
		run_case(&random, with_hostile, &coverage);
	printf("cases=%llu coalesced=%llu wrong_guesses=%llu stalls=%llu flood_skipped=%llu ring_full=%llu "
	       "paddings=%llu\n", (unsigned long long)i, (unsigned long long)coverage.coalesced,
	       (unsigned long long)coverage.wrong_guesses, (unsigned long long)coverage.stalls,
	       (unsigned long long)coverage.skipped, (unsigned long long)coverage.ring_full,
	       (unsigned long long)coverage.paddings);
	if (cases >= 20) {
		EXPECT(coverage.coalesced > 1000 && coverage.wrong_guesses > 100 && coverage.stalls > 100);
		EXPECT(coverage.skipped && coverage.ring_full && coverage.paddings);
	}
}

static void the_books_balance_over_random_traffic(void)
{
	run_cases(false);
}

static void healthy_peers_get_everything_when_one_turns_hostile(void)
{
	run_cases(true);
}

int main(int count, char **arguments)
{
	if (count > 1)
		seed = strtoull(arguments[1], NULL, 0);
	if (count > 2)
		cases = strtoull(arguments[2], NULL, 0);
	printf("seed=%llu\n", (unsigned long long)seed);

	CLAIM(datagrams_of_one_flow_cross_as_one_record);
	CLAIM(a_frame_of_another_flow_behind_them_is_not_lost);
	CLAIM(a_frame_for_another_peer_behind_them_goes_there);
	CLAIM(nothing_is_held_back_between_batches);
	CLAIM(a_frame_read_ahead_waits_for_its_full_ring);
	CLAIM(the_books_balance_over_random_traffic);
	CLAIM(healthy_peers_get_everything_when_one_turns_hostile);
	return failures ? 1 : 0;
}
