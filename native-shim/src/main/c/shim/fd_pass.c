// SPDX-License-Identifier: Apache-2.0
/*
 * fd_pass.c - unix seqpacket sockets that carry descriptors.
 *
 * What a message brings is taken whole or not at all. The room for descriptors is always the kernel's maximum, so that
 * every one that came is known to us and can be closed; a smaller room would make the kernel drop the rest, but only
 * after it had told us no more than that it did.
 */
#include "nk_shim.h"
#include "resume.h"
#include "unix_address.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* Connections that may wait to be accepted. */
#define BACKLOG 64

/* Also room for credentials, which come unasked if somebody turned SO_PASSCRED on. */
#define CONTROL_LENGTH (CMSG_SPACE(NKS_MAX_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred)))

int nks_unix_address(struct sockaddr_un *address, const char *path)
{
	size_t length;

	if (!path || !*path)
		return -EINVAL;
	length = strnlen(path, sizeof(address->sun_path));
	if (length == sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	return 0;
}

/* Whether the path is a socket that nobody has bound any more. */
static int is_stale(const struct sockaddr_un *address, int type)
{
	struct stat status;
	int fd, stale;

	if (lstat(address->sun_path, &status) || !S_ISSOCK(status.st_mode))
		return 0;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

int nks_unix_bind(const char *path, int type, int mode)
{
	struct sockaddr_un address;
	int fd, error;

	error = nks_unix_address(&address, path);
	if (error)
		return error;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/*
	 * The socket's own mode is where bind takes the file's from, less the umask, so nobody can slip in between bind and
	 * chmod, which gives back what the umask took.
	 */
	if (fchmod(fd, (mode_t)mode))
		goto fail;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		if (errno != EADDRINUSE)
			goto fail;
		if (is_stale(&address, type))
			unlink(path);
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
			goto fail;
	}
	if (chmod(path, (mode_t)mode))
		goto fail;
	return fd;

fail:
	error = -errno;
	close(fd);
	return error;
}

int nks_unix_socket_listen_seq_packet(const char *path, int mode)
{
	int fd = nks_unix_bind(path, SOCK_SEQPACKET, mode);
	int error;

	if (fd >= 0 && listen(fd, BACKLOG)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int nks_unix_socket_accept(int fd)
{
	int accepted = RESUME(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));

	return accepted < 0 ? -errno : accepted;
}

int nks_unix_socket_peer_pid(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) ? -errno : peer.pid;
}

int nks_unix_socket_unread(int fd)
{
	int bytes;

	return ioctl(fd, SIOCOUTQ, &bytes) ? -errno : bytes;
}

int nks_unix_socket_connect_seq_packet(const char *path)
{
	const struct timeval patience = { .tv_sec = 1 }, endless = { 0 };
	struct sockaddr_un address;
	int fd, error;

	error = nks_unix_address(&address, path);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    RESUME(connect(fd, (struct sockaddr *)&address, sizeof(address))) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &endless, sizeof(endless)) || fcntl(fd, F_SETFL, O_NONBLOCK)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int nks_unix_socket_seq_packet_pair(int32_t *fds)
{
	if (!fds)
		return -EINVAL;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) ? -errno : 0;
}

int nks_unix_socket_send_with_fds(int fd, const void *address, int length, const int32_t *fds, int nfds)
{
	union {
		char bytes[CMSG_SPACE(NKS_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec data = { .iov_base = (void *)address, .iov_len = (size_t)length };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
	struct cmsghdr *part;
	ssize_t sent;

	if (length < 0 || nfds < 0 || nfds > NKS_MAX_FDS || (nfds && !fds))
		return -EINVAL;
	if (nfds) {
		size_t bytes = (size_t)nfds * sizeof(int);

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		memset(control.bytes, 0, message.msg_controllen);
		part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(part), fds, bytes);
	}
	sent = RESUME(sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
	return sent < 0 ? -errno : (int)sent;
}

/* Collects the descriptors of a received message. Returns their number. */
static int take_descriptors(struct msghdr *message, int *taken)
{
	int count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		size_t n;

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n && count < NKS_MAX_FDS; i++)
			memcpy(&taken[count++], CMSG_DATA(part) + i * sizeof(int), sizeof(int));
	}
	return count;
}

int nks_unix_socket_receive_with_fds(int fd, void *address, int capacity, int32_t *fds, int max_fds, int32_t *nfds)
{
	union {
		char bytes[CONTROL_LENGTH];
		struct cmsghdr align;
	} control;
	struct iovec data = { .iov_base = address, .iov_len = (size_t)capacity };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int taken[NKS_MAX_FDS];
	int count, error = 0;
	ssize_t received;

	if (capacity < 0 || max_fds < 0 || !nfds || (max_fds && !fds))
		return -EINVAL;
	*nfds = 0;
	received = RESUME(recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT));
	if (received < 0)
		return -errno;
	count = take_descriptors(&message, taken);
	/* There is room for as many as one message can bring, so the kernel cuts only where our table is full. */
	if (message.msg_flags & MSG_CTRUNC)
		error = -EMFILE;
	else if (message.msg_flags & MSG_TRUNC)
		error = -EMSGSIZE;
	else if (count > max_fds)
		error = -EBADMSG;
	if (error) {
		while (count)
			close(taken[--count]);
		return error;
	}
	if (count)
		memcpy(fds, taken, (size_t)count * sizeof(int));
	*nfds = count;
	return (int)received;
}
