/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - what program.c, port.c, message.c, memory.c and sync.c know of one another. Programs include
 * nk_program.h, nk_memory.h and nk_sync.h alone.
 */
#ifndef NK_NK_PROGRAM_H
#define NK_NK_PROGRAM_H

#include "attachment.h"
#include "nk_memory.h"
#include "nk_program.h"
#include "nk_sync.h"

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

struct nk_memory {
	struct nk_program *program;
	struct nk_memory *next;			/* of the program */
	uint32_t id;
	uint32_t owner_os;
	uint32_t owner_epoch;
	uint32_t closed;			/* enum nk_closed_reason */
	bool writable;
	void *data;
	uint64_t length;
};

struct nk_sync {
	struct nk_program *program;
	struct nk_sync *next;			/* of the program */
	uint32_t id;
	uint32_t kind;				/* enum nk_sync_kind; own copies, the page is everybody's */
	uint32_t limit;
	struct nk_sync_page *page;
};

struct nk_program {
	int socket;				/* -1: lost */
	int wait_set;				/* epoll: socket, interrupt, every connection's wait_fd */
	int interrupt;				/* eventfd: readable once `interrupted` was set */
	uint32_t interrupted;			/* 1: nk_interrupt(), for one wait; atomic, and a private futex */
	const struct nk_management *management;
	char os_name[NK_NAME_LENGTH];
	uint32_t os_id;
	uint32_t epoch;
	uint32_t id;
	uint32_t last_request;
	uint32_t asking;			/* the request whose answer is waited for; 0: none */
	uint32_t answered;			/* the request that was answered last */
	uint32_t answer_id;			/* of what was opened */
	struct nk_refusal refusal;		/* error 0: it was not refused */
	struct nk_port *opening;		/* becomes one of the ports when last_request is answered */
	struct nk_port *ports;
	struct nk_connection *connections;
	struct nk_memory *memories;
	struct nk_sync *syncs;
	char *listing;				/* that came; NULL: none */
	struct nk_connection *received_from;	/* whose message is in use */
};

/* Joins a descriptor to the wait set, edge-triggered; `place` is what nk_await() finds. */
int nk_join_wait_set(struct nk_program *program, int fd, void *place);

/* Whether a name has no more bytes than a packet takes. What else it may be, the nanokernel says. */
bool nk_name_fits(const char *name);

/*
 * Sends a request and waits for its answer, in answer_id. -ECONNREFUSED: `refusal` says why; -ETIMEDOUT,
 * -ENOTCONN: what is granted later is closed again.
 */
int nk_ask(struct nk_program *program, const void *request, size_t length, uint32_t number);

/* The request that is waited for was answered with more than ANSWER. */
void nk_granted(struct nk_program *program, uint32_t request, uint32_t id);

/* This process has no room to map what was granted: the request ends with NK_LIMIT, and it is given back. */
int nk_refuse_grant(struct nk_program *program, uint32_t request, uint32_t id);

/* Sends CLOSE or CLOSE_PORT. */
int nk_send_close(struct nk_program *program, uint16_t type, uint32_t id);

/* Take what a packet brought: 0, or a negative errno, with which the nanokernel is not to be talked to any more. */
int nk_connection_take(struct nk_program *program, struct nk_packet *packet);
int nk_memory_take(struct nk_program *program, const struct nk_packet *packet);
int nk_sync_take(struct nk_program *program, const struct nk_packet *packet);
int nk_listing_take(struct nk_program *program, const struct nk_packet *packet);

/* The port that is being opened has this id. */
void nk_port_take(struct nk_program *program, uint32_t id);

/* NULL: there is none. */
struct nk_connection *nk_connection_of(struct nk_program *program, uint32_t id);

/* CLOSED: the maker of the memory is gone, if it is one that is open here. */
void nk_memory_end(struct nk_program *program, uint32_t id, uint32_t reason);

/* Take it off the program's list, unmap and free it. Nobody is told. */
void nk_memory_free(struct nk_memory *memory);
void nk_sync_free(struct nk_sync *sync);

/* Takes everything that the nanokernel has sent, without waiting. */
void nk_take_packets(struct nk_program *program);

/* True once for each nk_interrupt(), or for all that came since: the caller's wait ends with -EINTR. */
bool nk_take_interrupt(struct nk_program *program);

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
