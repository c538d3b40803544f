// SPDX-License-Identifier: Apache-2.0
/*
 * os.c - what an OS says of itself in its own region, and reads of itself in the management region.
 */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "attachment.h"
#include "trap/trap.h"

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
	nk_trap_panic(&nk->region->header, nk->socket, code, text);
}

int nk_trap(struct nk *nk, const char *program)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

	return nk_trap_arm(&nk->region->header, nk->socket, program, signals,
			   (int)(sizeof(signals) / sizeof(signals[0])));
}

uint64_t nk_nanokernel_heartbeat(const struct nk *nk)
{
	/* Acquire: partner is the nanokernel's release store. */
	return __atomic_load_n(&nk->management->header.heartbeat, __ATOMIC_ACQUIRE);
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

uint32_t nk_heartbeat_deadline_ms(const struct nk *nk)
{
	return nk->management->os[nk->os_id].heartbeat_deadline_ms;
}

uint64_t nk_peer_heartbeat(const struct nk_channel *channel)
{
	/* Acquire: partner is the release store of the peer's nk_beat(). */
	return channel->region ? __atomic_load_n(&channel->region->header.heartbeat, __ATOMIC_ACQUIRE) : 0;
}

void nk_mac(const struct nk *nk, uint8_t mac[6])
{
	memcpy(mac, nk->management->os[nk->os_id].mac, 6);
}

const struct nk_management *nk_management(const struct nk *nk)
{
	return nk->management;
}
