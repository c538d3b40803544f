/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp.h - where the fields of a UDP datagram lie in an Ethernet frame with a vnet_hdr before it, and the arithmetic of
 * its checksums. For coalesce.c and segment.c, which are each other's reverse.
 *
 * Ethernet without VLAN tags; IPv4 without options (RFC 791) or IPv6 without extension headers (RFC 8200); UDP
 * (RFC 768).
 */
#ifndef NK_FRAME_UDP_H
#define NK_FRAME_UDP_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "nk_abi.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2; older headers lack it */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Lengths of headers, and offsets from the begin of each. */
enum { ETHERNET_LENGTH = 14, ETHERNET_TYPE = 12 };
enum { IPV4_LENGTH = 20, IPV4_TOTAL = 2, IPV4_ID = 4, IPV4_FRAGMENT = 6, IPV4_PROTOCOL = 9, IPV4_CHECK = 10,
       IPV4_SOURCE = 12 };
enum { IPV6_LENGTH = 40, IPV6_PAYLOAD = 4, IPV6_NEXT = 6 };
enum { UDP_LENGTH = 8, UDP_PORTS = 4, UDP_DATAGRAM = 4, UDP_CHECK = 6 };

/* Ethernet, IP and UDP header together. */
enum { HEADERS_IPV4 = ETHERNET_LENGTH + IPV4_LENGTH + UDP_LENGTH,
       HEADERS_IPV6 = ETHERNET_LENGTH + IPV6_LENGTH + UDP_LENGTH };

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, PROTOCOL_UDP = 17, VERSION_4_NO_OPTIONS = 0x45 };
enum { DONT_FRAGMENT = 0x4000 };

_Static_assert(sizeof(struct virtio_net_hdr_v1) == NK_VNET_HDR_LENGTH, "virtio_net_hdr_v1");

static inline uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* What a sum of 16-bit words (RFC 1071) becomes when one of them changes (RFC 1624). */
static inline uint32_t sum_with(uint32_t sum, uint32_t old_word, uint32_t new_word)
{
	sum += (~old_word & 0xFFFF) + new_word;
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (sum & 0xFFFF) + (sum >> 16);
}

/* Changes a word of an IPv4 header, and its checksum with it. */
static inline void put_ipv4(uint8_t *ip, uint32_t field, uint32_t value)
{
	uint32_t sum = ~get16(ip + IPV4_CHECK) & 0xFFFF;

	put16(ip + IPV4_CHECK, ~sum_with(sum, get16(ip + field), value));
	put16(ip + field, value);
}

/*
 * Length of the headers, HEADERS_IPV4 or HEADERS_IPV6, if `frame` (which begins with Ethernet, and is `length` bytes
 * long in all) is one whole UDP datagram with at least a byte of payload, whose checksum `vnet` asks to be computed;
 * else 0. Only the first HEADERS_IPV6 bytes are looked at, and none behind `length`.
 */
uint32_t nk_udp_headers(const struct virtio_net_hdr_v1 *vnet, const uint8_t *frame, uint32_t length);

/*
 * Writes the length of the datagram, UDP header included, into its headers. The UDP checksum field holds the sum of
 * the pseudo header, of which that length is part, for as long as the checksum is still to be computed.
 */
void nk_udp_put_length(uint8_t *frame, uint32_t headers, uint32_t datagram);

#endif
