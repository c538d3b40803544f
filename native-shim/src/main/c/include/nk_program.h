/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk_program.h - messages between programs of different OSes (docs/abi.md section 6; docs/nanokernel.md is the guide).
 *
 * A program joins the OS in which it runs. It opens ports, at which others reach it by the names of OS and port, and
 * connects to theirs. Messages of one sender arrive in the order in which they were sent, each once, or the connection
 * says that it is closed.
 *
 *	struct nk_program *program;
 *	struct nk_port *port;
 *	struct nk_received message;
 *
 *	nk_join_here(&program, NULL);
 *	nk_port_open(program, "p1", 0, &port);
 *	while (nk_port_receive(port, &message, -1) == 1)
 *		use(message.data, message.length);
 *
 * What else programs share comes with headers of its own: nk_memory.h, memory that is mapped in all of them; nk_sync.h,
 * semaphores, events, barriers and mutexes.
 *
 * A message is received in place: its bytes are the sender's memory, which it can change at any time. Copy what is to be
 * checked and then used.
 *
 * Timeouts are in milliseconds: 0 does not wait, -1 waits for ever. A wait that a signal handler interrupts goes on;
 * nk_interrupt() ends it.
 *
 * Threads. None are made and nothing is locked: one thread uses a program and all that comes from it; nk_interrupt()
 * may be called by any, also in a signal handler.
 *
 * Results. Functions return 0 or a positive value, or a negative errno: -EPIPE, the other end is gone; -EPROTO, it wrote
 * what no end may write; -ENOTCONN, the nanokernel is; -EINTR, nk_interrupt(); -ETIMEDOUT.
 */
#ifndef NK_PROGRAM_H
#define NK_PROGRAM_H

#include "nk.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nk_program;
struct nk_port;
struct nk_connection;

/*
 * Joins the OS; options->timeout_ms as for nk_attach(). -ECONNREFUSED with refusal->error set: the nanokernel said no.
 * `refusal` may be NULL.
 */
int nk_join(const struct nk_options *options, struct nk_program **program, struct nk_refusal *refusal);

/* The same as NK_ATTACH, NK_OS and NK_TOKEN_FILE say, which every program in an OS has. -ENOENT: one is not set. */
int nk_join_here(struct nk_program **program, struct nk_refusal *refusal);

/*
 * Closes every port, connection and shared memory, whose other ends are told, and frees them and the program. A sync
 * object that was not closed before counts as left in the midst of its use: see nk_sync_close().
 */
void nk_leave(struct nk_program *program);

/* Unique in a boot of the nanokernel. */
uint32_t nk_program_id(const struct nk_program *program);

/* Becomes readable when something may have come: for programs that wait for other things too. */
int nk_program_fd(const struct nk_program *program);

/* Lets the wait that is going on, or else the next one, end with -EINTR; not one for an answer of the nanokernel. */
void nk_interrupt(struct nk_program *program);

/* Why the last request was refused: enum nk_attach_error and its text. */
const struct nk_refusal *nk_program_refusal(const struct nk_program *program);

/*
 * What programs of all OSes have for one another: JSON with the keys ports, memory, syncs and oses, as "nanorouter msg
 * ports -j" and its like show them. The caller frees the text.
 */
int nk_list(struct nk_program *program, char **json);

/*
 * Opens a port. The name has 1 to 31 bytes of [a-z0-9._-], a letter or digit first; `capacity` is that of the ring of
 * each connection to it, and of the one back: a power of two from 256 KiB to 64 MiB; 0: 256 KiB. -ECONNREFUSED:
 * nk_program_refusal() says why.
 */
int nk_port_open(struct nk_program *program, const char *name, uint32_t capacity, struct nk_port **port);

/* Nobody else can connect; what is connected stays so. Frees the port. */
void nk_port_close(struct nk_port *port);

/* Connects to a port. -ECONNREFUSED: nk_program_refusal() says why. */
int nk_connect(struct nk_program *program, const char *os, const char *port, struct nk_connection **connection);

/* Closes this end; the other one is told. Frees the connection. */
void nk_disconnect(struct nk_connection *connection);

/* Who is at the other end. */
uint32_t nk_connection_os(const struct nk_connection *connection);
uint32_t nk_connection_epoch(const struct nk_connection *connection);
uint32_t nk_connection_program(const struct nk_connection *connection);

/* enum nk_closed_reason; 0 while the other end is there. */
uint32_t nk_connection_closed(const struct nk_connection *connection);

/* Messages of an epoch that has ended, and replies that nobody waited for any more. */
uint64_t nk_connection_dropped(const struct nk_connection *connection);

/* A message that was received, until the next call that receives. */
struct nk_received {
	const void *data;
	uint32_t length;		/* 1 to NK_MAX_MESSAGE */
	uint32_t kind;			/* enum nk_message_kind */
	uint64_t tag;			/* of a request and its reply */
	uint64_t sequence;		/* one more than that of the message before it on this connection */
	uint64_t sent_at;		/* as the sender says */
	struct nk_connection *from;
};

/*
 * Sends 1 to NK_MAX_MESSAGE bytes. -EMSGSIZE: more, or none. -EAGAIN: no room, and timeout_ms is 0; -ETIMEDOUT: none in
 * time; nothing was sent then.
 */
int nk_send(struct nk_connection *connection, const void *data, uint32_t length, int timeout_ms);

/* As nk_send() without waiting, but the other end is told by nk_flush(): for a batch. */
int nk_offer(struct nk_connection *connection, const void *data, uint32_t length);
void nk_flush(struct nk_connection *connection);

/* Sends a request and waits for its reply. -ETIMEDOUT: a reply that comes later is dropped. */
int nk_request(struct nk_connection *connection, const void *data, uint32_t length, struct nk_received *reply,
	       int timeout_ms);

/* Answers a request. -EINVAL: it is none. */
int nk_reply(const struct nk_received *request, const void *data, uint32_t length, int timeout_ms);

/*
 * Take the next message, from a port in turn of all that are connected to it, or from a connection that this program
 * made. 1: there is one; -EAGAIN or -ETIMEDOUT: none in time; else there will be none any more.
 */
int nk_port_receive(struct nk_port *port, struct nk_received *message, int timeout_ms);
int nk_receive(struct nk_connection *connection, struct nk_received *message, int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
