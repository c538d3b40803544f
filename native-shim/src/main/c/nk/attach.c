// SPDX-License-Identifier: Apache-2.0
/*
 * attach.c - the attach socket, docs/abi.md section 5.
 *
 *	nk_attach, nk_reattach          ATTACHED                SYNCED
 *	DETACHED ------> ATTACHING ------> ATTACHED_PHASE ------>  (same)
 *	    ^                |                   |
 *	    +----------------+-------------------+   REFUSED, end of the connection, a packet that breaks the ABI
 *
 * A packet's descriptors are closed unless somebody took them. Losing the socket changes no channel: frames go on
 * through shared memory.
 *
 * Events are handed out one by one, so that the caller can take a channel's doorbell out of its epoll set before it
 * is closed. A packet that replaces an open channel is therefore held until PEER_GONE was reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attachment.h"

#define DEFAULT_TIMEOUT_MS 5000

static void disconnect(struct nk *nk)
{
	if (nk->socket >= 0)
		close(nk->socket);
	nk->socket = -1;
	nk->phase = NK_DETACHED;
	if (nk->holding)
		nk_packet_drop(&nk->held);
	nk->holding = false;
}

static int read_token(const char *path, uint8_t token[NK_TOKEN_LENGTH])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint8_t surplus;
	ssize_t count;
	int error = 0;

	if (fd < 0)
		return -errno;
	count = read(fd, token, NK_TOKEN_LENGTH);
	if (count < 0)
		error = -errno;
	else if (count != NK_TOKEN_LENGTH || read(fd, &surplus, 1) != 0)
		error = -EBADMSG;
	close(fd);
	return error;
}

int nk_dial(const struct nk_options *options, uint16_t type)
{
	struct nk_attach_request request = {
		.header = nk_packet_header(type, sizeof(request)),
	};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t name_length = strlen(options->os_name);
	int fd, error;

	if (name_length >= sizeof(request.name) || strlen(options->socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(request.name, options->os_name, name_length);
	strcpy(address.sun_path, options->socket_path);
	error = read_token(options->token_path, request.token);
	if (error)
		return error;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = -errno;
	else
		error = nk_packet_send(fd, &request, sizeof(request));
	explicit_bzero(request.token, sizeof(request.token));
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

/* Connects and asks; the answer comes through nk_dispatch(). */
static int begin(struct nk *nk)
{
	int fd = nk_dial(&nk->options, NK_ATTACH);

	if (fd < 0)
		return fd;
	nk->socket = fd;
	nk->phase = NK_ATTACHING;
	return 0;
}

static int lost(struct nk *nk, struct nk_event *event, int error)
{
	disconnect(nk);
	event->type = NK_EVENT_LOST;
	event->error = error;
	return event->type;
}

static int take_refused(struct nk *nk, const struct nk_packet *packet, struct nk_event *event)
{
	event->refusal.error = packet->refused.error;
	memcpy(event->refusal.text, packet->refused.text, sizeof(event->refusal.text));
	event->refusal.text[sizeof(event->refusal.text) - 1] = '\0';
	return lost(nk, event, -ECONNREFUSED);
}

/* True if the memory that is mapped already is the one that the nanokernel has just sent. */
static bool same_incarnation(const struct nk *nk, const struct nk_management *management,
			     const struct nk_attached *attached)
{
	return nk->management && nk->os_id == attached->os_id && nk->epoch == attached->epoch &&
	       nk->region_length == attached->region_length &&
	       !memcmp(nk->management->header.boot_id, management->header.boot_id, sizeof(management->header.boot_id));
}

static int map_own(const struct nk_packet *packet, struct nk_os_region **region)
{
	const struct nk_attached *attached = &packet->attached;
	void *address;
	int error = nk_region_map(packet->fds[1], attached->region_length, true, 0, &address);

	if (error)
		return error;
	error = nk_region_check_os(address, attached->region_length, attached->os_id, attached->epoch);
	if (error) {
		nk_region_unmap(address, attached->region_length);
		return error;
	}
	*region = address;
	return 0;
}

static int take_attached(struct nk *nk, const struct nk_packet *packet)
{
	const struct nk_attached *attached = &packet->attached;
	struct nk_os_region *region = NULL;
	void *address;
	int error;

	if (attached->management_length != NK_MANAGEMENT_LENGTH || attached->os_id >= NK_MAX_OS ||
	    attached->region_length < NK_RINGS_OFFSET)
		return -EPROTO;
	error = nk_region_map(packet->fds[0], NK_MANAGEMENT_LENGTH, false, NK_MANAGEMENT_ADDRESS, &address);
	if (error)
		return error;
	error = nk_region_check_management(address);
	if (!error && same_incarnation(nk, address, attached)) {
		nk_region_unmap(address, NK_MANAGEMENT_LENGTH);
		return 0;
	}
	if (!error)
		error = map_own(packet, &region);
	if (error) {
		nk_region_unmap(address, NK_MANAGEMENT_LENGTH);
		return error;
	}

	for (uint32_t id = 0; id < NK_MAX_OS; id++)
		nk_channel_close(&nk->channels[id]);
	nk_region_unmap(nk->management, NK_MANAGEMENT_LENGTH);
	nk_region_unmap(nk->region, nk->region_length);
	nk->management = address;
	nk->region = region;
	nk->region_length = attached->region_length;
	nk->os_id = attached->os_id;
	nk->epoch = attached->epoch;
	return 0;
}

static int take_peer(struct nk *nk, struct nk_packet *packet, struct nk_event *event)
{
	uint32_t id = packet->peer.peer_id;
	struct nk_channel *channel;
	int error;

	if (id >= NK_MAX_OS || id == nk->os_id)
		return lost(nk, event, -EPROTO);
	channel = &nk->channels[id];
	if (channel->state != NK_CHANNEL_CLOSED && channel->peer_epoch == packet->peer.peer_epoch) {
		/* The same memory and doorbells once more, or a quarantine that this epoch cannot end. */
		channel->confirmed = true;
		return NK_EVENT_NONE;
	}
	event->channel = channel;
	error = nk_channel_open(channel, packet);
	event->type = error ? NK_EVENT_PEER_REFUSED : NK_EVENT_PEER;
	event->error = error;
	return event->type;
}

static void take_peer_gone(struct nk *nk, const struct nk_packet *packet)
{
	uint32_t id = packet->peer_gone.peer_id;

	if (id < NK_MAX_OS && nk->channels[id].peer_epoch == packet->peer_gone.peer_epoch)
		nk_channel_close(&nk->channels[id]);
}

/* Peers that went away while we were detached are not reported: they are those that were not confirmed. */
static void sweep(struct nk *nk)
{
	for (uint32_t id = 0; id < NK_MAX_OS; id++) {
		if (!nk->channels[id].confirmed)
			nk_channel_close(&nk->channels[id]);
	}
}

/* NK_EVENT_NONE: the packet made no event of its own. */
static int take_packet(struct nk *nk, struct nk_packet *packet, struct nk_event *event)
{
	uint16_t type = packet->header.type;
	int error;

	if (type == NK_REFUSED)
		return take_refused(nk, packet, event);
	if ((type == NK_ATTACHED) != (nk->phase == NK_ATTACHING))
		return lost(nk, event, -EPROTO);
	switch (type) {
	case NK_ATTACHED:
		error = take_attached(nk, packet);
		if (error)
			return lost(nk, event, error);
		for (uint32_t id = 0; id < NK_MAX_OS; id++)
			nk->channels[id].confirmed = false;
		nk->phase = NK_ATTACHED_PHASE;
		return event->type = NK_EVENT_ATTACHED;
	case NK_PEER:
		return take_peer(nk, packet, event);
	case NK_PEER_GONE:
		take_peer_gone(nk, packet);
		return NK_EVENT_NONE;
	case NK_SYNCED:
		sweep(nk);
		return event->type = NK_EVENT_SYNCED;
	default:
		return lost(nk, event, -EPROTO);
	}
}

/* Frees what was reported gone before, and reports the next. */
static bool report_gone(struct nk *nk, struct nk_event *event)
{
	for (uint32_t id = 0; id < NK_MAX_OS; id++) {
		if (nk->channels[id].reported_gone)
			nk_channel_free(&nk->channels[id]);
	}
	for (uint32_t id = 0; id < NK_MAX_OS; id++) {
		struct nk_channel *channel = &nk->channels[id];

		if (!channel->going)
			continue;
		channel->going = false;
		channel->reported_gone = true;
		event->type = NK_EVENT_PEER_GONE;
		event->channel = channel;
		return true;
	}
	return false;
}

/* True if the packet opens a channel that must first be reported gone. */
static bool must_wait(struct nk *nk, const struct nk_packet *packet)
{
	struct nk_channel *channel = nk_channel(nk, packet->peer.peer_id);

	if (packet->header.type != NK_PEER || !channel || channel->state == NK_CHANNEL_CLOSED ||
	    channel->peer_epoch == packet->peer.peer_epoch)
		return false;
	nk_channel_close(channel);
	return true;
}

int nk_dispatch(struct nk *nk, struct nk_event *event)
{
	*event = (struct nk_event){.type = NK_EVENT_NONE};
	for (;;) {
		struct nk_packet packet;
		int result;

		if (report_gone(nk, event))
			return event->type;
		if (nk->socket < 0)
			return NK_EVENT_NONE;
		if (nk->holding) {
			packet = nk->held;
			nk->holding = false;
		} else {
			int error = nk_packet_receive(nk->socket, &packet);

			if (error == -EAGAIN)
				return NK_EVENT_NONE;
			if (error)
				return lost(nk, event, error);
			if (must_wait(nk, &packet)) {
				nk->held = packet;
				nk->holding = true;
				continue;
			}
		}
		result = take_packet(nk, &packet, event);
		nk_packet_drop(&packet);
		if (result != NK_EVENT_NONE)
			return result;
	}
}

static int await_answer(struct nk *nk, struct nk_refusal *refusal)
{
	uint64_t deadline = nk_now() + (uint64_t)nk->options.timeout_ms * 1000000;
	struct nk_event event;

	for (;;) {
		uint64_t now = nk_now();
		struct pollfd poll_fd = {.fd = nk->socket, .events = POLLIN};

		switch (nk_dispatch(nk, &event)) {
		case NK_EVENT_ATTACHED:
			return 0;
		case NK_EVENT_LOST:
			if (refusal)
				*refusal = event.refusal;
			return event.error;
		default:
			break;
		}
		if (now >= deadline)
			return -ETIMEDOUT;
		poll(&poll_fd, 1, (int)((deadline - now) / 1000000) + 1);
	}
}

int nk_attach(const struct nk_options *options, struct nk **attached, struct nk_refusal *refusal)
{
	struct nk *nk = calloc(1, sizeof(*nk));
	int error = -ENOMEM;

	if (refusal)
		*refusal = (struct nk_refusal){0};
	if (!nk)
		return -ENOMEM;
	nk->socket = -1;
	nk->options.timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	for (uint32_t id = 0; id < NK_MAX_OS; id++)
		nk_channel_init(&nk->channels[id], nk, id);
	nk->options.socket_path = strdup(options->socket_path);
	nk->options.os_name = strdup(options->os_name);
	nk->options.token_path = strdup(options->token_path);
	if (nk->options.socket_path && nk->options.os_name && nk->options.token_path)
		error = begin(nk);
	if (!error)
		error = await_answer(nk, refusal);
	if (error) {
		nk_detach(nk);
		return error;
	}
	*attached = nk;
	return 0;
}

int nk_reattach(struct nk *nk)
{
	if (nk->socket >= 0)
		return -EALREADY;
	return begin(nk);
}

void nk_detach(struct nk *nk)
{
	if (!nk)
		return;
	disconnect(nk);
	for (uint32_t id = 0; id < NK_MAX_OS; id++)
		nk_channel_free(&nk->channels[id]);
	nk_region_unmap(nk->management, NK_MANAGEMENT_LENGTH);
	nk_region_unmap(nk->region, nk->region_length);
	free((char *)nk->options.socket_path);
	free((char *)nk->options.os_name);
	free((char *)nk->options.token_path);
	free(nk);
}

int nk_fd(const struct nk *nk)
{
	return nk->socket;
}

int nk_ready(struct nk *nk)
{
	const struct nk_attach_header ready = nk_packet_header(NK_READY, sizeof(ready));

	return nk_packet_send(nk->socket, &ready, sizeof(ready));
}

static int report(struct nk *nk, const struct nk_channel *channel, uint16_t type)
{
	const struct nk_peer_gone report = {
		.header = nk_packet_header(type, sizeof(report)),
		.peer_id = channel->peer_id,
		.peer_epoch = channel->peer_epoch,
	};

	return nk_packet_send(nk->socket, &report, sizeof(report));
}

int nk_report_silent(struct nk *nk, const struct nk_channel *channel)
{
	return report(nk, channel, NK_SILENT);
}

int nk_report_lied(struct nk *nk, const struct nk_channel *channel)
{
	return report(nk, channel, NK_LIED);
}
