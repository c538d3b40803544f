/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - the check that a frame and its virtio_net_hdr belong together. */
#ifndef NK_AGENT_FRAME_H
#define NK_AGENT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

#define MAC_LENGTH 6u
#define ETHERNET_HEADER_LENGTH 14u

/* Two 802.1Q tags: an interface lets them through on top of its MTU. */
#define VLAN_TAGS_LENGTH 8u

/*
 * DROP_NOTHING, or why not. `length` is the frame's, without the header before it. Frames that the kernel need not
 * cut may be as long as max_plain.
 */
enum drop check_frame(const uint8_t *vnet_hdr, const uint8_t *frame, uint32_t length, uint32_t max_plain);

static inline bool is_multicast(const uint8_t *mac)
{
	return mac[0] & 1;
}

#endif
