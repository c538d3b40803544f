/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - what the agent counts. For each direction: received = forwarded + sum of drops + the frame that waits for
 * a full ring, exactly. Frames are counted as they were received: of datagrams that leave as one record, each.
 */
#ifndef NK_AGENT_COUNTERS_H
#define NK_AGENT_COUNTERS_H

#include <stdint.h>

/* Why a frame was dropped: constant, name in the JSON line. */
#define DROPS(X)                                                                                                       \
	X(DROP_RUNT, "runt")			 /* shorter than an Ethernet header */                                 \
	X(DROP_OVERSIZE, "oversize")		 /* more than a record holds, or than the TAP's MTU lets through */    \
	X(DROP_BAD_VNET_HDR, "bad_vnet_hdr")	 /* the virtio_net_hdr does not describe this frame */                 \
	X(DROP_NO_PEER, "no_peer")		 /* no channel is open */                                              \
	X(DROP_RING_FULL, "ring_full")		 /* the peer made no room within the bound */                          \
	X(DROP_CHANNEL_CLOSED, "channel_closed") /* the peer went, or was quarantined, before the frame was sent */   \
	X(DROP_NOT_ETHERNET, "not_ethernet")	 /* a record of another type: not for a TAP */                         \
	X(DROP_TAP_REFUSED, "tap_refused")	 /* the kernel would not take the frame */

enum drop {
#define DROP_CONSTANT(constant, name) constant,
	DROPS(DROP_CONSTANT)
#undef DROP_CONSTANT
	DROP_COUNT,
	DROP_NOTHING = DROP_COUNT
};

enum direction { TAP_TO_CHANNELS, CHANNELS_TO_TAP, DIRECTION_COUNT };

struct traffic {
	uint64_t received;
	uint64_t received_bytes;
	uint64_t forwarded;
	uint64_t dropped[DROP_COUNT];
};

struct counters {
	struct traffic traffic[DIRECTION_COUNT];
	uint64_t flooded;	/* frames sent to more than one channel, or that would have been */
	uint64_t flood_skipped; /* copies of flooded frames that found their ring full; the frame itself is forwarded */
	uint64_t coalesced;	/* datagrams that were appended to the one before them */
	uint64_t wrong_guesses; /* frames that were read into another channel's ring and copied */
	uint64_t stalls;	/* times that reading the TAP stopped for a full ring */
	uint64_t moderations;	/* times that the TAP was left alone for a moment, so that small frames come as a batch */
	uint64_t sleeps;
	uint64_t lost_nanokernel;
	uint64_t silent_nanokernel; /* times that it was attached and did not beat within the deadline */
	uint64_t silent_peers;	/* times that a peer did not beat within the deadline, which was reported */
	uint64_t sessions_ended;   /* TCP sessions of this OS with peers whose epoch ended */
	uint64_t session_failures; /* times that the kernel refused to end them, or to tell the addresses of peers */
};

#endif
