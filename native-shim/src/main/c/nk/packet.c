// SPDX-License-Identifier: Apache-2.0
/*
 * packet.c - packets of the attach socket and their descriptors, docs/abi.md section 5.
 *
 * The nanokernel is trusted, yet each packet is checked: what is at the other end of a path may be something else.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attachment.h"

/* Room for more descriptors than any message has: surplus ones are seen and closed, rather than truncated. */
#define RECEIVABLE_FDS 16

static const uint32_t body_lengths[] = {
	[NK_ATTACHED] = sizeof(struct nk_attached) - sizeof(struct nk_attach_header),
	[NK_PEER] = sizeof(struct nk_peer) - sizeof(struct nk_attach_header),
	[NK_PEER_GONE] = sizeof(struct nk_peer_gone) - sizeof(struct nk_attach_header),
	[NK_SYNCED] = 0,
	[NK_REFUSED] = sizeof(struct nk_refused) - sizeof(struct nk_attach_header),
	[NK_JOINED] = sizeof(struct nk_joined) - sizeof(struct nk_attach_header),
	[NK_CONNECTION] = sizeof(struct nk_connection_grant) - sizeof(struct nk_attach_header),
	[NK_CLOSED] = sizeof(struct nk_closed) - sizeof(struct nk_attach_header),
	[NK_ANSWER] = sizeof(struct nk_answer) - sizeof(struct nk_attach_header),
	[NK_MEMORY] = sizeof(struct nk_memory_grant) - sizeof(struct nk_attach_header),
	[NK_SYNC] = sizeof(struct nk_sync_grant) - sizeof(struct nk_attach_header),
	[NK_LISTING] = sizeof(struct nk_listing) - sizeof(struct nk_attach_header),
};

static const int descriptor_counts[] = {
	[NK_ATTACHED] = 2,
	[NK_PEER] = 3,
	[NK_PEER_GONE] = 0,
	[NK_SYNCED] = 0,
	[NK_REFUSED] = 0,
	[NK_JOINED] = 1,
	[NK_CONNECTION] = 4,
	[NK_CLOSED] = 0,
	[NK_ANSWER] = 0,
	[NK_MEMORY] = 1,
	[NK_SYNC] = 1,
	[NK_LISTING] = 1,
};

void nk_packet_drop(struct nk_packet *packet)
{
	for (int i = 0; i < packet->fd_count; i++)
		close(packet->fds[i]);
	packet->fd_count = 0;
}

struct nk_attach_header nk_packet_header(uint16_t type, size_t length)
{
	return (struct nk_attach_header){
		.magic = NK_ATTACH_MAGIC,
		.revision = NK_REVISION,
		.type = type,
		.length = (uint32_t)(length - sizeof(struct nk_attach_header)),
	};
}

int nk_packet_send(int socket, const void *packet, size_t length)
{
	if (socket < 0)
		return -ENOTCONN;
	if (send(socket, packet, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	return 0;
}

static void collect_descriptors(struct msghdr *message, struct nk_packet *packet, bool *surplus)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (packet->fd_count < NK_PACKET_FDS) {
				packet->fds[packet->fd_count++] = fd;
			} else {
				close(fd);
				*surplus = true;
			}
		}
	}
}

static bool is_for_this_end(uint16_t type)
{
	switch (type) {
	case NK_ATTACHED:
	case NK_PEER:
	case NK_PEER_GONE:
	case NK_SYNCED:
	case NK_REFUSED:
	case NK_JOINED:
	case NK_CONNECTION:
	case NK_CLOSED:
	case NK_ANSWER:
	case NK_MEMORY:
	case NK_SYNC:
	case NK_LISTING:
		return true;
	default:
		return false;
	}
}

static bool well_formed(const struct nk_packet *packet, size_t length)
{
	const struct nk_attach_header *header = &packet->header;

	if (length < sizeof(*header) || header->magic != NK_ATTACH_MAGIC || header->revision != NK_REVISION)
		return false;
	if (!is_for_this_end(header->type))
		return false;
	return header->length == body_lengths[header->type] && length == sizeof(*header) + header->length &&
	       packet->fd_count == descriptor_counts[header->type];
}

int nk_packet_receive(int socket, struct nk_packet *packet)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(RECEIVABLE_FDS * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = packet, .iov_len = offsetof(struct nk_packet, fds)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	bool surplus = false;
	ssize_t length;

	packet->fd_count = 0;
	do {
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ECONNRESET;
	collect_descriptors(&message, packet, &surplus);
	if (surplus || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || !well_formed(packet, (size_t)length)) {
		nk_packet_drop(packet);
		return -EPROTO;
	}
	return 0;
}
