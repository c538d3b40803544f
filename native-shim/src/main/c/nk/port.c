// SPDX-License-Identifier: Apache-2.0
/* port.c - ports, and connecting to those of others: docs/abi.md section 6. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define DEFAULT_CAPACITY (256u << 10)

static struct nk_port *port_of(struct nk_program *program, uint32_t id)
{
	struct nk_port *port = program->ports;

	while (port && port->id != id)
		port = port->next;
	return port;
}

struct nk_connection *nk_connection_of(struct nk_program *program, uint32_t id)
{
	struct nk_connection *connection = program->connections;

	while (connection && connection->id != id)
		connection = connection->next;
	return connection;
}

int nk_connection_take(struct nk_program *program, struct nk_packet *packet)
{
	const struct nk_connection_grant grant = packet->connection;
	struct nk_port *port = grant.request ? NULL : port_of(program, grant.port_id);
	struct nk_connection *connection;
	int error;

	if (grant.request ? grant.request != program->asking : !port)
		/* Nobody waits for it any more, or the port was closed meanwhile. */
		return nk_send_close(program, NK_CLOSE, grant.connection_id);
	error = nk_connection_open(program, packet, &connection);
	if (error)
		return error;
	error = nk_join_wait_set(program, connection->wait_fd, connection);
	if (error) {
		nk_connection_free(connection);
		return error;
	}
	connection->inbox = port ? &port->inbox : &connection->own_inbox;
	connection->next = program->connections;
	program->connections = connection;
	nk_inbox_add(connection);
	if (grant.request)
		nk_granted(program, grant.request, grant.connection_id);
	return 0;
}

void nk_port_take(struct nk_program *program, uint32_t id)
{
	struct nk_port *port = program->opening;

	program->opening = NULL;
	port->id = id;
	port->next = program->ports;
	program->ports = port;
}

int nk_port_open(struct nk_program *program, const char *name, uint32_t capacity, struct nk_port **opened)
{
	struct nk_open_port request = {
		.header = nk_packet_header(NK_OPEN_PORT, sizeof(request)),
		.request = ++program->last_request,
		.capacity = capacity ? capacity : DEFAULT_CAPACITY,
	};
	struct nk_port *port;
	int error;

	if (!nk_name_fits(name))
		return -ENAMETOOLONG;
	strcpy(request.name, name);
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->program = program;
	program->opening = port;
	error = nk_ask(program, &request, sizeof(request), request.request);
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

	nk_send_close(program, NK_CLOSE_PORT, port->id);
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
		.header = nk_packet_header(NK_CONNECT, sizeof(request)),
		.request = ++program->last_request,
	};
	int error;

	if (!nk_name_fits(os) || !nk_name_fits(port))
		return -ENAMETOOLONG;
	strcpy(request.os, os);
	strcpy(request.port, port);
	error = nk_ask(program, &request, sizeof(request), request.request);
	if (error)
		return error;
	*connection = nk_connection_of(program, program->answer_id);
	return *connection ? 0 : -EPROTO;
}

void nk_disconnect(struct nk_connection *connection)
{
	struct nk_program *program = connection->program;
	struct nk_connection **link = &program->connections;

	nk_send_close(program, NK_CLOSE, connection->id);
	if (program->received_from == connection)
		program->received_from = NULL;
	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	nk_connection_free(connection);
}
