// SPDX-License-Identifier: Apache-2.0
/* macs.c - the table of macs.h. */
#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "macs.h"

static uint64_t as_key(const uint8_t *mac)
{
	uint64_t key = 0;

	memcpy(&key, mac, MAC_LENGTH);
	return key;
}

static struct mac_entry *set_of(struct macs *macs, uint64_t key)
{
	return macs->entries[(key * UINT64_C(0x9E3779B97F4A7C15)) >> 56];
}

static struct mac_entry *find(struct macs *macs, uint64_t key)
{
	struct mac_entry *set = set_of(macs, key);

	for (uint32_t way = 0; way < MAC_WAYS; way++) {
		if (set[way].mac == key)
			return &set[way];
	}
	return NULL;
}

/* What was remembered to spare look-ups holds no longer. */
static void changed(struct macs *macs)
{
	macs->changes++;
	macs->last_found = 0;
	macs->last_local = 0;
	memset(macs->last_learned, 0, sizeof(macs->last_learned));
}

static struct mac_entry *displace(struct macs *macs, uint64_t key)
{
	struct mac_entry *set = set_of(macs, key);
	struct mac_entry *oldest = &set[0];

	for (uint32_t way = 0; way < MAC_WAYS; way++) {
		if (!set[way].mac)
			return &set[way];
		if (set[way].seen_at < oldest->seen_at)
			oldest = &set[way];
	}
	return oldest;
}

void macs_learn(struct macs *macs, const uint8_t *mac, uint32_t peer, uint64_t now)
{
	uint64_t key = as_key(mac);
	struct mac_entry *entry;

	if (macs->last_learned[peer] == key && now - macs->last_learned_at[peer] < MAC_REFRESH_NS)
		return;
	if (is_multicast(mac) || !key)
		return;
	entry = find(macs, key);
	if (!entry || entry->peer != peer) {
		if (!entry)
			entry = displace(macs, key);
		entry->mac = key;
		entry->peer = peer;
		changed(macs);
	}
	entry->seen_at = now;
	macs->last_learned[peer] = key;
	macs->last_learned_at[peer] = now;
}

static void forget(struct macs *macs, struct mac_entry *entry)
{
	*entry = (struct mac_entry){0};
	changed(macs);
}

void macs_seen_locally(struct macs *macs, const uint8_t *mac)
{
	uint64_t key = as_key(mac);
	struct mac_entry *entry;

	if (key == macs->last_local)
		return;
	entry = find(macs, key);
	if (entry && key)
		forget(macs, entry);
	macs->last_local = key;
}

uint32_t macs_find(struct macs *macs, const uint8_t *mac)
{
	uint64_t key = as_key(mac);
	const struct mac_entry *entry;

	if (!key)
		return NO_PEER;
	if (key == macs->last_found)
		return macs->last_found_peer;
	entry = find(macs, key);
	if (!entry)
		return NO_PEER;
	macs->last_found = key;
	macs->last_found_peer = entry->peer;
	return entry->peer;
}

void macs_forget_peer(struct macs *macs, uint32_t peer)
{
	for (uint32_t i = 0; i < MAC_SETS * MAC_WAYS; i++) {
		struct mac_entry *entry = &macs->entries[i / MAC_WAYS][i % MAC_WAYS];

		if (entry->mac && entry->peer == peer)
			forget(macs, entry);
	}
}

void macs_age(struct macs *macs, uint64_t now)
{
	for (uint32_t i = 0; i < MAC_SETS * MAC_WAYS; i++) {
		struct mac_entry *entry = &macs->entries[i / MAC_WAYS][i % MAC_WAYS];

		if (entry->mac && now - entry->seen_at > MAC_AGE_NS)
			forget(macs, entry);
	}
}

uint32_t macs_count(const struct macs *macs)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MAC_SETS * MAC_WAYS; i++)
		count += macs->entries[i / MAC_WAYS][i % MAC_WAYS].mac != 0;
	return count;
}
