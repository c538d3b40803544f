// SPDX-License-Identifier: Apache-2.0
/*
 * forward.c - the way of a frame between the TAP and the rings.
 *
 * TAP to ring. A frame is read from the TAP straight into the next record of the channel to which the last frame
 * went. Most frames follow their predecessor, so most are never copied; one that turns out to be for another
 * channel is copied to that ring, and the record that it lies in is simply not published.
 *
 * Datagrams. A UDP sender makes a frame of each datagram, and the peer's kernel would go through its whole receive path
 * for each; joined into one large segment, a run of them costs that path once. So behind a frame that may be continued
 * the next one is read on: either it is appended, and the record grows, or it lies where the next record has its frame,
 * and is the next to be sent. That is done only behind a frame that will be published where it lies, since such a one
 * waits for nobody. Nothing is held back: what the TAP has at once is joined, and no frame stays in a record that is
 * still open when tap_to_channels() returns.
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
#include "frame/coalesce.h"
#include "frame/intake.h"
#include "frame/segment.h"

/* Records after which the producer gets its bytes back and, if it waits for them, its doorbell. */
#define RELEASE_INTERVAL 8

/* A batch from the TAP, and the one of its frames that is on its way. */
struct batch {
	uint32_t budget;		/* frames that may still be read */
	uint64_t now;
	struct nk_channel *claimed;	/* in its ring's claimed record the frame lies; NULL: in agent->pending */
	uint8_t *vnet_hdr;		/* header and frame */
	uint32_t length;		/* of the frame, without the header */
	uint32_t frames;		/* that were read to make this one; more than 1 only in a claimed record */
};

static void drop(struct agent *agent, enum drop why, uint32_t frames)
{
	agent->counters.traffic[TAP_TO_CHANNELS].dropped[why] += frames;
}

struct arrivals all_arrivals(const struct agent *agent)
{
	const struct traffic *in = &agent->counters.traffic[TAP_TO_CHANNELS];

	return (struct arrivals){
		.frames = in->received,
		.bytes = in->received_bytes,
		.answers = agent->counters.traffic[CHANNELS_TO_TAP].forwarded,
	};
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
			drop(agent, DROP_CHANNEL_CLOSED, 1);
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
				drop(agent, DROP_RING_FULL, 1);
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

/* Sends a frame to one channel. */
static void send_to(struct agent *agent, struct nk_channel *channel, const struct batch *in)
{
	int error;

	if (channel == in->claimed) {
		error = nk_publish(channel, NK_RECORD_ETHERNET, in->length, in->now);
	} else if (still_dropping(agent, channel)) {
		drop(agent, DROP_RING_FULL, in->frames);
		return;
	} else {
		error = copy_to(channel, in->vnet_hdr, in->length, in->now);
	}
	if (!error) {
		agent->counters.traffic[TAP_TO_CHANNELS].forwarded += in->frames;
	} else if (error == -EAGAIN) {
		/* The claim that the frame may lie in ends with the next one: keep a copy while it waits. */
		if (in->vnet_hdr != agent->pending)
			memcpy(agent->pending, in->vnet_hdr, NK_VNET_HDR_LENGTH + in->length);
		stall(agent, channel, in->length);
	} else {
		drop(agent, DROP_CHANNEL_CLOSED, in->frames);
		forget_channel(agent, channel);
	}
}

/* A flooded frame waits for nobody: whose ring is full does without it. */
static void flood(struct agent *agent, const struct batch *in)
{
	uint32_t sent = 0, full = 0;

	/* The claimed record goes first; its bytes stay ours to copy from until the next claim in that ring. */
	if (in->claimed && nk_publish(in->claimed, NK_RECORD_ETHERNET, in->length, in->now) == 0)
		sent++;
	for (uint32_t i = 0; i < agent->open_count; i++) {
		struct nk_channel *channel = agent->open[i];
		int error;

		if (channel == in->claimed)
			continue;
		error = copy_to(channel, in->vnet_hdr, in->length, in->now);
		if (!error)
			sent++;
		else if (error == -EAGAIN)
			full++;
		else
			forget_channel(agent, channel);
	}
	agent->counters.flooded++;
	if (sent) {
		agent->counters.traffic[TAP_TO_CHANNELS].forwarded += in->frames;
		agent->counters.flood_skipped += full;
	} else {
		drop(agent, full ? DROP_RING_FULL : DROP_CHANNEL_CLOSED, in->frames);
	}
}

/* Which channel a frame is for, NULL being all of them; or why it goes nowhere. */
static enum drop find_channel(struct agent *agent, const struct batch *in, struct nk_channel **channel)
{
	const uint8_t *frame = in->vnet_hdr + NK_VNET_HDR_LENGTH;
	enum drop why = check_frame(in->vnet_hdr, frame, in->length, NK_MAX_PAYLOAD);

	*channel = NULL;
	if (why != DROP_NOTHING)
		return why;
	if (!agent->open_count)
		return DROP_NO_PEER;
	macs_seen_locally(&agent->macs, frame + MAC_LENGTH);
	if (agent->open_count == 1) {
		*channel = agent->open[0];
	} else if (!is_multicast(frame)) {
		uint32_t peer = macs_find(&agent->macs, frame);

		if (peer != NO_PEER)
			*channel = nk_channel(agent->nk, peer);
	}
	return DROP_NOTHING;
}

/*
 * Where the next frame is to lie: in a record of the ring to which the last one went, or else in agent->pending. False:
 * what was known of the channels changed, begin anew.
 */
static bool find_place(struct agent *agent, struct batch *in)
{
	struct nk_record *record;
	int error;

	in->claimed = NULL;
	in->vnet_hdr = agent->pending;
	if (!agent->predicted || link_of(agent, agent->predicted)->dropping)
		return true;
	error = nk_claim(agent->predicted, NK_MAX_PAYLOAD, &record);
	if (!error) {
		in->claimed = agent->predicted;
		in->vnet_hdr = nk_record_frame(record);
	} else if (error == -EAGAIN) {
		stall(agent, agent->predicted, 0);
	} else {
		forget_channel(agent, agent->predicted);
	}
	return !error;
}

static bool may_read(const struct agent *agent, const struct batch *in)
{
	return in->budget && agent->tap_readable;
}

/* Reads one frame. Its length, 0 if there is not even a vnet_hdr; -EAGAIN: there is none; else the TAP is gone. */
static int read_tap(struct agent *agent, struct batch *in, uint8_t *vnet_hdr)
{
	struct traffic *traffic = &agent->counters.traffic[TAP_TO_CHANNELS];
	int length = nk_intake_read(agent->intake, vnet_hdr);

	if (length < 0) {
		if (length == -EAGAIN)
			agent->tap_readable = false;
		return length;
	}
	length = length > (int)NK_VNET_HDR_LENGTH ? length - (int)NK_VNET_HDR_LENGTH : 0;
	in->budget--;
	traffic->received++;
	traffic->received_bytes += (uint64_t)length;
	return length;
}

/*
 * Reads on behind a frame that will be published where it lies, and appends what continues it. Returns the length of
 * the frame that does not, which lies where the next record has its frame; negative: there is none, as read_tap().
 */
static int read_on(struct agent *agent, struct batch *in)
{
	uint64_t room = nk_room(in->claimed);
	struct nk_coalescer coalescer;
	int next = -EAGAIN;

	nk_coalesce_begin(&coalescer, in->vnet_hdr, NK_VNET_HDR_LENGTH + in->length);
	while (nk_coalesce_is_open(&coalescer) && may_read(agent, in)) {
		uint8_t *behind = in->vnet_hdr + nk_record_span(in->length);

		if (room < nk_record_span(in->length) + nk_record_span(NK_MAX_PAYLOAD))
			break;
		next = read_tap(agent, in, behind);
		if (next < 0 || !nk_coalesce_append(&coalescer, behind, NK_VNET_HDR_LENGTH + (uint32_t)next))
			break;
		next = -EAGAIN;
		in->length = coalescer.length - NK_VNET_HDR_LENGTH;
		in->frames++;
		agent->counters.coalesced++;
	}
	nk_coalesce_end(&coalescer);
	return next;
}

/*
 * Sends the frame of this length at in->vnet_hdr, with what continues it. Returns the length of the frame that was read
 * behind it and is at in->vnet_hdr now; negative: there is none, as read_tap().
 */
static int forward(struct agent *agent, struct batch *in, int length)
{
	struct nk_channel *channel;
	const uint8_t *behind;
	enum drop why;
	int next = -EAGAIN;

	in->length = (uint32_t)length;
	in->frames = 1;
	why = find_channel(agent, in, &channel);
	if (why != DROP_NOTHING) {
		drop(agent, why, 1);
		return -EAGAIN;
	}
	if (!channel) {
		flood(agent, in);
		return -EAGAIN;
	}
	if (channel == in->claimed) {
		next = read_on(agent, in);
	} else if (in->claimed) {
		nk_cancel(in->claimed);
		agent->counters.wrong_guesses++;
	}
	behind = in->vnet_hdr + nk_record_span(in->length);
	send_to(agent, channel, in);
	agent->predicted = nk_channel_state(channel) == NK_CHANNEL_OPEN ? channel : NULL;
	if (next >= 0) {
		/* Room for both was in one piece: it lies in the record claimed now, unless the channel just ended. */
		find_place(agent, in);
		if (in->vnet_hdr != behind)
			memmove(in->vnet_hdr, behind, NK_VNET_HDR_LENGTH + (uint32_t)next);
	}
	return next;
}

int tap_to_channels(struct agent *agent)
{
	struct batch in = {.budget = BATCH_FRAMES, .now = nk_now()};
	int next = -EAGAIN;

	while (next == -EAGAIN && may_read(agent, &in) && (!agent->blocked || end_of_stall(agent))) {
		if (agent->open_changed)
			refresh_channels(agent);
		if (!find_place(agent, &in))
			continue;
		next = read_tap(agent, &in, in.vnet_hdr);
		while (next >= 0)
			next = forward(agent, &in, next);
	}
	for (uint32_t i = 0; i < agent->open_count; i++)
		nk_doorbell(agent->open[i]);
	return next == -EAGAIN ? (int)(BATCH_FRAMES - in.budget) : next;
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
		if (nk_write_to_tap(agent->tap, message->vnet_hdr, NK_VNET_HDR_LENGTH + message->length) < 0)
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
