// SPDX-License-Identifier: Apache-2.0
/*
 * dgram.c - unix datagram sockets in batches, one frame a datagram.
 *
 * A table goes to the kernel in pieces of CHUNK slots, whose headers fit on the stack.
 */
#include "nk_shim.h"
#include "resume.h"
#include "unix_address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK 64

int nks_unix_socket_datagram_bind(const char *path, int mode)
{
	return nks_unix_bind(path, SOCK_DGRAM, mode);
}

int nks_unix_socket_datagram(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int nks_unix_socket_datagram_connect(int fd, const char *path)
{
	struct sockaddr_un address;
	int error = nks_unix_address(&address, path);

	if (error)
		return error;
	return RESUME(connect(fd, (struct sockaddr *)&address, sizeof(address))) ? -errno : 0;
}

static void fill(struct mmsghdr *messages, struct iovec *data, const struct nks_slot *table, int n)
{
	memset(messages, 0, (size_t)n * sizeof(*messages));
	for (int i = 0; i < n; i++) {
		data[i].iov_base = (void *)(uintptr_t)table[i].address;
		data[i].iov_len = table[i].length;
		messages[i].msg_hdr.msg_iov = &data[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

int nks_unix_socket_receive_batch(int fd, struct nks_slot *table, int n)
{
	struct mmsghdr messages[CHUNK];
	struct iovec data[CHUNK];
	int done = 0;

	if (!table || n < 1 || n > NKS_MAX_BATCH)
		return -EINVAL;
	while (done < n) {
		int asked = n - done < CHUNK ? n - done : CHUNK;
		int received;

		fill(messages, data, table + done, asked);
		received = RESUME(recvmmsg(fd, messages, (unsigned int)asked, MSG_DONTWAIT, NULL));
		if (received < 0)
			return done ? done : -errno;
		for (int i = 0; i < received; i++) {
			int truncated = messages[i].msg_hdr.msg_flags & MSG_TRUNC;

			table[done + i].result = truncated ? -EMSGSIZE : (int32_t)messages[i].msg_len;
		}
		done += received;
		if (received < asked)
			break;
	}
	return done;
}

int nks_unix_socket_send_batch(int fd, struct nks_slot *table, int n)
{
	struct mmsghdr messages[CHUNK];
	struct iovec data[CHUNK];
	int done = 0;

	if (!table || n < 0 || n > NKS_MAX_BATCH)
		return -EINVAL;
	while (done < n) {
		int asked = n - done < CHUNK ? n - done : CHUNK;
		int sent;

		fill(messages, data, table + done, asked);
		sent = RESUME(sendmmsg(fd, messages, (unsigned int)asked, MSG_DONTWAIT | MSG_NOSIGNAL));
		if (sent < 0) {
			/* The error is that of the first one; after a partial batch the next round finds it. */
			table[done].result = -errno;
			if (errno != EMSGSIZE)
				return done;
			done++;
			continue;
		}
		for (int i = 0; i < sent; i++)
			table[done + i].result = (int32_t)messages[i].msg_len;
		done += sent;
	}
	return done;
}
