/* SPDX-License-Identifier: Apache-2.0 */
/*
 * macs.h - which Ethernet address is behind which channel.
 *
 * A bounded table, so that a peer that invents addresses only displaces old entries: 256 sets of four, the entry
 * unseen for longest makes room. An address that appears behind another channel moves there; one that appears on
 * the TAP is forgotten, since unknown addresses are flooded anyway.
 */
#ifndef NK_AGENT_MACS_H
#define NK_AGENT_MACS_H

#include <stdbool.h>
#include <stdint.h>

#define MAC_SETS 256u
#define MAC_WAYS 4u
#define MAC_AGE_NS UINT64_C(300000000000)

/* An entry seen again within this time is not written again. */
#define MAC_REFRESH_NS UINT64_C(1000000000)

#define NO_PEER UINT32_MAX

struct mac_entry {
	uint64_t mac; /* 0: unused; the zero address is never learned */
	uint64_t seen_at;
	uint32_t peer;
};

struct macs {
	struct mac_entry entries[MAC_SETS][MAC_WAYS];
	uint64_t changes;	/* additions, moves and removals */
	uint64_t last_learned[32]; /* by peer: its last source, to spare the look-up */
	uint64_t last_learned_at[32];
	uint64_t last_found;	/* the last destination, to spare the look-up */
	uint32_t last_found_peer;
	uint64_t last_local;	/* the last source seen on the TAP */
};

void macs_learn(struct macs *macs, const uint8_t *mac, uint32_t peer, uint64_t now);
void macs_seen_locally(struct macs *macs, const uint8_t *mac);
uint32_t macs_find(struct macs *macs, const uint8_t *mac);
void macs_forget_peer(struct macs *macs, uint32_t peer);
void macs_age(struct macs *macs, uint64_t now);
uint32_t macs_count(const struct macs *macs);

#endif
