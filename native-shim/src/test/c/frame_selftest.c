// SPDX-License-Identifier: Apache-2.0
/* frame_selftest.c - UDP datagrams joined into large segments, and cut again. */
#include "frame/coalesce.c"
#include "frame/segment.c"
#include "frame/udp.c"

#include <stdlib.h>
#include <sys/socket.h>

#include "claims.h"

#define FRAME_MAX (VNET + NK_MAX_PAYLOAD)
#define PIECES (2 * NK_COALESCE_MAX)

/* What a datagram of the tests is made of; each field that differs makes it one of another flow. */
struct datagram {
	bool ipv6;
	uint8_t ttl;
	uint8_t tos;
	uint16_t fragment;
	uint16_t id;
	uint16_t port;
	uint8_t address;
	uint8_t mac;
	uint32_t payload;
};

static const struct datagram four = {.ttl = 64, .fragment = DONT_FRAGMENT, .id = 7, .port = 5201, .payload = 18};
static const struct datagram six = {.ipv6 = true, .ttl = 64, .port = 5201, .payload = 18};

static uint8_t frames[PIECES][VNET + 2048];
static uint8_t whole[2 * FRAME_MAX];

static uint32_t sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += get16(bytes + i);
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

/* The pseudo header's sum of a datagram of this length: what its checksum field holds while the rest is to be done. */
static uint32_t pseudo_sum(const struct datagram *datagram, const uint8_t *ip, uint32_t length)
{
	uint32_t sum = sum_of(datagram->ipv6 ? ip + 8 : ip + IPV4_SOURCE, datagram->ipv6 ? 32 : 8, PROTOCOL_UDP + length);

	return sum_of(NULL, 0, sum);
}

/* Lays the datagram out as a TAP hands it out. Returns its length. */
static uint32_t make(uint8_t *at, const struct datagram *datagram, uint8_t fill)
{
	uint32_t headers = datagram->ipv6 ? HEADERS_IPV6 : HEADERS_IPV4;
	uint32_t length = UDP_LENGTH + datagram->payload;
	uint8_t *ip = at + VNET + ETHERNET_LENGTH, *udp = at + VNET + headers - UDP_LENGTH;
	struct virtio_net_hdr_v1 vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)(headers - UDP_LENGTH),
		.csum_offset = UDP_CHECK,
	};

	memset(at, 0, VNET + headers);
	memcpy(at, &vnet, sizeof(vnet));
	at[VNET + 5] = datagram->mac;
	put16(at + VNET + ETHERNET_TYPE, datagram->ipv6 ? TYPE_IPV6 : TYPE_IPV4);
	if (datagram->ipv6) {
		ip[0] = 0x60;
		ip[1] = datagram->tos;
		put16(ip + IPV6_PAYLOAD, length);
		ip[IPV6_NEXT] = PROTOCOL_UDP;
		ip[7] = datagram->ttl;
		ip[23] = datagram->address;
	} else {
		ip[0] = VERSION_4_NO_OPTIONS;
		ip[1] = datagram->tos;
		put16(ip + IPV4_TOTAL, IPV4_LENGTH + length);
		put16(ip + IPV4_ID, datagram->id);
		put16(ip + IPV4_FRAGMENT, datagram->fragment);
		ip[8] = datagram->ttl;
		ip[IPV4_PROTOCOL] = PROTOCOL_UDP;
		ip[IPV4_SOURCE] = 10;
		ip[IPV4_SOURCE + 3] = datagram->address;
		put16(ip + IPV4_CHECK, ~sum_of(ip, IPV4_LENGTH, 0));
	}
	put16(udp, datagram->port);
	put16(udp + UDP_DATAGRAM, length);
	put16(udp + UDP_CHECK, pseudo_sum(datagram, ip, length));
	memset(at + VNET + headers, fill, datagram->payload);
	return VNET + headers + datagram->payload;
}

/* Begins with one datagram and appends the other, close behind it as a ring has them. Whether it was appended. */
static bool joins(const struct datagram *first, const struct datagram *second)
{
	struct nk_coalescer coalescer;
	uint32_t length = make(whole, first, 1), next_length = make(frames[0], second, 2);
	uint8_t *next = whole + VNET + nk_record_span(length - VNET);

	memcpy(next, frames[0], next_length);
	nk_coalesce_begin(&coalescer, whole, length);
	return nk_coalesce_append(&coalescer, next, next_length);
}

static void next_datagram_of_a_flow_is_appended(void)
{
	struct datagram next = four;

	next.id++;
	EXPECT(joins(&four, &next));
	EXPECT(joins(&six, &six));
	next.payload = 1;
	EXPECT(joins(&four, &next));
}

static void identification_counts_only_where_fragments_are_possible(void)
{
	struct datagram first = four, next = four;

	next.id += 2;
	EXPECT(joins(&four, &next));
	first.fragment = next.fragment = 0;
	EXPECT(!joins(&first, &next));
	next.id--;
	EXPECT(joins(&first, &next));
	first.id = 0xFFFF;
	next.id = 0;
	EXPECT(joins(&first, &next));
}

static void whatever_differs_is_a_frame_of_its_own(void)
{
	const struct datagram *flows[] = {&four, &six};

	for (int i = 0; i < 2; i++) {
		struct datagram other = *flows[i];

		other.ttl--;
		EXPECT(!joins(flows[i], &other));
		other = *flows[i];
		other.tos = 4;
		EXPECT(!joins(flows[i], &other));
		other = *flows[i];
		other.port++;
		EXPECT(!joins(flows[i], &other));
		other = *flows[i];
		other.address++;
		EXPECT(!joins(flows[i], &other));
		other = *flows[i];
		other.mac = 1;
		EXPECT(!joins(flows[i], &other));
		other = *flows[i];
		other.payload++;
		EXPECT(!joins(flows[i], &other));
		EXPECT(!joins(flows[i], flows[1 - i]));
	}
}

/* Whether a datagram like this one, with one byte changed, is still taken for one that can be joined with itself. */
static bool joins_changed(const struct datagram *datagram, uint32_t at, uint8_t value)
{
	struct nk_coalescer coalescer;
	uint32_t length = make(whole, datagram, 1);

	make(frames[0], datagram, 1);
	whole[at] = frames[0][at] = value;
	nk_coalesce_begin(&coalescer, whole, length);
	return nk_coalesce_append(&coalescer, frames[0], length);
}

static void what_is_no_whole_datagram_to_be_summed_is_left_alone(void)
{
	const uint32_t ip = VNET + ETHERNET_LENGTH;

	EXPECT(!joins_changed(&six, 0, 0));					/* checksum done already */
	EXPECT(!joins_changed(&six, 1, VIRTIO_NET_HDR_GSO_UDP_L4));		/* a large segment already */
	EXPECT(!joins_changed(&six, 6, 0));					/* csum_start elsewhere */
	EXPECT(!joins_changed(&six, ip - 1, 6));				/* neither IP */
	EXPECT(!joins_changed(&six, ip + IPV6_NEXT, 6));			/* TCP */
	EXPECT(!joins_changed(&four, ip, 0x46));				/* options */
	EXPECT(!joins_changed(&four, ip + IPV4_FRAGMENT, 0x20));		/* a fragment */
	EXPECT(!joins_changed(&four, ip + IPV4_TOTAL + 1, 45));			/* bytes behind the packet */
	EXPECT(!joins_changed(&six, VNET + HEADERS_IPV6 - 3, 25));		/* bytes behind the datagram */
	EXPECT(joins_changed(&six, VNET + HEADERS_IPV6, 9));
}

static void frames_of_any_length_are_judged_without_looking_beyond_them(void)
{
	uint32_t length = make(frames[0], &four, 1);

	for (uint32_t shorter = 1; shorter < length; shorter++) {
		struct nk_coalescer coalescer;
		uint8_t *cut = malloc(shorter);

		memcpy(cut, frames[0], shorter);
		nk_coalesce_begin(&coalescer, cut, shorter);
		EXPECT(!nk_coalesce_is_open(&coalescer));
		EXPECT(nk_coalesce_end(&coalescer) == shorter && !memcmp(cut, frames[0], shorter));
		free(cut);
	}
}

/* Joins datagrams `from` on until one is refused. Returns how many. */
static uint32_t join(const uint32_t *lengths, uint32_t from, uint32_t count, uint32_t *length)
{
	struct nk_coalescer coalescer;
	uint32_t joined = 1;

	memcpy(whole, frames[from], lengths[from]);
	nk_coalesce_begin(&coalescer, whole, lengths[from]);
	while (from + joined < count) {
		uint8_t *next = whole + VNET + nk_record_span(coalescer.length - VNET);

		memcpy(next, frames[from + joined], lengths[from + joined]);
		if (!nk_coalesce_append(&coalescer, next, lengths[from + joined]))
			break;
		joined++;
	}
	*length = nk_coalesce_end(&coalescer);
	return joined;
}

static void shorter_datagram_is_the_last_and_the_count_is_bounded(void)
{
	uint32_t lengths[PIECES], length;
	struct datagram datagram = six;

	for (uint32_t i = 0; i < PIECES; i++)
		lengths[i] = make(frames[i], &datagram, (uint8_t)i);
	EXPECT(join(lengths, 0, PIECES, &length) == NK_COALESCE_MAX);
	datagram.payload--;
	lengths[3] = make(frames[3], &datagram, 3);
	EXPECT(join(lengths, 0, PIECES, &length) == 4);
	datagram.payload = 1472;
	for (uint32_t i = 0; i < PIECES; i++)
		lengths[i] = make(frames[i], &datagram, (uint8_t)i);
	EXPECT(join(lengths, 0, PIECES, &length) == 44);
	EXPECT(length <= VNET + ETHERNET_LENGTH + LONGEST_IP_PACKET);
}

/* A socket that takes frames as a TAP does, one a write, and never refuses one. */
static void open_wire(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) < 0)
		abort();
}

static void what_was_joined_is_cut_into_the_same_datagrams(void)
{
	uint64_t seed = 20261124;
	int ends[2];

	printf("seed %llu\n", (unsigned long long)seed);
	open_wire(ends);
	for (int round = 0; round < 2000; round++) {
		uint32_t count = 2 + (uint32_t)(next_random(&seed) % 20), lengths[PIECES], length;
		struct datagram datagram = next_random(&seed) & 1 ? four : six;
		struct headers headers = {0};

		datagram.payload = 1 + (uint32_t)(next_random(&seed) % 1400);
		for (uint32_t i = 0; i < count; i++) {
			if (i == count - 1)
				datagram.payload = 1 + (uint32_t)(next_random(&seed) % datagram.payload);
			lengths[i] = make(frames[i], &datagram, (uint8_t)i);
			datagram.id++;
		}
		EXPECT(join(lengths, 0, count, &length) == count);
		memcpy(&headers, whole, length < sizeof(headers) ? length : sizeof(headers));
		EXPECT(headers.vnet.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4);
		EXPECT(datagram.ipv6 || sum_of(whole + VNET + ETHERNET_LENGTH, IPV4_LENGTH, 0) == 0xFFFF);
		EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET) == 0);
		for (uint32_t i = 0; i < count; i++) {
			static uint8_t received[FRAME_MAX];

			EXPECT(read(ends[1], received, sizeof(received)) == (ssize_t)lengths[i]);
			EXPECT(!memcmp(received, frames[i], lengths[i]));
		}
	}
	close(ends[0]);
	close(ends[1]);
}

static void lying_segments_are_refused_with_nothing_written(void)
{
	uint32_t lengths[PIECES], length;
	struct headers headers;
	int ends[2];

	open_wire(ends);
	for (uint32_t i = 0; i < PIECES; i++)
		lengths[i] = make(frames[i], &six, (uint8_t)i);
	join(lengths, 0, PIECES, &length);
	memcpy(&headers, whole, sizeof(headers));
	headers.vnet.gso_size = 0;
	EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET) == -EINVAL);
	headers.vnet.gso_size = 1; /* 1152 datagrams */
	EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET) == -EINVAL);
	headers.vnet.gso_size = 18;
	headers.vnet.csum_start++;
	EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET) == -EINVAL);
	headers.vnet.csum_start--;
	EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET - 1) == -EINVAL);
	EXPECT(read(ends[1], frames[0], 1) == -1 && errno == EAGAIN);
	EXPECT(write_datagrams(ends[0], &headers, whole + VNET, length - VNET) == 0);
	close(ends[0]);
	close(ends[1]);
}

static void frame_that_the_kernel_takes_is_written_whole(void)
{
	uint32_t lengths[] = {make(frames[0], &six, 0), make(frames[1], &six, 1)}, length;
	int ends[2];

	open_wire(ends);
	join(lengths, 0, 2, &length);
	EXPECT(nk_write_to_tap(ends[0], whole, length) == 0);
	EXPECT(read(ends[1], frames[0], sizeof(frames[0])) == (ssize_t)length);
	close(ends[1]);
	close(ends[0]);
	EXPECT(nk_write_to_tap(ends[0], whole, length) == -EBADF);
}

int main(void)
{
	CLAIM(next_datagram_of_a_flow_is_appended);
	CLAIM(identification_counts_only_where_fragments_are_possible);
	CLAIM(whatever_differs_is_a_frame_of_its_own);
	CLAIM(what_is_no_whole_datagram_to_be_summed_is_left_alone);
	CLAIM(frames_of_any_length_are_judged_without_looking_beyond_them);
	CLAIM(shorter_datagram_is_the_last_and_the_count_is_bounded);
	CLAIM(what_was_joined_is_cut_into_the_same_datagrams);
	CLAIM(lying_segments_are_refused_with_nothing_written);
	CLAIM(frame_that_the_kernel_takes_is_written_whole);
	return failures ? 1 : 0;
}
