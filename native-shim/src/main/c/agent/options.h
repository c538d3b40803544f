/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - what the command line says. */
#ifndef NK_AGENT_OPTIONS_H
#define NK_AGENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "nk.h"
#include "tap.h"

#define NS_PER_MS UINT64_C(1000000)

#define MAX_ADDRESSES 16
#define MAX_ROUTES 16

struct options {
	struct nk_options attach;
	struct tap_options tap;
	uint8_t mac[6];
	bool mac_given;
	const char *addresses[MAX_ADDRESSES];
	int address_count;
	const char *routes[MAX_ROUTES];
	int route_count;
	uint64_t full_wait_ns;	 /* how long a full ring may stop the TAP; 0: drop at once */
	uint64_t attach_wait_ns; /* how long the first attach is tried */
	bool keep_sessions;	 /* TCP sessions with a dead peer are left to TCP */
};

/* Ends the program with a message when the command line is wrong. */
void parse_options(struct options *options, int count, char **arguments);

#endif
