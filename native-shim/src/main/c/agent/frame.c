// SPDX-License-Identifier: Apache-2.0
/*
 * frame.c - what Linux checks of a virtio_net_hdr, checked before it has to.
 *
 * Frames lie in a peer's ring and may change after the check. That is harmless here: the kernel copies the header
 * and checks its own copy. The check exists so that a lie is counted under its name, and never starts a costly path
 * in the kernel.
 */
#include <linux/virtio_net.h>
#include <string.h>

#include "frame.h"
#include "nk_abi.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define GSO_BY_FRAGS 0xFFFFu /* Linux' own marker, refused by it as a size */

#define ETHERTYPE_OFFSET 12u
#define VLAN_TAG_LENGTH 4u

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86DD, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_QINQ = 0x88A8 };

_Static_assert(sizeof(struct virtio_net_hdr_v1) == NK_VNET_HDR_LENGTH, "virtio_net_hdr_v1");

static uint16_t network_protocol(const uint8_t *frame, uint32_t length)
{
	uint32_t at = ETHERTYPE_OFFSET;

	for (uint32_t tags = 0; tags <= VLAN_TAGS_LENGTH / VLAN_TAG_LENGTH && at + 2 <= length; tags++) {
		uint16_t type = (uint16_t)(frame[at] << 8 | frame[at + 1]);

		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ)
			return type;
		at += VLAN_TAG_LENGTH;
	}
	return 0;
}

static bool is_segmentable(const struct virtio_net_hdr_v1 *header, const uint8_t *frame, uint32_t length)
{
	uint16_t protocol = network_protocol(frame, length);

	if (header->gso_size == 0 || header->gso_size == GSO_BY_FRAGS)
		return false;
	switch (header->gso_type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN:
		return protocol == ETHERTYPE_IPV4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
	case VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN:
		return protocol == ETHERTYPE_IPV6;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return (protocol == ETHERTYPE_IPV4 || protocol == ETHERTYPE_IPV6) &&
		       (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
	default:
		return false;
	}
}

enum drop check_frame(const uint8_t *vnet_hdr, const uint8_t *frame, uint32_t length, uint32_t max_plain)
{
	struct virtio_net_hdr_v1 header;

	if (length < ETHERNET_HEADER_LENGTH)
		return DROP_RUNT;
	if (length > NK_MAX_PAYLOAD)
		return DROP_OVERSIZE;

	memcpy(&header, vnet_hdr, sizeof(header));
	if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
	    (header.csum_start < ETHERNET_HEADER_LENGTH ||
	     (uint32_t)header.csum_start + header.csum_offset + sizeof(uint16_t) > length))
		return DROP_BAD_VNET_HDR;
	if ((header.flags & ~(VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) || header.hdr_len > length)
		return DROP_BAD_VNET_HDR;
	if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return length > max_plain ? DROP_OVERSIZE : DROP_NOTHING;
	if (!is_segmentable(&header, frame, length))
		return DROP_BAD_VNET_HDR;
	return ETHERNET_HEADER_LENGTH + header.gso_size > max_plain ? DROP_OVERSIZE : DROP_NOTHING;
}
