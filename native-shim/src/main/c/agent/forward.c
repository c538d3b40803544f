// SPDX-License-Identifier: Apache-2.0
/*
 * forward.c - the way of a frame between the TAP and the rings.
 *
 * TAP to ring. A frame is read from the TAP straight into the next record of the channel to which the last frame
 * went. Most frames follow their predecessor, so most are never copied; one that turns out to be for another
 * channel is copied to that ring, and the record that it lies in is simply not published.
 *
 * Ring to TAP. One write takes header and frame out of the ring.
 *
 * What came from a channel goes to the TAP only (split horizon), so the full mesh of channels has no loops.
 *
 * A full ring. The TAP is one queue for all peers, and TCP slows down best when that queue is not read: so reading
 * stops until the peer makes room, but not for longer than a bound, because the other peers wait as well. After
 * that, frames for this one peer are dropped until there is room for the largest record again.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "frame.h"

/* Records after which the producer gets its bytes back and, if it waits for them, its doorbell. */
#define RELEASE_INTERVAL 8

#define READ_LENGTH (NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD)

static void drop(struct agent *agent, enum direction direction, enum drop why)
{
	agent->counters.traffic[direction].dropped[why]++;
}

void refresh_channels(struct agent *agent)
{
	agent->open_count = 0;
	for (struct nk_channel *c = nk_next_channel(agent->nk, NULL); c; c = nk_next_channel(agent->nk, c)) {
		if (nk_channel_state(c) == NK_CHANNEL_OPEN)
			agent->open[agent->open_count++] = c;
	}
	agent->open_changed = false;
	if (!agent->predicted && agent->open_count)
		agent->predicted = agent->open[0];
}

static struct link *link_of(struct agent *agent, const struct nk_channel *channel)
{
	return &agent->links[nk_peer_id(channel)];
}

static void end_stall(struct agent *agent)
{
	agent->blocked = NULL;
	agent->pending_length = 0;
}

void forget_channel(struct agent *agent, struct nk_channel *channel)
{
	macs_forget_peer(&agent->macs, nk_peer_id(channel));
	link_of(agent, channel)->dropping = false;
	if (agent->predicted == channel)
		agent->predicted = NULL;
	if (agent->blocked == channel) {
		if (agent->pending_length)
			drop(agent, TAP_TO_CHANNELS, DROP_CHANNEL_CLOSED);
		end_stall(agent);
	}
	agent->open_changed = true;
}

/* A claim said that the ring is full. `pending`: the frame in agent->pending is for it. */
static void stall(struct agent *agent, struct nk_channel *channel, uint32_t pending_length)
{
	agent->blocked = channel;
	agent->blocked_until = nk_now() + agent->options.full_wait_ns;
	agent->pending_length = pending_length;
	agent->counters.stalls++;
}

/* Copies a frame to the end of a ring. 0, or the error of the claim. */
static int copy_to(struct nk_channel *channel, const uint8_t *vnet_hdr, uint32_t length, uint64_t now)
{
	struct nk_record *record;
	int error = nk_claim(channel, length, &record);

	if (error)
		return error;
	memcpy(nk_record_frame(record), vnet_hdr, NK_VNET_HDR_LENGTH + length);
	return nk_publish(channel, NK_RECORD_ETHERNET, length, now);
}

/* True if the TAP may be read. */
static bool end_of_stall(struct agent *agent)
{
	struct nk_channel *channel = agent->blocked;
	uint32_t length = agent->pending_length;
	struct nk_record *record;
	int result;

	do {
		if (length)
			result = copy_to(channel, agent->pending, length, nk_now());
		else
			result = nk_claim(channel, NK_MAX_PAYLOAD, &record);
		if (!result) {
			agent->counters.traffic[TAP_TO_CHANNELS].forwarded += length != 0;
			end_stall(agent);
			return true;
		}
		if (result != -EAGAIN) {
			forget_channel(agent, channel);
			return true;
		}
		if (nk_now() >= agent->blocked_until) {
			link_of(agent, channel)->dropping = true;
			if (length)
				drop(agent, TAP_TO_CHANNELS, DROP_RING_FULL);
			end_stall(agent);
			return true;
		}
		result = nk_ask_for_space(channel);
	} while (result == 0);
	return result < 0;
}

/* Whether a peer that was too slow has made room for the largest record again. */
static bool still_dropping(struct agent *agent, struct nk_channel *channel)
{
	struct link *link = link_of(agent, channel);
	struct nk_record *record;

	if (link->dropping && nk_claim(channel, NK_MAX_PAYLOAD, &record) == 0) {
		nk_cancel(channel);
		link->dropping = false;
	}
	return link->dropping;
}

/*
 * Sends a frame to one channel. `claimed`: the frame lies in the record that is claimed in this channel's ring
 * already.
 */
static void send_to(struct agent *agent, struct nk_channel *channel, bool claimed, const uint8_t *vnet_hdr,
		    uint32_t length, uint64_t now)
{
	int error;

	if (claimed) {
		error = nk_publish(channel, NK_RECORD_ETHERNET, length, now);
	} else if (still_dropping(agent, channel)) {
		drop(agent, TAP_TO_CHANNELS, DROP_RING_FULL);
		return;
	} else {
		error = copy_to(channel, vnet_hdr, length, now);
	}
	if (!error) {
		agent->counters.traffic[TAP_TO_CHANNELS].forwarded++;
	} else if (error == -EAGAIN) {
		/* The claim that the frame may lie in ends with the next one: keep a copy while it waits. */
		if (vnet_hdr != agent->pending)
			memcpy(agent->pending, vnet_hdr, NK_VNET_HDR_LENGTH + length);
		stall(agent, channel, length);
	} else {
		drop(agent, TAP_TO_CHANNELS, DROP_CHANNEL_CLOSED);
		forget_channel(agent, channel);
	}
}

/* A flooded frame waits for nobody: whose ring is full does without it. */
static void flood(struct agent *agent, struct nk_channel *claimed, const uint8_t *vnet_hdr, uint32_t length,
		  uint64_t now)
{
	uint32_t sent = 0, full = 0;

	/* The claimed record goes first; its bytes stay ours to copy from until the next claim in that ring. */
	if (claimed && nk_publish(claimed, NK_RECORD_ETHERNET, length, now) == 0)
		sent++;
	for (uint32_t i = 0; i < agent->open_count; i++) {
		struct nk_channel *channel = agent->open[i];
		int error;

		if (channel == claimed)
			continue;
		error = copy_to(channel, vnet_hdr, length, now);
		if (!error)
			sent++;
		else if (error == -EAGAIN)
			full++;
		else
			forget_channel(agent, channel);
	}
	agent->counters.flooded++;
	if (sent) {
		agent->counters.traffic[TAP_TO_CHANNELS].forwarded++;
		agent->counters.flood_skipped += full;
	} else {
		drop(agent, TAP_TO_CHANNELS, full ? DROP_RING_FULL : DROP_CHANNEL_CLOSED);
	}
}

static void route(struct agent *agent, struct nk_channel *claimed, const uint8_t *vnet_hdr, uint32_t length,
		  uint64_t now)
{
	const uint8_t *frame = vnet_hdr + NK_VNET_HDR_LENGTH;
	enum drop why = check_frame(vnet_hdr, frame, length, NK_MAX_PAYLOAD);
	struct nk_channel *channel = NULL;

	if (why == DROP_NOTHING && !agent->open_count)
		why = DROP_NO_PEER;
	if (why != DROP_NOTHING) {
		drop(agent, TAP_TO_CHANNELS, why);
		return;
	}
	macs_seen_locally(&agent->macs, frame + MAC_LENGTH);
	if (agent->open_count == 1) {
		channel = agent->open[0];
	} else if (!is_multicast(frame)) {
		uint32_t peer = macs_find(&agent->macs, frame);

		if (peer != NO_PEER)
			channel = nk_channel(agent->nk, peer);
	}
	if (!channel) {
		flood(agent, claimed, vnet_hdr, length, now);
		return;
	}
	if (claimed && channel != claimed) {
		nk_cancel(claimed);
		agent->counters.wrong_guesses++;
	}
	send_to(agent, channel, channel == claimed, vnet_hdr, length, now);
	agent->predicted = nk_channel_state(channel) == NK_CHANNEL_OPEN ? channel : NULL;
}

int tap_to_channels(struct agent *agent)
{
	struct traffic *traffic = &agent->counters.traffic[TAP_TO_CHANNELS];
	uint64_t now = nk_now();
	int moved = 0;

	while (moved < BATCH_FRAMES && agent->tap_readable) {
		struct nk_channel *claimed = NULL;
		struct nk_record *record;
		uint8_t *buffer = agent->pending;
		ssize_t length;

		if (agent->blocked && !end_of_stall(agent))
			break;
		if (agent->open_changed)
			refresh_channels(agent);
		if (agent->predicted && !link_of(agent, agent->predicted)->dropping) {
			int error = nk_claim(agent->predicted, NK_MAX_PAYLOAD, &record);

			if (error == -EAGAIN) {
				stall(agent, agent->predicted, 0);
				continue;
			}
			if (error) {
				forget_channel(agent, agent->predicted);
				continue;
			}
			claimed = agent->predicted;
			buffer = nk_record_frame(record);
		}

		length = read(agent->tap, buffer, READ_LENGTH);
		if (length < 0) {
			if (claimed)
				nk_cancel(claimed);
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return -errno;
			agent->tap_readable = false;
			break;
		}
		moved++;
		traffic->received++;
		if (length < (ssize_t)NK_VNET_HDR_LENGTH) {
			traffic->dropped[DROP_RUNT]++;
			continue;
		}
		traffic->received_bytes += (uint64_t)length - NK_VNET_HDR_LENGTH;
		route(agent, claimed, buffer, (uint32_t)length - NK_VNET_HDR_LENGTH, now);
	}
	for (uint32_t i = 0; i < agent->open_count; i++)
		nk_doorbell(agent->open[i]);
	return moved;
}

static void write_to_tap(struct agent *agent, struct nk_channel *channel, const struct nk_message *message,
			 uint64_t now)
{
	struct traffic *traffic = &agent->counters.traffic[CHANNELS_TO_TAP];
	uint32_t max_plain = agent->mtu + ETHERNET_HEADER_LENGTH + VLAN_TAGS_LENGTH;
	enum drop why = DROP_NOT_ETHERNET;

	traffic->received++;
	traffic->received_bytes += message->length;
	if (message->type == NK_RECORD_ETHERNET)
		why = check_frame(message->vnet_hdr, message->payload, message->length, max_plain);
	if (why == DROP_NOTHING) {
		uint8_t source[MAC_LENGTH];

		/* The one load of the source: the peer may change it. */
		memcpy(source, message->payload + MAC_LENGTH, MAC_LENGTH);
		macs_learn(&agent->macs, source, nk_peer_id(channel), now);
		/*
		 * EAGAIN does not happen on a TAP without a send buffer limit. A frame that the kernel finds wrong
		 * (EINVAL), or that comes while the interface is down (EIO), will not become right by waiting.
		 */
		if (write(agent->tap, message->vnet_hdr, NK_VNET_HDR_LENGTH + message->length) < 0)
			why = DROP_TAP_REFUSED;
	}
	if (why == DROP_NOTHING)
		traffic->forwarded++;
	else
		traffic->dropped[why]++;
}

static int channel_to_tap(struct agent *agent, struct nk_channel *channel, uint64_t now)
{
	struct nk_message message;
	int moved = 0;
	int result = 0;

	while (moved < BATCH_FRAMES && (result = nk_poll(channel, &message)) == 1) {
		write_to_tap(agent, channel, &message, now);
		nk_advance(channel);
		if (++moved % RELEASE_INTERVAL == 0) {
			nk_release(channel);
			nk_doorbell(channel);
		}
	}
	nk_release(channel);
	nk_doorbell(channel);
	if (result < 0)
		forget_channel(agent, channel);
	return moved;
}

int channels_to_tap(struct agent *agent)
{
	uint64_t now = nk_now();
	int moved = 0;

	for (uint32_t i = 0; i < agent->open_count; i++)
		moved += channel_to_tap(agent, agent->open[i], now);
	return moved;
}
