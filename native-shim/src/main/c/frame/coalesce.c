// SPDX-License-Identifier: Apache-2.0
/* coalesce.c - see coalesce.h. */
#include "coalesce.h"

#include <string.h>

#include "udp.h"

#define VNET NK_VNET_HDR_LENGTH

#define LONGEST_IP_PACKET 65535u

/* As nk_udp_headers(), for a frame that is not a large segment already. */
static uint32_t headers_of(const uint8_t *frame, uint32_t length)
{
	struct virtio_net_hdr_v1 vnet;

	if (length <= VNET)
		return 0;
	memcpy(&vnet, frame, sizeof(vnet));
	if (vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return 0;
	return nk_udp_headers(&vnet, frame + VNET, length - VNET);
}

void nk_coalesce_begin(struct nk_coalescer *coalescer, uint8_t *frame, uint32_t length)
{
	uint32_t headers = headers_of(frame, length);

	*coalescer = (struct nk_coalescer){
		.first = frame,
		.length = length,
		.headers = headers,
		.segment = length - VNET - headers,
		.datagrams = 1,
		.open = headers,
	};
}

static bool ipv4_continues(const uint8_t *first, const uint8_t *next, uint32_t datagrams)
{
	const bool may_be_fragmented = !(get16(first + IPV4_FRAGMENT) & DONT_FRAGMENT);

	if (may_be_fragmented && get16(next + IPV4_ID) != ((get16(first + IPV4_ID) + datagrams) & 0xFFFF))
		return false;
	/* Version to type of service; fragment word, time to live, protocol; addresses and ports. */
	return !memcmp(first, next, IPV4_TOTAL) &&
	       !memcmp(first + IPV4_FRAGMENT, next + IPV4_FRAGMENT, IPV4_CHECK - IPV4_FRAGMENT) &&
	       !memcmp(first + IPV4_SOURCE, next + IPV4_SOURCE, IPV4_LENGTH - IPV4_SOURCE + UDP_PORTS);
}

static bool ipv6_continues(const uint8_t *first, const uint8_t *next)
{
	/* Version to flow label; next header, hop limit, addresses and ports. */
	return !memcmp(first, next, IPV6_PAYLOAD) &&
	       !memcmp(first + IPV6_NEXT, next + IPV6_NEXT, IPV6_LENGTH - IPV6_NEXT + UDP_PORTS);
}

static bool continues(const struct nk_coalescer *coalescer, const uint8_t *next, uint32_t length)
{
	const uint8_t *first_frame = coalescer->first + VNET;
	const uint8_t *next_frame = next + VNET;
	uint32_t payload;

	if (headers_of(next, length) != coalescer->headers)
		return false;
	payload = length - VNET - coalescer->headers;
	if (payload > coalescer->segment || coalescer->length + payload > VNET + ETHERNET_LENGTH + LONGEST_IP_PACKET)
		return false;
	if (memcmp(first_frame, next_frame, ETHERNET_LENGTH))
		return false;
	return coalescer->headers == HEADERS_IPV4
		       ? ipv4_continues(first_frame + ETHERNET_LENGTH, next_frame + ETHERNET_LENGTH,
					coalescer->datagrams)
		       : ipv6_continues(first_frame + ETHERNET_LENGTH, next_frame + ETHERNET_LENGTH);
}

bool nk_coalesce_append(struct nk_coalescer *coalescer, const uint8_t *next, uint32_t length)
{
	uint32_t payload;

	if (!coalescer->open || !continues(coalescer, next, length)) {
		coalescer->open = false;
		return false;
	}
	payload = length - VNET - coalescer->headers;
	memmove(coalescer->first + coalescer->length, next + VNET + coalescer->headers, payload);
	coalescer->length += payload;
	coalescer->datagrams++;
	/* A shorter one can only be the last. */
	coalescer->open = payload == coalescer->segment && coalescer->datagrams < NK_COALESCE_MAX;
	return true;
}

uint32_t nk_coalesce_end(struct nk_coalescer *coalescer)
{
	struct virtio_net_hdr_v1 vnet;

	coalescer->open = false;
	if (coalescer->datagrams == 1)
		return coalescer->length;
	memcpy(&vnet, coalescer->first, sizeof(vnet));
	vnet.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	vnet.hdr_len = (uint16_t)coalescer->headers;
	vnet.gso_size = (uint16_t)coalescer->segment;
	memcpy(coalescer->first, &vnet, sizeof(vnet));
	nk_udp_put_length(coalescer->first + VNET, coalescer->headers,
			  coalescer->length - VNET - coalescer->headers + UDP_LENGTH);
	return coalescer->length;
}
