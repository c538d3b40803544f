// SPDX-License-Identifier: Apache-2.0
/* agent_selftest.c - what of nk-agent needs no TAP: the check of a frame, the table of addresses, moderation. */
#include "agent/frame.c"
#include "agent/macs.c"
#include "agent/moderation.c"
#include "agent/queue.c"

#include <stdlib.h>

#include "claims.h"

#define MTU_FRAME 1522u
#define SECOND UINT64_C(1000000000)

static uint8_t frame[NK_MAX_PAYLOAD + 1];
static struct macs macs;

static enum drop check(struct virtio_net_hdr_v1 header, uint16_t ethertype, uint32_t length)
{
	frame[ETHERTYPE_OFFSET] = (uint8_t)(ethertype >> 8);
	frame[ETHERTYPE_OFFSET + 1] = (uint8_t)ethertype;
	return check_frame((const uint8_t *)&header, frame, length, MTU_FRAME);
}

static const struct virtio_net_hdr_v1 plain;
static const struct virtio_net_hdr_v1 tcp4 = {
	.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	.hdr_len = 54,
	.gso_size = 1448,
	.csum_start = 34,
	.csum_offset = 16,
};

static void frames_that_are_honest_pass(void)
{
	struct virtio_net_hdr_v1 header = tcp4;

	EXPECT(check(plain, 0x0806, 42) == DROP_NOTHING);
	EXPECT(check(plain, 0x0800, MTU_FRAME) == DROP_NOTHING);
	EXPECT(check(tcp4, ETHERTYPE_IPV4, 65000) == DROP_NOTHING);
	header.gso_type = VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN;
	EXPECT(check(header, ETHERTYPE_IPV6, 65000) == DROP_NOTHING);
	header.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	EXPECT(check(header, ETHERTYPE_IPV6, 65000) == DROP_NOTHING);
}

static void each_lie_is_dropped_under_its_name(void)
{
	struct virtio_net_hdr_v1 header = tcp4;

	EXPECT(check(plain, 0, ETHERNET_HEADER_LENGTH - 1) == DROP_RUNT);
	EXPECT(check(plain, 0x0800, MTU_FRAME + 1) == DROP_OVERSIZE);
	EXPECT(check(tcp4, ETHERTYPE_IPV4, NK_MAX_PAYLOAD + 1) == DROP_OVERSIZE);
	EXPECT(check(tcp4, ETHERTYPE_IPV6, 65000) == DROP_BAD_VNET_HDR);
	header.gso_size = 0;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header.gso_size = 9000;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_OVERSIZE);
	header = tcp4;
	header.csum_offset = 65000 - 35;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header.csum_start = header.csum_offset = 65535;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header = tcp4;
	header.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4 | VIRTIO_NET_HDR_GSO_ECN;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header = tcp4;
	header.hdr_len = 65001;
	EXPECT(check(header, ETHERTYPE_IPV4, 65000) == DROP_BAD_VNET_HDR);
	header = plain;
	header.flags = 0x40;
	EXPECT(check(header, ETHERTYPE_IPV4, 100) == DROP_BAD_VNET_HDR);
}

static void any_header_is_judged_without_looking_beyond_the_frame(void)
{
	uint64_t random = 1;

	for (int i = 0; i < 200000; i++) {
		uint32_t length = (uint32_t)(next_random(&random) % 64);
		uint8_t *exact = malloc(length ? length : 1);
		uint8_t header[NK_VNET_HDR_LENGTH];

		for (uint32_t k = 0; k < length; k++)
			exact[k] = (uint8_t)next_random(&random);
		/* Tags up to the frame's end. */
		for (uint32_t k = ETHERTYPE_OFFSET; k + 1 < length && i % 2; k += VLAN_TAG_LENGTH) {
			exact[k] = 0x81;
			exact[k + 1] = 0;
		}
		for (uint32_t k = 0; k < sizeof(header); k++)
			header[k] = (uint8_t)(next_random(&random) & (k < 2 ? 0x85 : 0xFF));
		EXPECT(check_frame(header, exact, length, MTU_FRAME) <= DROP_NOTHING);
		free(exact);
	}
}

static const uint8_t *address(uint32_t number)
{
	static uint8_t mac[MAC_LENGTH];

	mac[0] = 2;
	memcpy(mac + 2, &number, sizeof(number));
	return mac;
}

static void addresses_are_found_where_they_were_learned_last(void)
{
	memset(&macs, 0, sizeof(macs));
	EXPECT(macs_find(&macs, address(1)) == NO_PEER);
	macs_learn(&macs, address(1), 3, SECOND);
	EXPECT(macs_find(&macs, address(1)) == 3);
	macs_learn(&macs, address(1), 4, SECOND);
	EXPECT(macs_find(&macs, address(1)) == 4);
	macs_learn(&macs, address(1), 3, SECOND);
	EXPECT(macs_find(&macs, address(1)) == 3);
	EXPECT(macs_count(&macs) == 1);
}

static void group_and_zero_addresses_are_not_learned(void)
{
	static const uint8_t broadcast[] = {255, 255, 255, 255, 255, 255};
	static const uint8_t zero[MAC_LENGTH];

	memset(&macs, 0, sizeof(macs));
	macs_learn(&macs, broadcast, 1, SECOND);
	macs_learn(&macs, zero, 1, SECOND);
	EXPECT(macs_count(&macs) == 0);
	EXPECT(macs_find(&macs, zero) == NO_PEER);
}

static void addresses_are_forgotten_with_age_with_their_peer_and_when_local(void)
{
	memset(&macs, 0, sizeof(macs));
	macs_learn(&macs, address(1), 1, SECOND);
	macs_learn(&macs, address(2), 2, SECOND);
	macs_learn(&macs, address(3), 3, 200 * SECOND);
	EXPECT(macs_find(&macs, address(3)) == 3);
	macs_seen_locally(&macs, address(3));
	EXPECT(macs_find(&macs, address(3)) == NO_PEER);
	macs_learn(&macs, address(3), 3, 200 * SECOND);
	EXPECT(macs_find(&macs, address(3)) == 3);
	macs_seen_locally(&macs, address(3));
	EXPECT(macs_find(&macs, address(3)) == NO_PEER);
	EXPECT(macs_find(&macs, address(2)) == 2);
	macs_forget_peer(&macs, 2);
	EXPECT(macs_find(&macs, address(2)) == NO_PEER);
	macs_age(&macs, 300 * SECOND);
	EXPECT(macs_find(&macs, address(1)) == 1);
	macs_age(&macs, 302 * SECOND);
	EXPECT(macs_find(&macs, address(1)) == NO_PEER);
	EXPECT(macs_count(&macs) == 0);
}

static void flood_of_addresses_keeps_the_table_bounded(void)
{
	memset(&macs, 0, sizeof(macs));
	for (uint32_t i = 0; i < 100000; i++)
		macs_learn(&macs, address(i), 1, SECOND + i);
	EXPECT(macs_count(&macs) <= MAC_SETS * MAC_WAYS);
	EXPECT(macs_find(&macs, address(99999)) == 1);
}

#define US UINT64_C(1000)
#define SMALL 60

static struct moderation moderation;
static uint64_t now, pause_ns;

/* Small frames came within a time, and some were answered, until there were no more. */
static uint64_t came(uint64_t frames, uint64_t answers, uint64_t within)
{
	const struct arrivals arrivals = {.frames = frames, .bytes = frames * SMALL, .answers = answers};

	now += within;
	pause_ns = moderation_pause(&moderation, now, &arrivals);
	return pause_ns;
}

static void begin_moderation(void)
{
	moderation = (struct moderation){0};
	now = SECOND;
	pause_ns = 0;
}

/* Frames come at 0.4 a microsecond. */
static void stream_until_paused(void)
{
	for (int i = 0; i < 10000 && !pause_ns; i++)
		came(8, 0, 20 * US);
}

static void stream_of_small_frames_is_left_alone_for_about_a_batch(void)
{
	begin_moderation();
	stream_until_paused();
	for (int i = 0; i < 100; i++)
		came(pause_ns * 4 / (10 * US), 0, pause_ns);
	EXPECT(pause_ns > 155 * US && pause_ns < 165 * US);
	for (int i = 0; i < 100; i++)
		came(pause_ns / (10 * US), 0, pause_ns);
	EXPECT(pause_ns == MODERATION_MAX_PAUSE_NS);
}

static void frames_that_come_alone_or_are_answered_are_never_held_up(void)
{
	begin_moderation();
	for (int i = 0; i < 1000; i++)
		EXPECT(came(1, 0, 20 * US) == 0);
	begin_moderation();
	for (int i = 0; i < 1000; i++)
		EXPECT(came(8, 2, 20 * US) == 0);
	for (int i = 0; i < 1000; i++)
		EXPECT(came(3, 0, 9000 * US) == 0);
}

static void pause_in_vain_is_repeated_later_each_time(void)
{
	uint64_t wanted = MODERATION_MIN_BACK_OFF_NS;

	begin_moderation();
	for (int vain = 0; vain < 10; vain++) {
		uint64_t begin;

		stream_until_paused();
		EXPECT(pause_ns > 0 && came(0, 0, pause_ns) == 0);
		begin = now;
		stream_until_paused();
		EXPECT(now - begin + 20 * US >= wanted && now - begin <= wanted + 200 * US);
		wanted = 2 * wanted < MODERATION_MAX_BACK_OFF_NS ? 2 * wanted : MODERATION_MAX_BACK_OFF_NS;
	}
}

static void rest_is_half_as_long_as_the_work_and_has_a_bound(void)
{
	EXPECT(moderation_rest(80 * US) == 40 * US);
	EXPECT(moderation_rest(SECOND) == MODERATION_MAX_PAUSE_NS);
}

static struct queue_limit limit;
static struct arrivals sums;

/* A tenth of a second passes, with so many frames of this length, and so many answers. */
static bool tenth_of_a_second(uint64_t frames, uint64_t length, uint64_t answers)
{
	now += SECOND / 10;
	sums.frames += frames;
	sums.bytes += frames * length;
	sums.answers += answers;
	return queue_is_to_change(&limit, now, &sums);
}

static void queue_is_short_under_a_flood_and_long_a_second_after(void)
{
	limit = (struct queue_limit){0};
	now = SECOND;
	EXPECT(!tenth_of_a_second(40000, SMALL, 0) && !limit.is_short);
	EXPECT(tenth_of_a_second(40000, SMALL, 0) && limit.is_short);
	EXPECT(!tenth_of_a_second(40000, SMALL, 0));
	for (int i = 0; i < 9; i++)
		EXPECT(!tenth_of_a_second(0, 0, 0) && limit.is_short);
	EXPECT(tenth_of_a_second(0, 0, 0) && !limit.is_short);
}

static void no_other_traffic_is_a_flood(void)
{
	limit = (struct queue_limit){0};
	now = SECOND;
	for (int i = 0; i < 30; i++) {
		EXPECT(!tenth_of_a_second(QUEUE_FLOOD_FRAMES / 10 - 1, SMALL, 0));
		EXPECT(!tenth_of_a_second(40000, QUEUE_SMALL_FRAME + 1, 0));
		EXPECT(!tenth_of_a_second(40000, SMALL, 10000));
	}
}

int main(void)
{
	CLAIM(frames_that_are_honest_pass);
	CLAIM(each_lie_is_dropped_under_its_name);
	CLAIM(any_header_is_judged_without_looking_beyond_the_frame);
	CLAIM(addresses_are_found_where_they_were_learned_last);
	CLAIM(group_and_zero_addresses_are_not_learned);
	CLAIM(addresses_are_forgotten_with_age_with_their_peer_and_when_local);
	CLAIM(flood_of_addresses_keeps_the_table_bounded);
	CLAIM(stream_of_small_frames_is_left_alone_for_about_a_batch);
	CLAIM(frames_that_come_alone_or_are_answered_are_never_held_up);
	CLAIM(pause_in_vain_is_repeated_later_each_time);
	CLAIM(rest_is_half_as_long_as_the_work_and_has_a_bound);
	CLAIM(queue_is_short_under_a_flood_and_long_a_second_after);
	CLAIM(no_other_traffic_is_a_flood);
	return failures ? 1 : 0;
}
