// SPDX-License-Identifier: Apache-2.0
/*
 * program.c - a program's connection to the nanokernel: joining, requests, and waiting for whatever comes.
 *
 * Requests wait for their answer and handle what else comes meanwhile, so that there is one at a time.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "futex/futex.h"
#include "program.h"

#define ANSWER_MS 5000
#define MAX_EVENTS 64

uint64_t nk_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? UINT64_MAX : nk_now() + (uint64_t)timeout_ms * 1000000;
}

int nk_time_left(uint64_t deadline)
{
	uint64_t now;

	if (deadline == UINT64_MAX)
		return -1;
	now = nk_now();
	return now >= deadline ? 0 : (int)((deadline - now + 999999) / 1000000);
}

static void lose(struct nk_program *program)
{
	if (program->socket >= 0)
		close(program->socket);
	program->socket = -1;
}

int nk_join_wait_set(struct nk_program *program, int fd, void *place)
{
	struct epoll_event edge = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = place};

	return epoll_ctl(program->wait_set, EPOLL_CTL_ADD, fd, &edge) ? -errno : 0;
}

static int await_joined(struct nk_program *program, const struct nk_options *options, struct nk_refusal *refusal)
{
	uint64_t deadline = nk_deadline(options->timeout_ms > 0 ? options->timeout_ms : ANSWER_MS);
	struct nk_packet packet;
	void *address;
	int error;

	while ((error = nk_packet_receive(program->socket, &packet)) == -EAGAIN) {
		struct pollfd readable = {.fd = program->socket, .events = POLLIN};
		int left = nk_time_left(deadline);

		if (!left)
			return -ETIMEDOUT;
		poll(&readable, 1, left);
	}
	if (error)
		return error;
	if (packet.header.type == NK_REFUSED) {
		if (refusal) {
			refusal->error = packet.refused.error;
			memcpy(refusal->text, packet.refused.text, sizeof(refusal->text));
			refusal->text[sizeof(refusal->text) - 1] = '\0';
		}
		return -ECONNREFUSED;
	}
	error = packet.header.type == NK_JOINED && packet.joined.management_length == NK_MANAGEMENT_LENGTH &&
		packet.joined.os_id < NK_MAX_OS ? 0 : -EPROTO;
	if (!error)
		error = nk_region_map(packet.fds[0], NK_MANAGEMENT_LENGTH, false, NK_MANAGEMENT_ADDRESS, &address);
	if (!error) {
		program->management = address;
		error = nk_region_check_management(program->management);
	}
	program->os_id = packet.joined.os_id;
	program->epoch = packet.joined.epoch;
	program->id = packet.joined.program_id;
	nk_packet_drop(&packet);
	return error;
}

int nk_join(const struct nk_options *options, struct nk_program **joined, struct nk_refusal *refusal)
{
	struct nk_program *program = calloc(1, sizeof(*program));
	int error;

	if (refusal)
		*refusal = (struct nk_refusal){0};
	if (!program)
		return -ENOMEM;
	program->wait_set = epoll_create1(EPOLL_CLOEXEC);
	program->interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	program->socket = nk_dial(options, NK_JOIN);
	/* Too long a name is one that nk_dial() has refused. */
	strncpy(program->os_name, options->os_name, sizeof(program->os_name) - 1);
	error = program->wait_set < 0 || program->interrupt < 0 ? -EMFILE : program->socket < 0 ? program->socket : 0;
	if (!error)
		error = await_joined(program, options, refusal);
	if (!error)
		error = nk_join_wait_set(program, program->socket, &program->socket);
	if (!error)
		error = nk_join_wait_set(program, program->interrupt, &program->interrupt);
	if (error) {
		nk_leave(program);
		return error;
	}
	*joined = program;
	return 0;
}

int nk_join_here(struct nk_program **program, struct nk_refusal *refusal)
{
	const struct nk_options options = {
		.socket_path = getenv("NK_ATTACH"),
		.os_name = getenv("NK_OS"),
		.token_path = getenv("NK_TOKEN_FILE"),
	};

	if (!options.socket_path || !options.os_name || !options.token_path)
		return -ENOENT;
	return nk_join(&options, program, refusal);
}

void nk_leave(struct nk_program *program)
{
	if (!program)
		return;
	lose(program);
	while (program->connections) {
		struct nk_connection *connection = program->connections;

		program->connections = connection->next;
		nk_connection_free(connection);
	}
	while (program->ports) {
		struct nk_port *port = program->ports;

		program->ports = port->next;
		free(port);
	}
	/* Without CLOSE: what a program leaves open ended with it, and whoever waits for it must know. */
	while (program->memories)
		nk_memory_free(program->memories);
	while (program->syncs)
		nk_sync_free(program->syncs);
	free(program->listing);
	if (program->wait_set >= 0)
		close(program->wait_set);
	if (program->interrupt >= 0)
		close(program->interrupt);
	nk_region_unmap(program->management, NK_MANAGEMENT_LENGTH);
	free(program);
}

uint32_t nk_program_id(const struct nk_program *program)
{
	return program->id;
}

int nk_program_fd(const struct nk_program *program)
{
	return program->wait_set;
}

void nk_interrupt(struct nk_program *program)
{
	static const uint64_t one = 1;
	int before = errno;

	/* The flag is the interrupt. The eventfd and the futex only end a wait, so that it is looked at. */
	__atomic_store_n(&program->interrupted, 1, __ATOMIC_SEQ_CST);
	/* A count that is full interrupts as well. */
	if (write(program->interrupt, &one, sizeof(one)) < 0)
		errno = before;
	nk_futex_wake_private(&program->interrupted, 1);
}

bool nk_take_interrupt(struct nk_program *program)
{
	uint64_t count;

	/*
	 * The eventfd first: after the flag, this could swallow the ring of an interrupt that came between the two. The
	 * other way round such a ring ends a wait for nothing, which goes on.
	 */
	if (read(program->interrupt, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return false;
	return __atomic_exchange_n(&program->interrupted, 0, __ATOMIC_SEQ_CST);
}

const struct nk_refusal *nk_program_refusal(const struct nk_program *program)
{
	return &program->refusal;
}

/* The nanokernel reads whatever comes. */
static int send_when_there_is_room(struct nk_program *program, const void *packet, size_t length)
{
	uint64_t deadline = nk_deadline(ANSWER_MS);
	int result, left;

	while ((result = nk_packet_send(program->socket, packet, length)) == -EAGAIN && (left = nk_time_left(deadline))) {
		struct pollfd room = {.fd = program->socket, .events = POLLOUT};

		poll(&room, 1, left);
	}
	return result;
}

int nk_send_close(struct nk_program *program, uint16_t type, uint32_t id)
{
	const struct nk_close request = {
		.header = nk_packet_header(type, sizeof(request)),
		.id = id,
	};

	return send_when_there_is_room(program, &request, sizeof(request));
}

static void take_closed(struct nk_program *program, uint32_t id, uint32_t reason)
{
	struct nk_connection *connection = nk_connection_of(program, id);

	if (connection)
		nk_connection_end(connection, reason);
	else
		nk_memory_end(program, id, reason);
}

static int take_answer(struct nk_program *program, const struct nk_answer *answer)
{
	if (answer->request != program->asking)
		/* Nobody waits for it any more. All but a port is granted by other packets. */
		return answer->error ? 0 : nk_send_close(program, NK_CLOSE_PORT, answer->id);
	/* A port at once: a connection to it may be the next packet. */
	if (program->opening && !answer->error)
		nk_port_take(program, answer->id);
	program->answered = answer->request;
	program->answer_id = answer->id;
	program->refusal.error = answer->error;
	memcpy(program->refusal.text, answer->text, sizeof(program->refusal.text));
	program->refusal.text[sizeof(program->refusal.text) - 1] = '\0';
	return 0;
}

static int take_packet(struct nk_program *program, struct nk_packet *packet)
{
	switch (packet->header.type) {
	case NK_ANSWER:
		return take_answer(program, &packet->answer);
	case NK_CONNECTION:
		return nk_connection_take(program, packet);
	case NK_MEMORY:
		return nk_memory_take(program, packet);
	case NK_SYNC:
		return nk_sync_take(program, packet);
	case NK_LISTING:
		return nk_listing_take(program, packet);
	case NK_CLOSED:
		take_closed(program, packet->closed.id, packet->closed.reason);
		return 0;
	default:
		return -EPROTO;
	}
}

void nk_take_packets(struct nk_program *program)
{
	while (program->socket >= 0) {
		struct nk_packet packet;
		int error = nk_packet_receive(program->socket, &packet);

		if (error == -EAGAIN)
			return;
		if (!error) {
			error = take_packet(program, &packet);
			nk_packet_drop(&packet);
		}
		if (error)
			lose(program);
	}
}

int nk_await(struct nk_program *program, int timeout_ms)
{
	struct epoll_event events[MAX_EVENTS];
	uint64_t deadline = nk_deadline(timeout_ms);
	bool interrupted = false;
	int ready;

	do {
		ready = epoll_wait(program->wait_set, events, MAX_EVENTS, timeout_ms);
		if (ready < 0 && errno != EINTR)
			return -errno;
		timeout_ms = nk_time_left(deadline);
	} while (ready < 0);
	for (int i = 0; i < ready; i++) {
		void *place = events[i].data.ptr;

		if (place == &program->socket)
			nk_take_packets(program);
		else if (place == &program->interrupt)
			interrupted = nk_take_interrupt(program);
		else
			nk_inbox_add(place);
	}
	return interrupted ? -EINTR : ready;
}

int nk_ask(struct nk_program *program, const void *request, size_t length, uint32_t number)
{
	uint64_t deadline = nk_deadline(ANSWER_MS);
	int result = send_when_there_is_room(program, request, length);
	bool interrupted = false;

	program->asking = number;
	while (result >= 0 && program->answered != number) {
		int left = nk_time_left(deadline);

		if (program->socket < 0)
			result = -ENOTCONN;
		else if (!left)
			result = -ETIMEDOUT;
		else
			result = nk_await(program, left);
		if (result == -EINTR) {
			interrupted = true;
			result = 0;
		}
	}
	program->asking = 0;
	/* Given up half way, nobody would know what became of it: the interrupt is for the next wait. */
	if (interrupted)
		nk_interrupt(program);
	if (result < 0)
		return result;
	return program->refusal.error ? -ECONNREFUSED : 0;
}

void nk_granted(struct nk_program *program, uint32_t request, uint32_t id)
{
	program->answered = request;
	program->answer_id = id;
	program->refusal.error = 0;
}

int nk_refuse_grant(struct nk_program *program, uint32_t request, uint32_t id)
{
	nk_granted(program, request, id);
	program->refusal.error = NK_LIMIT;
	strcpy(program->refusal.text, "this process has no room to map it");
	return nk_send_close(program, NK_CLOSE, id);
}

bool nk_name_fits(const char *name)
{
	return strnlen(name, NK_NAME_LENGTH) < NK_NAME_LENGTH;
}
