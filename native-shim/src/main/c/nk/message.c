// SPDX-License-Identifier: Apache-2.0
/*
 * message.c - messages over a connection: a ring each way, docs/abi.md sections 4 and 6.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "program.h"

/* So many messages are given back at once, unless there is none left before. */
#define RELEASE_EVERY 64

static void ring_doorbell(struct nk_connection *connection)
{
	static const uint64_t one = 1;

	/* A counter that is full (EAGAIN) was filled by this end: nobody else has the eventfd. */
	if (write(connection->ring_fd, &one, sizeof(one)) < 0)
		return;
}

void nk_inbox_add(struct nk_connection *connection)
{
	struct nk_inbox *inbox = connection->inbox;

	if (connection->ready)
		return;
	connection->ready = true;
	connection->next_ready = NULL;
	if (inbox->first)
		inbox->last->next_ready = connection;
	else
		inbox->first = connection;
	inbox->last = connection;
}

static struct nk_connection *inbox_take(struct nk_inbox *inbox)
{
	struct nk_connection *connection = inbox->first;

	if (connection) {
		inbox->first = connection->next_ready;
		connection->ready = false;
	}
	return connection;
}

static void inbox_remove(struct nk_connection *connection)
{
	struct nk_inbox *inbox = connection->inbox;
	struct nk_connection *before = NULL;

	if (!connection->ready)
		return;
	for (struct nk_connection *each = inbox->first; each != connection; each = each->next_ready)
		before = each;
	if (before)
		before->next_ready = connection->next_ready;
	else
		inbox->first = connection->next_ready;
	if (inbox->last == connection)
		inbox->last = before;
	connection->ready = false;
}

int nk_connection_open(struct nk_program *program, struct nk_packet *packet, struct nk_connection **opened)
{
	const struct nk_connection_grant *grant = &packet->connection;
	struct nk_connection *connection;
	uint64_t capacity = grant->half_length - NK_RINGS_OFFSET;
	struct nk_cursors *own_cursors;
	const struct nk_cursors *peer_cursors;
	void *own = NULL, *peer = NULL;
	int error;

	if (grant->side > 1 || grant->half_length < NK_RINGS_OFFSET)
		return -EPROTO;
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return -ENOMEM;
	error = nk_region_map(packet->fds[0], grant->half_length, true, 0, &own);
	if (!error)
		error = nk_region_map(packet->fds[1], grant->half_length, false, 0, &peer);
	if (!error)
		error = nk_region_check_os(own, grant->half_length, grant->side, NK_HALF_EPOCH);
	if (!error)
		error = nk_region_check_os(peer, grant->half_length, 1 - grant->side, NK_HALF_EPOCH);
	if (!error) {
		own_cursors = &((struct nk_os_region *)own)->cursors[1 - grant->side];
		peer_cursors = &((const struct nk_os_region *)peer)->cursors[grant->side];
		nk_cursors_join(own_cursors, NK_HALF_EPOCH);
		error = nk_ring_producer_init(&connection->producer, (uint8_t *)own + NK_RINGS_OFFSET, capacity,
					      own_cursors, peer_cursors, NK_HALF_EPOCH);
		if (!error)
			error = nk_ring_consumer_init(&connection->consumer, (const uint8_t *)peer + NK_RINGS_OFFSET,
						      capacity, own_cursors, peer_cursors, NK_HALF_EPOCH);
	}
	if (error) {
		nk_region_unmap(own, grant->half_length);
		nk_region_unmap(peer, grant->half_length);
		free(connection);
		return error;
	}
	connection->program = program;
	connection->id = grant->connection_id;
	connection->peer_os = grant->peer_os_id;
	connection->peer_epoch = grant->peer_epoch;
	connection->peer_program = grant->peer_program_id;
	connection->own = own;
	connection->peer = peer;
	connection->half_length = grant->half_length;
	close(packet->fds[0]);
	close(packet->fds[1]);
	connection->wait_fd = packet->fds[2];
	connection->ring_fd = packet->fds[3];
	packet->fd_count = 0;
	*opened = connection;
	return 0;
}

void nk_connection_free(struct nk_connection *connection)
{
	if (connection->inbox)
		inbox_remove(connection);
	nk_region_unmap(connection->own, connection->half_length);
	nk_region_unmap(connection->peer, connection->half_length);
	epoll_ctl(connection->program->wait_set, EPOLL_CTL_DEL, connection->wait_fd, NULL);
	close(connection->wait_fd);
	close(connection->ring_fd);
	free(connection);
}

uint32_t nk_connection_os(const struct nk_connection *connection)
{
	return connection->peer_os;
}

uint32_t nk_connection_epoch(const struct nk_connection *connection)
{
	return connection->peer_epoch;
}

uint32_t nk_connection_program(const struct nk_connection *connection)
{
	return connection->peer_program;
}

uint32_t nk_connection_closed(const struct nk_connection *connection)
{
	return connection->closed;
}

uint64_t nk_connection_dropped(const struct nk_connection *connection)
{
	return connection->dropped;
}

static void release(struct nk_connection *connection)
{
	if (!connection->unreleased)
		return;
	connection->unreleased = 0;
	nk_ring_release(&connection->consumer);
	if (nk_ring_needs_space_doorbell(&connection->consumer))
		ring_doorbell(connection);
}

/* The message that was polled is not used any more. */
static void done(struct nk_connection *connection)
{
	if (!connection->polled)
		return;
	connection->polled = false;
	nk_ring_advance(&connection->consumer);
	if (++connection->unreleased >= RELEASE_EVERY)
		release(connection);
}

void nk_connection_end(struct nk_connection *connection, uint32_t reason)
{
	connection->closed = reason;
	if (reason == NK_CLOSED_EPOCH_ENDED) {
		done(connection);
		connection->dropped += nk_ring_unread(&connection->consumer);
		inbox_remove(connection);
	} else {
		nk_inbox_add(connection);
	}
}

/* Why nothing can be sent; 0: something can. */
static int unusable(const struct nk_connection *connection)
{
	if (connection->producer.fault || connection->consumer.fault)
		return -EPROTO;
	return connection->closed ? -EPIPE : 0;
}

static int put(struct nk_connection *connection, const void *data, uint32_t length, struct nk_message_header header,
	       int timeout_ms)
{
	uint64_t deadline = nk_deadline(timeout_ms);
	struct nk_record *record;
	int result;

	if (length < 1 || length > NK_MAX_MESSAGE)
		return -EMSGSIZE;
	for (;;) {
		int left;

		result = unusable(connection);
		if (!result)
			result = nk_ring_claim(&connection->producer, length, &record);
		if (result != -EAGAIN)
			break;
		left = nk_time_left(deadline);
		if (!left)
			return timeout_ms ? -ETIMEDOUT : -EAGAIN;
		result = nk_ring_ask_for_space(&connection->producer);
		if (result == 1)
			result = nk_await(connection->program, left);
		if (result < 0)
			break;
	}
	if (result)
		return result;
	memcpy(record->vnet_hdr, &header, sizeof(header));
	memcpy(record->payload, data, length);
	return nk_ring_publish(&connection->producer, NK_RECORD_MESSAGE, length, nk_now());
}

void nk_flush(struct nk_connection *connection)
{
	if (nk_ring_needs_doorbell(&connection->producer))
		ring_doorbell(connection);
}

static int put_and_flush(struct nk_connection *connection, const void *data, uint32_t length,
			 struct nk_message_header header, int timeout_ms)
{
	int result = put(connection, data, length, header, timeout_ms);

	/* Also if it failed: what was offered before may be what the other end waits for. */
	nk_flush(connection);
	return result;
}

int nk_send(struct nk_connection *connection, const void *data, uint32_t length, int timeout_ms)
{
	return put_and_flush(connection, data, length, (struct nk_message_header){.kind = NK_MESSAGE_PLAIN},
			     timeout_ms);
}

int nk_offer(struct nk_connection *connection, const void *data, uint32_t length)
{
	return put(connection, data, length, (struct nk_message_header){.kind = NK_MESSAGE_PLAIN}, 0);
}

int nk_reply(const struct nk_received *request, const void *data, uint32_t length, int timeout_ms)
{
	if (request->kind != NK_MESSAGE_REQUEST)
		return -EINVAL;
	return put_and_flush(request->from, data, length,
			     (struct nk_message_header){.tag = request->tag, .kind = NK_MESSAGE_REPLY}, timeout_ms);
}

/* 1: there is a message; 0: none, and it has asked to be rung for the next; -EPROTO. */
static int poll_connection(struct nk_connection *connection, struct nk_received *message)
{
	struct nk_message polled;
	struct nk_message_header header;
	int result;

	done(connection);
	if (connection->closed == NK_CLOSED_EPOCH_ENDED)
		return 0;
	do {
		result = nk_ring_poll(&connection->consumer, &polled);
		if (!result) {
			release(connection);
			result = nk_ring_ask_for_wake(&connection->consumer);
			if (!result)
				return 0;
			/* Something came meanwhile. */
			result = result < 0 ? result : 0;
		}
	} while (!result);
	if (result < 0)
		return result;
	/* What else a ring may carry is no message: the other end lies. */
	if (polled.type != NK_RECORD_MESSAGE || polled.length > NK_MAX_MESSAGE) {
		connection->consumer.fault = polled.type != NK_RECORD_MESSAGE ? NK_FAULT_TYPE_UNKNOWN
									      : NK_FAULT_LENGTH_OUT_OF_BOUNDS;
		return -EPROTO;
	}
	connection->polled = true;
	memcpy(&header, polled.vnet_hdr, sizeof(header));
	*message = (struct nk_received){
		.data = polled.payload,
		.length = polled.length,
		.kind = header.kind,
		.tag = header.tag,
		.sequence = polled.sequence,
		.sent_at = polled.enqueued_at,
		.from = connection,
	};
	return 1;
}

/* Whether an inbox can never have anything again: its only connection is over, or the nanokernel is lost. */
static int over(const struct nk_program *program, const struct nk_connection *only)
{
	if (!only)
		return program->socket < 0 && !program->connections ? -ENOTCONN : 0;
	return unusable(only);
}

static int receive(struct nk_program *program, struct nk_inbox *inbox, const struct nk_connection *only,
		   struct nk_received *message, int timeout_ms)
{
	uint64_t deadline = nk_deadline(timeout_ms);

	if (program->received_from)
		done(program->received_from);
	program->received_from = NULL;
	for (;;) {
		struct nk_connection *connection;
		int left, result;

		while ((connection = inbox_take(inbox))) {
			result = poll_connection(connection, message);
			if (result == 1) {
				nk_inbox_add(connection);
				program->received_from = connection;
				return 1;
			}
		}
		result = over(program, only);
		if (result)
			return result;
		left = nk_time_left(deadline);
		result = nk_await(program, left);
		if (result < 0)
			return result;
		if (!result && !left)
			return timeout_ms ? -ETIMEDOUT : -EAGAIN;
	}
}

int nk_port_receive(struct nk_port *port, struct nk_received *message, int timeout_ms)
{
	return receive(port->program, &port->inbox, NULL, message, timeout_ms);
}

int nk_receive(struct nk_connection *connection, struct nk_received *message, int timeout_ms)
{
	return receive(connection->program, connection->inbox, connection, message, timeout_ms);
}

int nk_request(struct nk_connection *connection, const void *data, uint32_t length, struct nk_received *reply,
	       int timeout_ms)
{
	uint64_t deadline = nk_deadline(timeout_ms);
	uint64_t tag = ++connection->last_tag;
	int result = put_and_flush(connection, data, length,
				   (struct nk_message_header){.tag = tag, .kind = NK_MESSAGE_REQUEST}, timeout_ms);

	if (result)
		return result;
	for (;;) {
		result = nk_receive(connection, reply, nk_time_left(deadline));
		if (result != 1 || (reply->kind == NK_MESSAGE_REPLY && reply->tag == tag))
			return result == -EAGAIN ? -ETIMEDOUT : result;
		connection->dropped++;
	}
}
