// SPDX-License-Identifier: Apache-2.0
/*
 * program.c - a program's connection to the nanokernel: joining, ports, connecting, and waiting for whatever comes.
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

#include "program.h"

#define ANSWER_MS 5000
#define DEFAULT_CAPACITY (256u << 10)
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

static int join_wait_set(struct nk_program *program, int fd, void *place)
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
	error = program->wait_set < 0 || program->interrupt < 0 ? -EMFILE : program->socket < 0 ? program->socket : 0;
	if (!error)
		error = await_joined(program, options, refusal);
	if (!error)
		error = join_wait_set(program, program->socket, &program->socket);
	if (!error)
		error = join_wait_set(program, program->interrupt, &program->interrupt);
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

	/* A count that is full interrupts as well. */
	if (write(program->interrupt, &one, sizeof(one)) < 0)
		errno = before;
}

const struct nk_refusal *nk_program_refusal(const struct nk_program *program)
{
	return &program->refusal;
}

static struct nk_port *port_of(struct nk_program *program, uint32_t id)
{
	struct nk_port *port = program->ports;

	while (port && port->id != id)
		port = port->next;
	return port;
}

static struct nk_connection *connection_of(struct nk_program *program, uint32_t id)
{
	struct nk_connection *connection = program->connections;

	while (connection && connection->id != id)
		connection = connection->next;
	return connection;
}

static int send_close(struct nk_program *program, uint16_t type, uint32_t id)
{
	const struct nk_close request = {
		.header = {
			.magic = NK_ATTACH_MAGIC,
			.revision = NK_REVISION,
			.type = type,
			.length = sizeof(request) - sizeof(request.header),
		},
		.id = id,
	};

	return nk_packet_send(program->socket, &request, sizeof(request));
}

static int take_connection(struct nk_program *program, struct nk_packet *packet)
{
	const struct nk_connection_grant grant = packet->connection;
	struct nk_port *port = grant.request ? NULL : port_of(program, grant.port_id);
	struct nk_connection *connection;
	int error;

	if (!grant.request && !port)
		/* The port was closed meanwhile. */
		return send_close(program, NK_CLOSE, grant.connection_id);
	error = nk_connection_open(program, packet, &connection);
	if (error)
		return error;
	error = join_wait_set(program, connection->wait_fd, connection);
	if (error) {
		nk_connection_free(connection);
		return error;
	}
	connection->inbox = port ? &port->inbox : &connection->own_inbox;
	connection->next = program->connections;
	program->connections = connection;
	nk_inbox_add(connection);
	if (grant.request) {
		program->answered = grant.request;
		program->answer_id = grant.connection_id;
		program->refusal.error = 0;
	}
	return 0;
}

/* At once: a connection to it may be the next packet. */
static void take_port(struct nk_program *program, uint32_t id)
{
	struct nk_port *port = program->opening;

	program->opening = NULL;
	port->id = id;
	port->next = program->ports;
	program->ports = port;
}

static int take_packet(struct nk_program *program, struct nk_packet *packet)
{
	struct nk_connection *connection;

	switch (packet->header.type) {
	case NK_ANSWER:
		if (program->opening && packet->answer.request == program->last_request && !packet->answer.error)
			take_port(program, packet->answer.id);
		program->answered = packet->answer.request;
		program->answer_id = packet->answer.id;
		program->refusal.error = packet->answer.error;
		memcpy(program->refusal.text, packet->answer.text, sizeof(program->refusal.text));
		program->refusal.text[sizeof(program->refusal.text) - 1] = '\0';
		return 0;
	case NK_CONNECTION:
		return take_connection(program, packet);
	case NK_CLOSED:
		connection = connection_of(program, packet->closed.connection_id);
		if (connection)
			nk_connection_end(connection, packet->closed.reason);
		return 0;
	default:
		return -EPROTO;
	}
}

/* Takes everything that the nanokernel has sent. */
static void dispatch(struct nk_program *program)
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
	uint64_t count;
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
			dispatch(program);
		else if (place == &program->interrupt)
			interrupted = read(program->interrupt, &count, sizeof(count)) == sizeof(count);
		else
			nk_inbox_add(place);
	}
	return interrupted ? -EINTR : ready;
}

static int ask(struct nk_program *program, const void *request, size_t length, uint32_t number)
{
	uint64_t deadline = nk_deadline(ANSWER_MS);
	int result = nk_packet_send(program->socket, request, length);

	while (result >= 0 && program->answered != number) {
		int left = nk_time_left(deadline);

		if (program->socket < 0)
			return -ENOTCONN;
		if (!left)
			return -ETIMEDOUT;
		result = nk_await(program, left);
	}
	if (result < 0)
		return result;
	return program->refusal.error ? -ECONNREFUSED : 0;
}

static bool name_fits(const char *name)
{
	return strnlen(name, NK_NAME_LENGTH) < NK_NAME_LENGTH;
}

int nk_port_open(struct nk_program *program, const char *name, uint32_t capacity, struct nk_port **opened)
{
	struct nk_open_port request = {
		.header = {
			.magic = NK_ATTACH_MAGIC,
			.revision = NK_REVISION,
			.type = NK_OPEN_PORT,
			.length = sizeof(request) - sizeof(request.header),
		},
		.request = ++program->last_request,
		.capacity = capacity ? capacity : DEFAULT_CAPACITY,
	};
	struct nk_port *port;
	int error;

	if (!name_fits(name))
		return -ENAMETOOLONG;
	strcpy(request.name, name);
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->program = program;
	program->opening = port;
	error = ask(program, &request, sizeof(request), request.request);
	if (error && program->opening) {
		program->opening = NULL;
		free(port);
		return error;
	}
	*opened = port;
	return 0;
}

void nk_port_close(struct nk_port *port)
{
	struct nk_program *program = port->program;
	struct nk_port **link = &program->ports;

	send_close(program, NK_CLOSE_PORT, port->id);
	for (struct nk_connection *each = program->connections; each; each = each->next) {
		if (each->inbox == &port->inbox) {
			/* Nobody receives for the port any more: what still comes is its own. */
			each->inbox = &each->own_inbox;
			each->ready = false;
			nk_inbox_add(each);
		}
	}
	while (*link != port)
		link = &(*link)->next;
	*link = port->next;
	free(port);
}

int nk_connect(struct nk_program *program, const char *os, const char *port, struct nk_connection **connection)
{
	struct nk_connect request = {
		.header = {
			.magic = NK_ATTACH_MAGIC,
			.revision = NK_REVISION,
			.type = NK_CONNECT,
			.length = sizeof(request) - sizeof(request.header),
		},
		.request = ++program->last_request,
	};
	int error;

	if (!name_fits(os) || !name_fits(port))
		return -ENAMETOOLONG;
	strcpy(request.os, os);
	strcpy(request.port, port);
	error = ask(program, &request, sizeof(request), request.request);
	if (error)
		return error;
	*connection = connection_of(program, program->answer_id);
	return *connection ? 0 : -EPROTO;
}

void nk_disconnect(struct nk_connection *connection)
{
	struct nk_program *program = connection->program;
	struct nk_connection **link = &program->connections;

	send_close(program, NK_CLOSE, connection->id);
	if (program->received_from == connection)
		program->received_from = NULL;
	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	nk_connection_free(connection);
}
