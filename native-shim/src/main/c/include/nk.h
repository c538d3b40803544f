/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk.h - how a program of an OS talks to the nanokernel and, through shared memory, to the other OSes.
 *
 * Purpose. A program attaches to its OS's socket and receives its own region, the management region, and a channel
 * to each peer OS: a ring that it produces, a ring that it consumes, and a doorbell for each direction. Layouts and
 * rules are those of docs/abi.md; this library is their implementation.
 *
 * A frame's way. The producer claims room, lets a system call fill it in place, publishes it, and after a batch
 * rings the doorbell, which costs a system call only if the peer asked for it. The consumer polls, uses the record
 * in place, advances, and gives the bytes back. It sleeps only when nk_ask_for_wake() has told it that nothing was
 * published meanwhile:
 *
 *	for (;;) {
 *		while (nk_poll(channel, &message) == 1) {
 *			use(message.payload, message.length);
 *			nk_advance(channel);
 *		}
 *		nk_release(channel);
 *		nk_doorbell(channel);
 *		if (nk_ask_for_wake(channel) == 0)
 *			sleep until nk_wait_fd(channel) is readable;
 *	}
 *
 * The doorbell to wait on never needs to be read: join it to an epoll set with EPOLLET, and every ring is an edge.
 *
 * Distrust. A peer may write anything into its own region at any time. Each shared word is read once into a local,
 * checked against private cursors and the nanokernel's directory, and only the local is used. What does not hold
 * quarantines this one channel, with a reason that has a name; every function of that channel then returns -EPROTO.
 * Payload bytes are the peer's: they lie inside the ring, but they may change while they are looked at.
 *
 * Threads. None are made and nothing is locked: one thread uses one attachment.
 *
 * Results. Functions return 0 or a positive value, or a negative errno.
 */
#ifndef NK_H
#define NK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nk_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Why a channel was quarantined: constant, name. The names are those of the Java side (QuarantineReason), for logs
 * and counters.
 */
#define NK_FAULTS(X)                                                                                                   \
	X(NK_FAULT_NONE, "none")                                                                                       \
	X(NK_FAULT_TAIL_MISALIGNED, "tail-misaligned")                                                                 \
	X(NK_FAULT_TAIL_BACKWARDS, "tail-backwards")                                                                   \
	X(NK_FAULT_TAIL_BEYOND_CAPACITY, "tail-beyond-capacity")                                                       \
	X(NK_FAULT_HEAD_MISALIGNED, "head-misaligned")                                                                 \
	X(NK_FAULT_HEAD_BACKWARDS, "head-backwards")                                                                   \
	X(NK_FAULT_HEAD_BEYOND_TAIL, "head-beyond-tail")                                                               \
	X(NK_FAULT_TYPE_UNKNOWN, "type-unknown")                                                                       \
	X(NK_FAULT_LENGTH_OUT_OF_BOUNDS, "length-out-of-bounds")                                                       \
	X(NK_FAULT_PADDING_MALFORMED, "padding-malformed")                                                             \
	X(NK_FAULT_SPAN_BEYOND_TAIL, "span-beyond-tail")                                                               \
	X(NK_FAULT_SPAN_BEYOND_RING_END, "span-beyond-ring-end")                                                       \
	X(NK_FAULT_REFUSED_BY_OWNER, "refused-by-owner")

enum nk_fault {
#define NK_FAULT_CONSTANT(constant, name) constant,
	NK_FAULTS(NK_FAULT_CONSTANT)
#undef NK_FAULT_CONSTANT
	NK_FAULT_COUNT
};

/* The name of a fault, as in NK_FAULTS. */
const char *nk_fault_name(enum nk_fault fault);

/* CLOCK_MONOTONIC in nanoseconds, the clock of every time in the ABI. */
uint64_t nk_now(void);

/*
 * Rings, stand-alone
 *
 * A channel is built of these. They are public so that tests can drive them over any memory: they do no I/O and
 * keep no descriptor.
 */

/*
 * One side that produces. All fields are private; the shared words are only the publication of tail and
 * next_sequence.
 */
struct nk_ring_producer {
	uint8_t *data;			/* the ring's bytes, in the own region */
	uint64_t capacity;
	struct nk_cursors *own;		/* own block: tail, next_sequence, space_wake_at */
	const struct nk_cursors *peer;	/* consumer's block: head, wake_at */
	uint64_t tail;
	uint64_t head_seen;		/* the last head that passed its check */
	uint64_t next_sequence;
	uint64_t looked_at;		/* tail of the last look at wake_at */
	uint64_t claimed_padding;	/* bytes before the claimed record that become a padding record */
	uint32_t claimed_length;	/* largest payload that the claimed record can take; 0: nothing is claimed */
	uint32_t epoch;			/* own: what the peer's block says once the peer has joined */
	bool joined;
	enum nk_fault fault;
};

/* A record as the consumer sees it. Header fields are copies; the pointers lead into the ring until nk_advance(). */
struct nk_message {
	const uint8_t *vnet_hdr;	/* NK_VNET_HDR_LENGTH bytes, directly before the payload */
	const uint8_t *payload;
	uint32_t length;
	uint16_t type;
	uint64_t sequence;
	uint64_t enqueued_at;
};

/* One side that consumes. */
struct nk_ring_consumer {
	const uint8_t *data;		/* the ring's bytes, in the peer's region */
	uint64_t capacity;
	struct nk_cursors *own;		/* own block: head, wake_at */
	const struct nk_cursors *peer;	/* producer's block: tail, space_wake_at */
	uint64_t head;
	uint64_t released;		/* the head last published */
	uint64_t looked_at;		/* head of the last look at space_wake_at */
	uint64_t tail_seen;		/* the last tail that passed its check */
	struct nk_message polled;	/* the record last polled */
	uint64_t span;			/* of that record; 0: none */
	uint64_t expected_sequence;
	uint64_t gaps;			/* jumps in the sequence numbers */
	uint64_t paddings;
	bool sequence_known;
	uint32_t epoch;
	bool joined;
	enum nk_fault fault;
};

/*
 * Makes the own block hold for this epoch of the peer: what it has for another one is zeroed. Once for a channel,
 * before its two rings are initialised.
 */
void nk_cursors_join(struct nk_cursors *own, uint32_t peer_epoch);

/*
 * Starts from the cursors in `own`, so that a restarted endpoint goes on where its predecessor stopped. `epoch` is
 * the own one: until the peer's block names it, the peer's cursors count as 0. -EINVAL: capacity is not a legal
 * one, or `own` holds no legal cursors.
 */
int nk_ring_producer_init(struct nk_ring_producer *ring, uint8_t *data, uint64_t capacity, struct nk_cursors *own,
			  const struct nk_cursors *peer, uint32_t epoch);
int nk_ring_consumer_init(struct nk_ring_consumer *ring, const uint8_t *data, uint64_t capacity, struct nk_cursors *own,
			  const struct nk_cursors *peer, uint32_t epoch);

/*
 * Lays out a record for a payload of up to max_length bytes and stores its address; nothing is visible to the peer
 * yet, and a later claim replaces this one. -EAGAIN: the ring is full. -EMSGSIZE: more than NK_MAX_PAYLOAD.
 * -EPROTO: faulty peer.
 */
int nk_ring_claim(struct nk_ring_producer *ring, uint32_t max_length, struct nk_record **record);

/*
 * Header and frame of a claimed record in one piece, as a TAP reads and writes them: NK_VNET_HDR_LENGTH +
 * max_length bytes.
 */
static inline uint8_t *nk_record_frame(struct nk_record *record)
{
	return (uint8_t *)record + offsetof(struct nk_record, vnet_hdr);
}

/*
 * Publishes the claimed record with the payload that was really written, 1 to max_length bytes. Its vnet_hdr is the
 * caller's to write too, whatever the type.
 */
int nk_ring_publish(struct nk_ring_producer *ring, uint16_t type, uint32_t length, uint64_t enqueued_at);

/*
 * Bytes, in one piece and from the claimed record's begin on, that are the producer's to write: that record and the
 * free room behind it, as of the last look at the consumer's head. 0: nothing is claimed. Two records that fit into it
 * can be claimed one after the other, and the second begins directly behind the first.
 */
uint64_t nk_ring_room(const struct nk_ring_producer *ring);

/* Forgets the claimed record. */
void nk_ring_cancel(struct nk_ring_producer *ring);

/*
 * Publishes the room of the claimed record as padding: what a producer does that had laid out more records behind
 * it.
 */
int nk_ring_publish_padding(struct nk_ring_producer *ring);

/*
 * True if the consumer must be woken for what was published since the last call. Full fence inside: call it once
 * for a batch.
 */
bool nk_ring_needs_doorbell(struct nk_ring_producer *ring);

/*
 * Asks to be woken once a quarter of the ring is free. 1: still full, sleep; 0: the head moved, claim again;
 * -EPROTO.
 */
int nk_ring_ask_for_space(struct nk_ring_producer *ring);

/*
 * 1: the oldest record is in `message`; 0: nothing now; -EPROTO. Repeated without nk_ring_advance() it gives the
 * same record. Padding is skipped, a bounded number in one call, so that 0 does not prove that the ring is empty:
 * nk_ring_ask_for_wake() does.
 */
int nk_ring_poll(struct nk_ring_consumer *ring, struct nk_message *message);

/* Steps over the record last polled. Its bytes stay ours until nk_ring_release(). */
void nk_ring_advance(struct nk_ring_consumer *ring);

/*
 * Records that were published and never consumed: what is lost when the peer's epoch ends. They are walked, and
 * believed no more than in nk_ring_poll(): a record that cannot be counts as one, and as the last.
 */
uint64_t nk_ring_undelivered(struct nk_ring_producer *ring);
uint64_t nk_ring_unread(struct nk_ring_consumer *ring);

/* Gives all bytes stepped over back to the producer. */
void nk_ring_release(struct nk_ring_consumer *ring);

/* True if the producer waits for space that was released since the last call. Full fence inside. */
bool nk_ring_needs_space_doorbell(struct nk_ring_consumer *ring);

/* Releases, and asks to be woken by the next record. 0: the ring is empty, sleep; 1: there is something; -EPROTO. */
int nk_ring_ask_for_wake(struct nk_ring_consumer *ring);

/*
 * Attachment
 */

struct nk;
struct nk_channel;

struct nk_options {
	const char *socket_path;	/* the OS's attach socket */
	const char *os_name;
	const char *token_path;		/* file of NK_TOKEN_LENGTH bytes, read anew at each attach */
	int timeout_ms;			/* for nk_attach() to be answered; 0: 5000 */
};

/* Why the nanokernel refused: enum nk_attach_error, and its text. error 0: it did not. */
struct nk_refusal {
	uint32_t error;
	char text[NK_REFUSED_TEXT_LENGTH];
};

/*
 * Attaches and waits for the answer. On success *nk is to be ended with nk_detach(). -ECONNREFUSED with
 * refusal->error set: the nanokernel said no. Other errors are those of the socket and the token file; -EPROTO: the
 * answer breaks docs/abi.md. `refusal` may be NULL.
 */
int nk_attach(const struct nk_options *options, struct nk **nk, struct nk_refusal *refusal);

/* Closes the socket and every channel, unmaps everything, frees nk. */
void nk_detach(struct nk *nk);

/*
 * After NK_EVENT_LOST: begins to attach again, without waiting; nk_fd() is then valid, and NK_EVENT_ATTACHED or
 * NK_EVENT_LOST follows from nk_dispatch(). Channels stay usable meanwhile. If it is still the same boot and epoch,
 * channels keep their state (a quarantined one stays so) and only missing peers are reported gone; else all are.
 */
int nk_reattach(struct nk *nk);

/* The attach socket to wait on for reading; -1 while detached. It changes with nk_reattach(). */
int nk_fd(const struct nk *nk);

enum nk_event_type {
	NK_EVENT_NONE = 0,	/* nothing more now */
	NK_EVENT_ATTACHED,	/* own and management region are mapped; nk_attach() has already taken the first one */
	NK_EVENT_PEER,		/* channel is open */
	NK_EVENT_PEER_GONE,	/* channel is closed; its descriptors last until the next nk_dispatch() */
	NK_EVENT_PEER_REFUSED,	/* what came for this peer breaks docs/abi.md: error says how, it stays closed */
	NK_EVENT_SYNCED,	/* all peers that live now were reported */
	NK_EVENT_LOST,		/* the socket ended; error says why, refusal is set if the nanokernel said no */
};

struct nk_event {
	enum nk_event_type type;
	struct nk_channel *channel;	/* PEER, PEER_GONE, PEER_REFUSED */
	int error;			/* PEER_REFUSED, LOST: a negative errno */
	struct nk_refusal refusal;	/* LOST */
};

/* Takes one event without waiting. Call it until NK_EVENT_NONE whenever nk_fd() is readable. Returns event->type. */
int nk_dispatch(struct nk *nk, struct nk_event *event);

/* Tells the nanokernel that frames can flow. */
int nk_ready(struct nk *nk);

/* Stores the heartbeat: call it at least every nk_heartbeat_period_ms(). */
void nk_beat(struct nk *nk);

/*
 * Writes the panic record of this OS, the text cut to NK_PANIC_TEXT_LENGTH - 1 bytes, and tells the nanokernel, which
 * ends the OS. Safe in a signal handler.
 */
void nk_panic(struct nk *nk, uint32_t code, const char *text);

/*
 * From now on a signal that ends the process because of an error of its own (SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE,
 * SIGTRAP) writes the panic record first. Again after each NK_EVENT_ATTACHED; one attachment of a process. `program`
 * names the process in the record and must live on.
 */
int nk_trap(struct nk *nk, const char *program);

/* The nanokernel's own sign of life: the time of its last beat. */
uint64_t nk_nanokernel_heartbeat(const struct nk *nk);

/* A peer's sign of life, as it says; 0 while the channel is closed. */
uint64_t nk_peer_heartbeat(const struct nk_channel *channel);

/* Tells the nanokernel that a peer has not beaten within its deadline. */
int nk_report_silent(struct nk *nk, const struct nk_channel *channel);

/* Tells the nanokernel that the channel to a peer was quarantined. */
int nk_report_lied(struct nk *nk, const struct nk_channel *channel);

uint32_t nk_os_id(const struct nk *nk);
uint32_t nk_epoch(const struct nk *nk);
uint32_t nk_heartbeat_period_ms(const struct nk *nk);
uint32_t nk_heartbeat_deadline_ms(const struct nk *nk);

/* This OS's Ethernet address, as the OS table has it. */
void nk_mac(const struct nk *nk, uint8_t mac[6]);

/* The management region, read-only, for what has no accessor here. */
const struct nk_management *nk_management(const struct nk *nk);

/*
 * Channels
 */

enum nk_channel_state {
	NK_CHANNEL_CLOSED = 0,		/* no peer: every operation returns -ENOTCONN */
	NK_CHANNEL_OPEN = 1,
	NK_CHANNEL_QUARANTINED = 2,	/* every operation returns -EPROTO until the peer's next epoch */
};

struct nk_channel_counters {
	uint64_t records_sent;
	uint64_t bytes_sent;		/* of payload */
	uint64_t ring_full;		/* claims that found no room */
	uint64_t doorbells_sent;
	uint64_t records_received;
	uint64_t bytes_received;
	uint64_t sequence_gaps;
	uint64_t paddings;		/* records skipped */
	uint64_t undelivered;		/* sent records that a peer had not consumed when its epoch ended */
	uint64_t unread;		/* records of a peer that were not consumed when its epoch ended */
	uint64_t quarantined[NK_FAULT_COUNT];
};

/* Iterates over open and quarantined channels in the order of peer ids; NULL begins, NULL ends. */
struct nk_channel *nk_next_channel(struct nk *nk, const struct nk_channel *after);

/* The channel to a peer id below NK_MAX_OS, in whatever state. It lives as long as nk. */
struct nk_channel *nk_channel(struct nk *nk, uint32_t peer_id);

enum nk_channel_state nk_channel_state(const struct nk_channel *channel);
enum nk_fault nk_channel_fault(const struct nk_channel *channel);
uint32_t nk_peer_id(const struct nk_channel *channel);
uint32_t nk_peer_epoch(const struct nk_channel *channel);
const char *nk_peer_name(const struct nk_channel *channel);

/* Totals since the process attached first, over all epochs of the peer. */
void nk_channel_counters(const struct nk_channel *channel, struct nk_channel_counters *counters);

/* What becomes readable when the peer rings. Wait with EPOLLET; there is nothing to read in it. */
int nk_wait_fd(const struct nk_channel *channel);

/* As nk_ring_claim(), nk_ring_room(), nk_ring_publish() and nk_ring_cancel(). */
int nk_claim(struct nk_channel *channel, uint32_t max_length, struct nk_record **record);
uint64_t nk_room(const struct nk_channel *channel);
int nk_publish(struct nk_channel *channel, uint16_t type, uint32_t length, uint64_t enqueued_at);
void nk_cancel(struct nk_channel *channel);

/*
 * Rings the peer's doorbell if it waits for what was published, or for room that was released, since the last call.
 * Call it at the end of each batch. 1: rung, 0: not needed.
 */
int nk_doorbell(struct nk_channel *channel);

/* As nk_ring_ask_for_space(). */
int nk_ask_for_space(struct nk_channel *channel);

/* As nk_ring_poll(), nk_ring_advance(), nk_ring_release() and nk_ring_ask_for_wake(). */
int nk_poll(struct nk_channel *channel, struct nk_message *message);
void nk_advance(struct nk_channel *channel);
void nk_release(struct nk_channel *channel);
int nk_ask_for_wake(struct nk_channel *channel);

/* As nk_ring_undelivered(): records that the peer has not consumed yet. 0 unless the channel is open. */
uint64_t nk_undelivered(struct nk_channel *channel);

/* Stops using an open channel until the peer's next epoch. */
void nk_quarantine(struct nk_channel *channel, enum nk_fault fault);

#ifdef __cplusplus
}
#endif

#endif
