// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c - the ring pair and the doorbells of one peer, and its states (docs/abi.md section 4.5).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attachment.h"

/* The alignment that the directory promises for data_offset. */
#define RING_ALIGNMENT 4096u

void nk_channel_init(struct nk_channel *channel, struct nk *nk, uint32_t peer_id)
{
	*channel = (struct nk_channel){.nk = nk, .peer_id = peer_id, .wait_fd = -1, .ring_fd = -1};
}

/* Where the directory says that the ring lies; -EPROTO if it does not fit into the producer's region. */
static int find_ring(const struct nk *nk, uint32_t producer, uint32_t consumer, uint64_t region_length,
		     uint64_t *offset, uint64_t *capacity)
{
	const struct nk_ring_entry *entry = &nk->management->ring[producer][consumer];

	if (__atomic_load_n(&entry->state, __ATOMIC_ACQUIRE) != NK_RING_OPEN)
		return -ENXIO;
	*offset = __atomic_load_n(&entry->data_offset, __ATOMIC_RELAXED);
	*capacity = __atomic_load_n(&entry->capacity, __ATOMIC_RELAXED);
	if (entry->producer != producer || entry->consumer != consumer || *offset % RING_ALIGNMENT ||
	    *offset < NK_RINGS_OFFSET || *offset > region_length || *capacity > region_length - *offset)
		return -EPROTO;
	return 0;
}

static void ring_doorbell(struct nk_channel *channel)
{
	static const uint64_t one = 1;

	/* A counter that is full (EAGAIN) was filled by the peer itself: its loss. */
	if (write(channel->ring_fd, &one, sizeof(one)) == sizeof(one))
		channel->counters.doorbells_sent++;
}

int nk_channel_open(struct nk_channel *channel, struct nk_packet *packet)
{
	struct nk *nk = channel->nk;
	uint32_t peer_id = channel->peer_id;
	uint32_t peer_epoch = packet->peer.peer_epoch;
	uint64_t region_length = packet->peer.region_length;
	uint64_t send_offset, send_capacity, receive_offset, receive_capacity;
	const struct nk_os_entry *entry = &nk->management->os[peer_id];
	struct nk_cursors *own_cursors;
	const struct nk_cursors *peer_cursors;
	const struct nk_os_region *region;
	void *address;
	int error;

	/* A peer that went on to its next epoch meanwhile will be reported again. */
	if (__atomic_load_n(&entry->epoch, __ATOMIC_ACQUIRE) > peer_epoch)
		return -ESTALE;
	error = find_ring(nk, nk->os_id, peer_id, nk->region_length, &send_offset, &send_capacity);
	if (!error)
		error = find_ring(nk, peer_id, nk->os_id, region_length, &receive_offset, &receive_capacity);
	if (!error && region_length < NK_RINGS_OFFSET)
		error = -EPROTO;
	if (!error)
		error = nk_region_map(packet->fds[0], region_length, false, 0, &address);
	if (error)
		return error;

	region = address;
	own_cursors = &nk->region->cursors[peer_id];
	peer_cursors = &region->cursors[nk->os_id];
	error = nk_region_check_os(region, region_length, peer_id, peer_epoch);
	if (!error) {
		nk_cursors_join(own_cursors, peer_epoch);
		error = nk_ring_producer_init(&channel->producer, (uint8_t *)nk->region + send_offset, send_capacity,
					      own_cursors, peer_cursors, nk->epoch);
	}
	if (!error)
		error = nk_ring_consumer_init(&channel->consumer, (const uint8_t *)region + receive_offset,
					      receive_capacity, own_cursors, peer_cursors, nk->epoch);
	if (error) {
		nk_region_unmap(region, region_length);
		return error;
	}

	close(packet->fds[0]);
	channel->wait_fd = packet->fds[1];
	channel->ring_fd = packet->fds[2];
	packet->fd_count = 0;
	channel->region = region;
	channel->region_length = region_length;
	channel->peer_epoch = peer_epoch;
	memcpy(channel->peer_name, entry->name, sizeof(channel->peer_name));
	channel->peer_name[sizeof(channel->peer_name) - 1] = '\0';
	channel->fault = NK_FAULT_NONE;
	channel->confirmed = true;
	channel->state = NK_CHANNEL_OPEN;
	/* The endpoint before this one may have died between a store and the doorbell for it. */
	ring_doorbell(channel);
	return 0;
}

void nk_channel_close(struct nk_channel *channel)
{
	if (channel->state == NK_CHANNEL_CLOSED)
		return;
	channel->counters.undelivered += nk_ring_undelivered(&channel->producer);
	channel->counters.unread += nk_ring_unread(&channel->consumer);
	nk_channel_counters(channel, &channel->counters);
	channel->consumer.gaps = 0;
	channel->consumer.paddings = 0;
	channel->state = NK_CHANNEL_CLOSED;
	channel->going = true;
}

void nk_channel_free(struct nk_channel *channel)
{
	nk_region_unmap(channel->region, channel->region_length);
	channel->region = NULL;
	if (channel->wait_fd >= 0)
		close(channel->wait_fd);
	if (channel->ring_fd >= 0)
		close(channel->ring_fd);
	channel->wait_fd = -1;
	channel->ring_fd = -1;
	channel->going = false;
	channel->reported_gone = false;
}

struct nk_channel *nk_next_channel(struct nk *nk, const struct nk_channel *after)
{
	for (uint32_t id = after ? after->peer_id + 1 : 0; id < NK_MAX_OS; id++) {
		if (nk->channels[id].state != NK_CHANNEL_CLOSED)
			return &nk->channels[id];
	}
	return NULL;
}

struct nk_channel *nk_channel(struct nk *nk, uint32_t peer_id)
{
	return peer_id < NK_MAX_OS ? &nk->channels[peer_id] : NULL;
}

enum nk_channel_state nk_channel_state(const struct nk_channel *channel)
{
	return channel->state;
}

enum nk_fault nk_channel_fault(const struct nk_channel *channel)
{
	return channel->fault;
}

uint32_t nk_peer_id(const struct nk_channel *channel)
{
	return channel->peer_id;
}

uint32_t nk_peer_epoch(const struct nk_channel *channel)
{
	return channel->peer_epoch;
}

const char *nk_peer_name(const struct nk_channel *channel)
{
	return channel->peer_name;
}

int nk_wait_fd(const struct nk_channel *channel)
{
	return channel->wait_fd;
}

void nk_channel_counters(const struct nk_channel *channel, struct nk_channel_counters *counters)
{
	*counters = channel->counters;
	counters->sequence_gaps += channel->consumer.gaps;
	counters->paddings += channel->consumer.paddings;
}

void nk_quarantine(struct nk_channel *channel, enum nk_fault fault)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return;
	channel->state = NK_CHANNEL_QUARANTINED;
	channel->fault = fault;
	channel->counters.quarantined[fault]++;
}

static int unusable(const struct nk_channel *channel)
{
	return channel->state == NK_CHANNEL_QUARANTINED ? -EPROTO : -ENOTCONN;
}

/* What a ring function returned; its -EPROTO is the end of the channel. */
static int settle(struct nk_channel *channel, int result)
{
	if (result == -EPROTO)
		nk_quarantine(channel, channel->producer.fault ? channel->producer.fault : channel->consumer.fault);
	return result;
}

int nk_claim(struct nk_channel *channel, uint32_t max_length, struct nk_record **record)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);

	int result = nk_ring_claim(&channel->producer, max_length, record);

	if (result == -EAGAIN)
		channel->counters.ring_full++;
	return settle(channel, result);
}

uint64_t nk_room(const struct nk_channel *channel)
{
	return channel->state == NK_CHANNEL_OPEN ? nk_ring_room(&channel->producer) : 0;
}

int nk_publish(struct nk_channel *channel, uint16_t type, uint32_t length, uint64_t enqueued_at)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);

	int result = nk_ring_publish(&channel->producer, type, length, enqueued_at);

	if (!result) {
		channel->counters.records_sent++;
		channel->counters.bytes_sent += length;
	}
	return result;
}

void nk_cancel(struct nk_channel *channel)
{
	nk_ring_cancel(&channel->producer);
}

int nk_doorbell(struct nk_channel *channel)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);

	/* Both looks happen always: each remembers how far it has looked. */
	bool for_record = nk_ring_needs_doorbell(&channel->producer);
	bool for_space = nk_ring_needs_space_doorbell(&channel->consumer);

	if (!for_record && !for_space)
		return 0;
	ring_doorbell(channel);
	return 1;
}

int nk_ask_for_space(struct nk_channel *channel)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);
	return settle(channel, nk_ring_ask_for_space(&channel->producer));
}

int nk_poll(struct nk_channel *channel, struct nk_message *message)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);
	return settle(channel, nk_ring_poll(&channel->consumer, message));
}

void nk_advance(struct nk_channel *channel)
{
	if (channel->state != NK_CHANNEL_OPEN || !channel->consumer.span)
		return;
	channel->counters.records_received++;
	channel->counters.bytes_received += channel->consumer.polled.length;
	nk_ring_advance(&channel->consumer);
}

void nk_release(struct nk_channel *channel)
{
	if (channel->state == NK_CHANNEL_OPEN)
		nk_ring_release(&channel->consumer);
}

int nk_ask_for_wake(struct nk_channel *channel)
{
	if (channel->state != NK_CHANNEL_OPEN)
		return unusable(channel);
	return settle(channel, nk_ring_ask_for_wake(&channel->consumer));
}

uint64_t nk_undelivered(struct nk_channel *channel)
{
	return channel->state == NK_CHANNEL_OPEN ? nk_ring_undelivered(&channel->producer) : 0;
}
