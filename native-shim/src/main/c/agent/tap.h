/* SPDX-License-Identifier: Apache-2.0 */
/* tap.h - the TAP and the addresses on it; knows nothing of frames. */
#ifndef NK_AGENT_TAP_H
#define NK_AGENT_TAP_H

#include <stdbool.h>
#include <stdint.h>

struct tap_options {
	const char *name;
	const uint8_t *mac;
	uint32_t mtu;
	bool persist;
};

/* A nonblocking TAP with a 12-byte virtio_net_hdr and every offload that the kernel has; not up yet. */
int tap_open(const struct tap_options *options, int *tap);

/* Whether there is such an interface, and it is up. */
bool tap_is_up(const char *name);

/* The MTU that the interface has now. */
int tap_mtu(const char *name, uint32_t *mtu);

/* What a TAP has unless somebody sets it (txqueuelen of ip-link(8)), and what it has under a flood (queue.h). */
#define TAP_USUAL_QUEUE 1000
#define TAP_SHORT_QUEUE 128

/* How many frames wait in the interface for whoever reads it, until more are dropped. */
int tap_queue(const char *name, uint32_t *length);
int tap_set_queue(const char *name, uint32_t length);

/* Sets address and MTU and brings the interface up. */
int link_up(const struct tap_options *options);

/*
 * Adds "10.77.0.2/24" or "fd77::2/64"; IPv6 without duplicate address detection. -EINVAL: not an address with a
 * prefix length.
 */
int address_add(const char *interface, const char *prefix);

/* Adds "default=GATEWAY" or "PREFIX/LENGTH=GATEWAY". */
int route_add(const char *interface, const char *route);

#endif
