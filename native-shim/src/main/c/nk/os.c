// SPDX-License-Identifier: Apache-2.0
/*
 * os.c - what an OS says of itself in its own region, and reads of itself in the management region.
 */
#include <string.h>
#include <time.h>

#include "attachment.h"

uint64_t nk_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void nk_beat(struct nk *nk)
{
	/* Release: partner is the acquire load of the nanokernel's watch. */
	__atomic_store_n(&nk->region->header.heartbeat, nk_now(), __ATOMIC_RELEASE);
}

void nk_panic(struct nk *nk, uint32_t code, const char *text)
{
	struct nk_os_header *header = &nk->region->header;
	size_t length = strnlen(text, sizeof(header->panic_text) - 1);

	memset(header->panic_text, 0, sizeof(header->panic_text));
	memcpy(header->panic_text, text, length);
	header->panic_code = code;
	header->panic_at = nk_now();
	/* Release: who sees 1 (acquire) sees the record. */
	__atomic_store_n(&header->panic_state, 1, __ATOMIC_RELEASE);
}

uint32_t nk_os_id(const struct nk *nk)
{
	return nk->os_id;
}

uint32_t nk_epoch(const struct nk *nk)
{
	return nk->epoch;
}

uint32_t nk_heartbeat_period_ms(const struct nk *nk)
{
	return nk->management->os[nk->os_id].heartbeat_period_ms;
}

void nk_mac(const struct nk *nk, uint8_t mac[6])
{
	memcpy(mac, nk->management->os[nk->os_id].mac, 6);
}

const struct nk_management *nk_management(const struct nk *nk)
{
	return nk->management;
}
