// SPDX-License-Identifier: Apache-2.0
/*
 * ring.c - both sides of a ring, docs/abi.md section 4.
 *
 * Each side keeps its cursors in private fields. What it stores in its own region is a publication that the peer
 * reads, never something that it reads back; what it loads from the peer's region is loaded once, checked, and used
 * from a local.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "nk.h"

/* Padding records that one poll steps over: a peer that publishes nothing else must not hold the caller in here. */
#define PADDINGS_PER_POLL 16

#define POSITION_MASK ((uint64_t)(NK_RECORD_ALIGNMENT - 1))

static const char *const fault_names[] = {
#define FAULT_NAME(constant, name) [constant] = name,
	NK_FAULTS(FAULT_NAME)
#undef FAULT_NAME
};

const char *nk_fault_name(enum nk_fault fault)
{
	return (unsigned int)fault < NK_FAULT_COUNT ? fault_names[fault] : "unknown";
}

static uint64_t load_acquire(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store_release(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/*
 * The event index: a step from old_position to new_position passed the position at which the other side wants its
 * bell.
 */
static bool passed(uint64_t wanted, uint64_t old_position, uint64_t new_position)
{
	return new_position - wanted - 1 < new_position - old_position;
}

/*
 * Loads a word of the peer's block, or 0 as long as the peer has not joined: until then the word may be one that a
 * living peer still has for our own earlier epoch. The acquire load of peer_epoch has the release store in
 * nk_cursors_join() as partner; the one of the word is paired where the word is stored.
 */
static uint64_t load_from_peer(const uint64_t *word, const struct nk_cursors *peer, uint32_t epoch, bool *joined)
{
	if (!*joined)
		*joined = __atomic_load_n(&peer->peer_epoch, __ATOMIC_ACQUIRE) == epoch;
	return *joined ? load_acquire(word) : 0;
}

/* The lowest position that can still be in a ring whose newest byte is at `position`. */
static uint64_t oldest_before(uint64_t position, uint64_t capacity)
{
	return position > capacity ? position - capacity : 0;
}

static bool legal_capacity(uint64_t capacity)
{
	return capacity >= NK_MIN_RING_CAPACITY && capacity <= NK_MAX_RING_CAPACITY && !(capacity & (capacity - 1));
}

static int producer_fault(struct nk_ring_producer *ring, enum nk_fault fault)
{
	ring->fault = fault;
	ring->claimed_length = 0;
	return -EPROTO;
}

static int consumer_fault(struct nk_ring_consumer *ring, enum nk_fault fault)
{
	ring->fault = fault;
	ring->span = 0;
	return -EPROTO;
}

void nk_cursors_join(struct nk_cursors *own, uint32_t peer_epoch)
{
	if (__atomic_load_n(&own->peer_epoch, __ATOMIC_ACQUIRE) == peer_epoch)
		return;
	__atomic_store_n(&own->tail, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->next_sequence, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->space_wake_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->head, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->wake_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->times_wanted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->taken, 0, __ATOMIC_RELAXED);
	/* Release: partner is the acquire load in the peer's load_from_peer(); it sees the zeroes. */
	__atomic_store_n(&own->peer_epoch, peer_epoch, __ATOMIC_RELEASE);
}

/* Producer */

int nk_ring_producer_init(struct nk_ring_producer *ring, uint8_t *data, uint64_t capacity, struct nk_cursors *own,
			  const struct nk_cursors *peer, uint32_t epoch)
{
	uint64_t tail = load_acquire(&own->tail);

	if (!legal_capacity(capacity) || (tail & POSITION_MASK))
		return -EINVAL;
	*ring = (struct nk_ring_producer){
		.data = data,
		.capacity = capacity,
		.own = own,
		.peer = peer,
		.tail = tail,
		.head_seen = oldest_before(tail, capacity),
		.next_sequence = __atomic_load_n(&own->next_sequence, __ATOMIC_RELAXED),
		.looked_at = tail,
		.epoch = epoch,
	};
	return 0;
}

static int look_at_head(struct nk_ring_producer *ring)
{
	/* Acquire: the consumer's release store of head, after which it no longer reads the bytes before it. */
	uint64_t head = load_from_peer(&ring->peer->head, ring->peer, ring->epoch, &ring->joined);

	if (head & POSITION_MASK)
		return producer_fault(ring, NK_FAULT_HEAD_MISALIGNED);
	if (ring->tail - head > ring->capacity)
		return producer_fault(ring, (int64_t)(head - ring->tail) > 0 ? NK_FAULT_HEAD_BEYOND_TAIL
									      : NK_FAULT_HEAD_BACKWARDS);
	if (ring->tail - head > ring->tail - ring->head_seen)
		return producer_fault(ring, NK_FAULT_HEAD_BACKWARDS);
	ring->head_seen = head;
	return 0;
}

static bool has_room(const struct nk_ring_producer *ring, uint64_t bytes)
{
	return ring->capacity - (ring->tail - ring->head_seen) >= bytes;
}

int nk_ring_claim(struct nk_ring_producer *ring, uint32_t max_length, struct nk_record **record)
{
	if (ring->fault)
		return -EPROTO;
	if (max_length < 1 || max_length > NK_MAX_PAYLOAD)
		return -EMSGSIZE;

	uint64_t span = nk_record_span(max_length);
	uint64_t place = ring->tail & (ring->capacity - 1);
	uint64_t contiguous = ring->capacity - place;
	uint64_t padding = contiguous < span ? contiguous : 0;

	ring->claimed_length = 0;
	if (!has_room(ring, padding + span)) {
		int error = look_at_head(ring);

		if (error)
			return error;
		if (!has_room(ring, padding + span))
			return -EAGAIN;
	}
	ring->claimed_padding = padding;
	ring->claimed_length = max_length;
	*record = (struct nk_record *)(ring->data + (padding ? 0 : place));
	return 0;
}

uint64_t nk_ring_room(const struct nk_ring_producer *ring)
{
	uint64_t begin = ring->tail + ring->claimed_padding;
	uint64_t contiguous = ring->capacity - (begin & (ring->capacity - 1));
	uint64_t vacant = ring->capacity - (begin - ring->head_seen);

	if (!ring->claimed_length)
		return 0;
	return contiguous < vacant ? contiguous : vacant;
}

void nk_ring_cancel(struct nk_ring_producer *ring)
{
	ring->claimed_length = 0;
}

static struct nk_record *record_at(const struct nk_ring_producer *ring, uint64_t position)
{
	return (struct nk_record *)(ring->data + (position & (ring->capacity - 1)));
}

static void write_padding(const struct nk_ring_producer *ring, uint64_t position, uint64_t span)
{
	struct nk_record *record = record_at(ring, position);

	/* The span may be 8 bytes: nothing behind flags belongs to it. */
	record->length = (uint32_t)span;
	record->type = NK_RECORD_PADDING;
	record->flags = 0;
}

static void publish_tail(struct nk_ring_producer *ring, uint64_t span)
{
	if (ring->claimed_padding)
		write_padding(ring, ring->tail, ring->claimed_padding);
	ring->tail += ring->claimed_padding + span;
	ring->claimed_length = 0;
	/* Release: partner is the acquire load in look_at_tail(); the record's bytes are visible before it. */
	store_release(&ring->own->tail, ring->tail);
}

int nk_ring_publish(struct nk_ring_producer *ring, uint16_t type, uint32_t length, uint64_t enqueued_at)
{
	if (ring->fault)
		return -EPROTO;
	if (length < 1 || length > ring->claimed_length)
		return -EINVAL;

	struct nk_record *record = record_at(ring, ring->tail + ring->claimed_padding);

	record->length = length;
	record->type = type;
	record->flags = 0;
	record->sequence = ring->next_sequence++;
	record->enqueued_at = enqueued_at;
	__atomic_store_n(&ring->own->next_sequence, ring->next_sequence, __ATOMIC_RELAXED);
	publish_tail(ring, nk_record_span(length));
	return 0;
}

int nk_ring_publish_padding(struct nk_ring_producer *ring)
{
	if (ring->fault)
		return -EPROTO;
	if (!ring->claimed_length)
		return -EINVAL;

	uint64_t span = nk_record_span(ring->claimed_length);

	write_padding(ring, ring->tail + ring->claimed_padding, span);
	publish_tail(ring, span);
	return 0;
}

bool nk_ring_needs_doorbell(struct nk_ring_producer *ring)
{
	uint64_t old_tail = ring->looked_at;

	if (old_tail == ring->tail || ring->fault)
		return false;
	ring->looked_at = ring->tail;
	/*
	 * Full fence between our store of tail and our load of wake_at; partner is the one in
	 * nk_ring_ask_for_wake(). With both, at least one side sees the other's store.
	 */
	atomic_thread_fence(memory_order_seq_cst);

	uint64_t wanted = load_from_peer(&ring->peer->wake_at, ring->peer, ring->epoch, &ring->joined);

	return passed(wanted, old_tail, ring->tail);
}

int nk_ring_ask_for_space(struct nk_ring_producer *ring)
{
	uint64_t head = ring->head_seen;

	if (ring->fault)
		return -EPROTO;
	store_release(&ring->own->space_wake_at, head + ring->capacity / 4);
	/* Full fence; partner is the one in nk_ring_needs_space_doorbell(). */
	atomic_thread_fence(memory_order_seq_cst);

	int error = look_at_head(ring);

	if (error)
		return error;
	return ring->head_seen == head;
}

/* Consumer */

int nk_ring_consumer_init(struct nk_ring_consumer *ring, const uint8_t *data, uint64_t capacity, struct nk_cursors *own,
			  const struct nk_cursors *peer, uint32_t epoch)
{
	uint64_t head = load_acquire(&own->head);

	if (!legal_capacity(capacity) || (head & POSITION_MASK))
		return -EINVAL;
	*ring = (struct nk_ring_consumer){
		.data = data,
		.capacity = capacity,
		.own = own,
		.peer = peer,
		.head = head,
		.released = head,
		.looked_at = head,
		.epoch = epoch,
		.tail_seen = head,
		/* The sequence number behind a position is known only at the epoch's begin. */
		.sequence_known = head == 0,
	};
	return 0;
}

static int look_at_tail(struct nk_ring_consumer *ring)
{
	/* Acquire: the producer's release store in publish_tail(); the records before tail are complete. */
	uint64_t tail = load_from_peer(&ring->peer->tail, ring->peer, ring->epoch, &ring->joined);
	/* Bytes that were not given back yet cannot be written again: the bound counts from there. */
	uint64_t ahead = tail - ring->released;

	if (tail & POSITION_MASK)
		return consumer_fault(ring, NK_FAULT_TAIL_MISALIGNED);
	if (ahead > ring->capacity)
		return consumer_fault(ring, (int64_t)ahead > 0 ? NK_FAULT_TAIL_BEYOND_CAPACITY
								: NK_FAULT_TAIL_BACKWARDS);
	if (ahead < ring->tail_seen - ring->released)
		return consumer_fault(ring, NK_FAULT_TAIL_BACKWARDS);
	ring->tail_seen = tail;
	return 0;
}

/* The two words of a record header that decide its span, loaded once: the peer may change them right after. */
struct extent {
	uint32_t length;
	uint16_t type;
	uint64_t span;
};

/* NK_FAULT_NONE: a record lies at `position`, and ends before `end` and inside the ring. */
static enum nk_fault look_at_record(const uint8_t *data, uint64_t capacity, uint64_t position, uint64_t end,
				    struct extent *extent)
{
	uint64_t place = position & (capacity - 1);
	uint64_t word = __atomic_load_n((const uint64_t *)(data + place), __ATOMIC_RELAXED);
	uint32_t length = (uint32_t)word;

	extent->length = length;
	extent->type = (uint16_t)(word >> 32);
	if (extent->type == NK_RECORD_PADDING) {
		if (length < NK_RECORD_ALIGNMENT || (length & POSITION_MASK))
			return NK_FAULT_PADDING_MALFORMED;
		extent->span = length;
	} else if (extent->type == NK_RECORD_ETHERNET || extent->type == NK_RECORD_MESSAGE) {
		if (length < 1 || length > NK_MAX_PAYLOAD)
			return NK_FAULT_LENGTH_OUT_OF_BOUNDS;
		extent->span = nk_record_span(length);
	} else {
		return NK_FAULT_TYPE_UNKNOWN;
	}
	if (extent->span > end - position)
		return NK_FAULT_SPAN_BEYOND_TAIL;
	return extent->span > capacity - place ? NK_FAULT_SPAN_BEYOND_RING_END : NK_FAULT_NONE;
}

int nk_ring_poll(struct nk_ring_consumer *ring, struct nk_message *message)
{
	if (ring->fault)
		return -EPROTO;

	for (int skipped = 0; !ring->span && skipped < PADDINGS_PER_POLL; skipped++) {
		const struct nk_record *record;
		struct extent extent;
		enum nk_fault fault;

		if (ring->tail_seen == ring->head) {
			int error = look_at_tail(ring);

			if (error)
				return error;
			if (ring->tail_seen == ring->head)
				return 0;
		}
		fault = look_at_record(ring->data, ring->capacity, ring->head, ring->tail_seen, &extent);
		if (fault)
			return consumer_fault(ring, fault);
		if (extent.type == NK_RECORD_PADDING) {
			ring->head += extent.span;
			ring->paddings++;
			continue;
		}
		record = (const struct nk_record *)(ring->data + (ring->head & (ring->capacity - 1)));
		ring->span = extent.span;
		ring->polled = (struct nk_message){
			.vnet_hdr = record->vnet_hdr,
			.payload = record->payload,
			.length = extent.length,
			.type = extent.type,
			.sequence = __atomic_load_n(&record->sequence, __ATOMIC_RELAXED),
			.enqueued_at = __atomic_load_n(&record->enqueued_at, __ATOMIC_RELAXED),
		};
	}
	if (!ring->span)
		return 0;
	*message = ring->polled;
	return 1;
}

void nk_ring_advance(struct nk_ring_consumer *ring)
{
	if (!ring->span)
		return;
	if (ring->sequence_known && ring->polled.sequence != ring->expected_sequence)
		ring->gaps++;
	ring->expected_sequence = ring->polled.sequence + 1;
	ring->sequence_known = true;
	ring->head += ring->span;
	ring->span = 0;
}

void nk_ring_release(struct nk_ring_consumer *ring)
{
	if (ring->fault || ring->released == ring->head)
		return;
	ring->released = ring->head;
	/* Release: partner is the acquire load in look_at_head(); our reads of the bytes are done before it. */
	store_release(&ring->own->head, ring->head);
}

bool nk_ring_needs_space_doorbell(struct nk_ring_consumer *ring)
{
	uint64_t old_head = ring->looked_at;

	if (old_head == ring->released || ring->fault)
		return false;
	ring->looked_at = ring->released;
	/*
	 * Full fence between our store of head and our load of space_wake_at; partner is the one in
	 * nk_ring_ask_for_space().
	 */
	atomic_thread_fence(memory_order_seq_cst);

	uint64_t wanted = load_from_peer(&ring->peer->space_wake_at, ring->peer, ring->epoch, &ring->joined);

	if (ring->joined && __atomic_load_n(&ring->peer->times_wanted, __ATOMIC_RELAXED)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		__atomic_store_n(&ring->own->taken_at, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
				 __ATOMIC_RELAXED);
		/* Release: partner is the acquire load of the producer's next look. */
		store_release(&ring->own->taken, ring->released);
	}
	return passed(wanted, old_head, ring->released);
}

int nk_ring_ask_for_wake(struct nk_ring_consumer *ring)
{
	if (ring->fault)
		return -EPROTO;
	nk_ring_release(ring);
	if (ring->tail_seen != ring->head)
		return 1;
	store_release(&ring->own->wake_at, ring->head);
	/*
	 * Full fence between our store of wake_at and our load of tail; partner is the one in
	 * nk_ring_needs_doorbell().
	 */
	atomic_thread_fence(memory_order_seq_cst);

	int error = look_at_tail(ring);

	if (error)
		return error;
	return ring->tail_seen != ring->head;
}

static uint64_t count_records(const uint8_t *data, uint64_t capacity, uint64_t position, uint64_t end)
{
	uint64_t count = 0;

	while (position != end) {
		struct extent extent;

		if (look_at_record(data, capacity, position, end, &extent))
			return count + 1;
		count += extent.type != NK_RECORD_PADDING;
		position += extent.span;
	}
	return count;
}

uint64_t nk_ring_undelivered(struct nk_ring_producer *ring)
{
	if (ring->fault || look_at_head(ring))
		return 0;
	return count_records(ring->data, ring->capacity, ring->head_seen, ring->tail);
}

uint64_t nk_ring_unread(struct nk_ring_consumer *ring)
{
	if (ring->fault || look_at_tail(ring))
		return 0;
	return count_records(ring->data, ring->capacity, ring->head, ring->tail_seen);
}
