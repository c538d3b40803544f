// SPDX-License-Identifier: Apache-2.0
/* udp.c - see udp.h. */
#include "udp.h"

/* Bytes of the IP packet's payload, or 0 if it is no whole UDP packet. */
static uint32_t ipv4_payload(const uint8_t *ip, uint32_t packet)
{
	if (ip[0] != VERSION_4_NO_OPTIONS || ip[IPV4_PROTOCOL] != PROTOCOL_UDP || get16(ip + IPV4_TOTAL) != packet ||
	    (get16(ip + IPV4_FRAGMENT) & ~(uint32_t)DONT_FRAGMENT))
		return 0;
	return packet - IPV4_LENGTH;
}

static uint32_t ipv6_payload(const uint8_t *ip, uint32_t packet)
{
	if (packet < IPV6_LENGTH || ip[0] >> 4 != 6 || ip[IPV6_NEXT] != PROTOCOL_UDP ||
	    get16(ip + IPV6_PAYLOAD) != packet - IPV6_LENGTH)
		return 0;
	return packet - IPV6_LENGTH;
}

uint32_t nk_udp_headers(const struct virtio_net_hdr_v1 *vnet, const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + ETHERNET_LENGTH;
	uint32_t datagram, udp;

	if (length <= HEADERS_IPV4)
		return 0;
	switch (get16(frame + ETHERNET_TYPE)) {
	case TYPE_IPV4:
		udp = ETHERNET_LENGTH + IPV4_LENGTH;
		datagram = ipv4_payload(ip, length - ETHERNET_LENGTH);
		break;
	case TYPE_IPV6:
		udp = ETHERNET_LENGTH + IPV6_LENGTH;
		datagram = ipv6_payload(ip, length - ETHERNET_LENGTH);
		break;
	default:
		return 0;
	}
	if (datagram <= UDP_LENGTH || get16(frame + udp + UDP_DATAGRAM) != datagram ||
	    vnet->flags != VIRTIO_NET_HDR_F_NEEDS_CSUM || vnet->csum_start != udp || vnet->csum_offset != UDP_CHECK)
		return 0;
	return udp + UDP_LENGTH;
}

void nk_udp_put_length(uint8_t *frame, uint32_t headers, uint32_t datagram)
{
	uint8_t *ip = frame + ETHERNET_LENGTH;
	uint8_t *udp = frame + headers - UDP_LENGTH;

	if (headers == HEADERS_IPV4)
		put_ipv4(ip, IPV4_TOTAL, IPV4_LENGTH + datagram);
	else
		put16(ip + IPV6_PAYLOAD, datagram);
	put16(udp + UDP_CHECK, sum_with(get16(udp + UDP_CHECK), get16(udp + UDP_DATAGRAM), datagram));
	put16(udp + UDP_DATAGRAM, datagram);
}
