/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_pair.h - rings of nk.h over memory of two regions: each is mapped twice, writable for its owner and read-only
 * between inaccessible pages for the peer, so that a store into the peer's region or a load beside it ends the test.
 */
#ifndef NK_TEST_RING_PAIR_H
#define NK_TEST_RING_PAIR_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "claims.h"
#include "nk.h"

#define PAGE 4096u
#define CAPACITY NK_MIN_RING_CAPACITY
#define REGION_LENGTH (PAGE + CAPACITY)

#define EPOCH_A 3u
#define EPOCH_B 5u

/* What one OS has: one page with the cursor block for the other, and the ring to it. */
struct side {
	struct nk_cursors *cursors;
	uint8_t *data;
	const struct nk_cursors *peer_cursors; /* the other's, read-only */
	const uint8_t *peer_data;
	uint8_t *guarded;
};

static struct side a, b;
static struct nk_ring_producer producer; /* A's */
static struct nk_ring_consumer consumer; /* B's */
static uint64_t seed = 1;

static inline uint8_t *map_guarded(int fd)
{
	uint8_t *area = mmap(NULL, REGION_LENGTH + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED ||
	    mmap(area + PAGE, REGION_LENGTH, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		abort();
	return area + PAGE;
}

static inline void make_region(struct side *owner, struct side *peer)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);
	uint8_t *own;

	if (fd < 0 || ftruncate(fd, REGION_LENGTH) < 0)
		abort();
	own = mmap(NULL, REGION_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (own == MAP_FAILED)
		abort();
	owner->cursors = (struct nk_cursors *)own;
	owner->data = own + PAGE;
	peer->guarded = map_guarded(fd);
	peer->peer_cursors = (const struct nk_cursors *)peer->guarded;
	peer->peer_data = peer->guarded + PAGE;
	close(fd);
}

/* First thing in main(): arguments are [SEED ...]; the seed is printed. */
static inline void begin(int count, char **arguments)
{
	if (count > 1)
		seed = strtoull(arguments[1], NULL, 0);
	printf("seed=%llu\n", (unsigned long long)seed);
	make_region(&a, &b);
	make_region(&b, &a);
}

static inline void open_rings(void)
{
	EXPECT(nk_ring_producer_init(&producer, a.data, CAPACITY, a.cursors, a.peer_cursors, EPOCH_A) == 0);
	EXPECT(nk_ring_consumer_init(&consumer, b.peer_data, CAPACITY, b.cursors, b.peer_cursors, EPOCH_B) == 0);
}

/* Both sides as in the first moment of their epochs, at a position of choice. */
static inline void fresh(uint64_t position)
{
	memset(a.cursors, 0, sizeof(*a.cursors));
	memset(b.cursors, 0, sizeof(*b.cursors));
	nk_cursors_join(a.cursors, EPOCH_B);
	nk_cursors_join(b.cursors, EPOCH_A);
	a.cursors->tail = position;
	b.cursors->head = position;
	open_rings();
}

static inline int send_record(uint32_t length, uint8_t fill)
{
	struct nk_record *record;
	int error = nk_ring_claim(&producer, length, &record);

	if (error)
		return error;
	memset(nk_record_frame(record), fill, NK_VNET_HDR_LENGTH + length);
	return nk_ring_publish(&producer, NK_RECORD_ETHERNET, length, fill);
}

static inline bool next_is(uint32_t length, uint8_t fill)
{
	struct nk_message message;

	if (nk_ring_poll(&consumer, &message) != 1 || message.length != length || message.enqueued_at != fill)
		return false;
	for (uint32_t i = 0; i < length + NK_VNET_HDR_LENGTH; i++) {
		if (message.vnet_hdr[i] != fill)
			return false;
	}
	nk_ring_advance(&consumer);
	nk_ring_release(&consumer);
	return true;
}

static inline bool is_empty(void)
{
	struct nk_message message;

	return nk_ring_poll(&consumer, &message) == 0;
}

#endif
