/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - what program.c and message.c know of one another. Programs include nk_program.h alone. */
#ifndef NK_NK_PROGRAM_H
#define NK_NK_PROGRAM_H

#include "attachment.h"
#include "nk_program.h"

/* Connections from which a receiver takes messages, that first whose turn is longest ago. */
struct nk_inbox {
	struct nk_connection *first;
	struct nk_connection *last;
};

struct nk_port {
	struct nk_program *program;
	struct nk_port *next;			/* of the program */
	uint32_t id;
	struct nk_inbox inbox;
};

struct nk_connection {
	struct nk_program *program;
	struct nk_connection *next;		/* of the program */
	struct nk_inbox *inbox;			/* the port's, or own_inbox */
	struct nk_inbox own_inbox;
	struct nk_connection *next_ready;	/* in the inbox */
	bool ready;				/* it is in the inbox: there may be something */
	bool polled;				/* its oldest message is in use */
	uint32_t unreleased;			/* messages stepped over and not yet given back */
	uint32_t id;
	uint32_t peer_os;
	uint32_t peer_epoch;
	uint32_t peer_program;
	uint32_t closed;			/* enum nk_closed_reason */
	struct nk_os_region *own;		/* the halves, laid out as OS regions */
	const struct nk_os_region *peer;
	uint64_t half_length;
	int wait_fd;
	int ring_fd;
	struct nk_ring_producer producer;
	struct nk_ring_consumer consumer;
	uint64_t last_tag;
	uint64_t dropped;
};

struct nk_program {
	int socket;				/* -1: lost */
	int wait_set;				/* epoll: socket, interrupt, every connection's wait_fd */
	int interrupt;				/* eventfd */
	const struct nk_management *management;
	uint32_t os_id;
	uint32_t epoch;
	uint32_t id;
	uint32_t last_request;
	uint32_t answered;			/* the request that was answered last */
	uint32_t answer_id;			/* of the port, or of the connection */
	struct nk_refusal refusal;		/* error 0: it was not refused */
	struct nk_port *opening;		/* becomes one of the ports when last_request is answered */
	struct nk_port *ports;
	struct nk_connection *connections;
	struct nk_connection *received_from;	/* whose message is in use */
};

/* Maps what CONNECTION brought and joins it to the wait set. Takes all descriptors of the packet on success only. */
int nk_connection_open(struct nk_program *program, struct nk_packet *packet, struct nk_connection **connection);

/* Unmaps and closes; the caller has taken it off the program's list. */
void nk_connection_free(struct nk_connection *connection);

/* The nanokernel says that the other end is gone. */
void nk_connection_end(struct nk_connection *connection, uint32_t reason);

/* There may be something: its other end rang, or it is new. */
void nk_inbox_add(struct nk_connection *connection);

/*
 * Waits until something comes, and marks where. Returns how many places, 0 when the time is over; -EINTR: interrupted;
 * else -errno.
 */
int nk_await(struct nk_program *program, int timeout_ms);

/* A point in time, and the milliseconds until then, rounded up; UINT64_MAX and -1: for ever. */
uint64_t nk_deadline(int timeout_ms);
int nk_time_left(uint64_t deadline);

#endif
