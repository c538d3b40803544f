/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attachment.h - what attach.c, packet.c, channel.c and region.c know of one another. Programs include nk.h alone.
 */
#ifndef NK_ATTACHMENT_H
#define NK_ATTACHMENT_H

#include "nk.h"

/* Descriptors of the message with the most, CONNECTION; a packet that brings more is refused. */
#define NK_PACKET_FDS 4

struct nk_channel {
	struct nk *nk;
	uint32_t peer_id;
	uint32_t peer_epoch;
	char peer_name[NK_NAME_LENGTH];
	enum nk_channel_state state;
	enum nk_fault fault;
	struct nk_ring_producer producer;
	struct nk_ring_consumer consumer;
	const struct nk_os_region *region;	/* the peer's, read-only; NULL: not mapped */
	uint64_t region_length;
	int wait_fd;
	int ring_fd;
	bool confirmed;				/* reported by the nanokernel since the last ATTACHED */
	bool going;				/* PEER_GONE is to be reported */
	bool reported_gone;			/* PEER_GONE was reported: release at the next dispatch */
	struct nk_channel_counters counters;	/* of earlier epochs, and what the rings do not count */
};

/* One packet of the attach socket with its descriptors; who takes a descriptor sets it to -1. */
struct nk_packet {
	union {
		struct nk_attach_header header;
		struct nk_attached attached;
		struct nk_peer peer;
		struct nk_peer_gone peer_gone;
		struct nk_refused refused;
		struct nk_joined joined;
		struct nk_connection_grant connection;
		struct nk_closed closed;
		struct nk_answer answer;
		struct nk_memory_grant memory;
		struct nk_sync_grant sync;
		struct nk_listing listing;
	};
	int fds[NK_PACKET_FDS];
	int fd_count;
};

enum nk_phase { NK_DETACHED, NK_ATTACHING, NK_ATTACHED_PHASE };

struct nk {
	struct nk_options options;
	int socket;
	enum nk_phase phase;
	uint32_t os_id;
	uint32_t epoch;
	const struct nk_management *management;
	struct nk_os_region *region;		/* own */
	uint64_t region_length;
	struct nk_packet held;			/* waits until the channel that it replaces was reported gone */
	bool holding;
	struct nk_channel channels[NK_MAX_OS];
};

/* Closes the descriptors of a packet that nobody took. */
void nk_packet_drop(struct nk_packet *packet);

/* The header of a packet of `length` bytes in all. */
struct nk_attach_header nk_packet_header(uint16_t type, size_t length);

/* Neither waits. Sending: -ENOTCONN without a socket (-1), -EAGAIN if there is no room. */
int nk_packet_send(int socket, const void *packet, size_t length);

/* -EAGAIN: nothing there. -ECONNRESET: the nanokernel closed. -EPROTO: not a packet of this ABI, which is dropped. */
int nk_packet_receive(int socket, struct nk_packet *packet);

/*
 * Connects to the options' socket and sends ATTACH or JOIN with its name and token. Returns the socket, which does not
 * block, or -errno; -EBADMSG: the token file is not one.
 */
int nk_dial(const struct nk_options *options, uint16_t type);

/*
 * Maps a sealed memory object, at the address `hint` if that is free. -EPERM: a seal is missing; -EOVERFLOW: its
 * size is not `length`.
 */
int nk_region_map(int fd, uint64_t length, bool writable, uint64_t hint, void **address);
void nk_region_unmap(const void *address, uint64_t length);

/* -EPROTO, unless the first words are those of this revision and of this OS in this epoch. */
int nk_region_check_os(const struct nk_os_region *region, uint64_t length, uint32_t os_id, uint32_t epoch);
int nk_region_check_management(const struct nk_management *management);

void nk_channel_init(struct nk_channel *channel, struct nk *nk, uint32_t peer_id);

/* Takes the three descriptors of the packet on success, and none on failure. */
int nk_channel_open(struct nk_channel *channel, struct nk_packet *packet);

/* Forbids further use; memory and descriptors stay until nk_channel_free(). */
void nk_channel_close(struct nk_channel *channel);
void nk_channel_free(struct nk_channel *channel);

#endif
