// SPDX-License-Identifier: Apache-2.0
/*
 * nk-traffic.c - TCP traffic whose every byte is checked, for "nanorouter chaos".
 *
 *	nk-traffic address		prints the first IPv4 address of this OS that is not of the loopback
 *	nk-traffic serve PORT		echoes every connection
 *	nk-traffic check ADDRESS PORT	sends a stream of which each byte follows from its place, and checks what comes back
 *
 * "check" connects, again and again until it succeeds, and writes a line for whatever happens; times are of
 * CLOCK_MONOTONIC, in nanoseconds:
 *
 *	up TIME			connected, and the first bytes came back
 *	ok TIME BYTES		so many have come back right, in all, at most once in 5 ms
 *	corrupt TIME BYTE	the first wrong one of this connection; the connection is given up
 *	down TIME REASON	the connection ended
 *
 * Both end with their standard input, so that nothing outlives who started them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384
#define TICK_MS 2
#define REPORT_NS UINT64_C(5000000)
#define CONNECT_LIMIT_MS 50
#define RETRY_MS 5
/* Bytes on their way at most: more would only wait in a queue. */
#define WINDOW (8 * CHUNK)
#define MAX_CONNECTIONS 64

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int port_of(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (*end || port < 1 || port > 65535) {
		fprintf(stderr, "nk-traffic: '%s' is no port, 1 to 65535\n", text);
		exit(EX_USAGE);
	}
	return (int)port;
}

/* The byte at a place of the stream: a hash of the place (the finalizer of splitmix64), so that no spans are alike. */
static uint8_t byte_at(uint64_t place)
{
	uint64_t z = (place >> 3) + UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	z ^= z >> 31;
	return (uint8_t)(z >> (8 * (place & 7)));
}

static bool input_ended(const struct pollfd *input)
{
	char ignored[64];

	if (input->revents & POLLIN)
		return read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0;
	return input->revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int print_address(void)
{
	struct ifaddrs *all;
	char text[INET_ADDRSTRLEN] = "";

	if (getifaddrs(&all)) {
		perror("nk-traffic: getifaddrs");
		return EX_OSERR;
	}
	for (struct ifaddrs *a = all; a && !text[0]; a = a->ifa_next) {
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET && !(a->ifa_flags & IFF_LOOPBACK))
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr, text, sizeof(text));
	}
	freeifaddrs(all);
	if (!text[0]) {
		fputs("nk-traffic: this OS has no address\n", stderr);
		return EX_UNAVAILABLE;
	}
	puts(text);
	return EX_OK;
}

/* Echoes what one connection sent; false: it ended. What does not go out at once waits for the kernel, not for us. */
static bool echo(int fd)
{
	static uint8_t buffer[4 * CHUNK];
	ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	ssize_t sent = 0;

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	while (sent < length) {
		/* The other side keeps no more than WINDOW under way, which the socket's buffer takes. */
		ssize_t result = send(fd, buffer + sent, (size_t)(length - sent), MSG_NOSIGNAL);

		if (result < 0)
			return false;
		sent += result;
	}
	return length > 0;
}

static int serve(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct pollfd fds[2 + MAX_CONNECTIONS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	int on = 1, count = 2;

	fds[1] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN};
	setsockopt(fds[1].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fds[1].fd, (struct sockaddr *)&address, sizeof(address)) || listen(fds[1].fd, MAX_CONNECTIONS)) {
		perror("nk-traffic: listen");
		return EX_OSERR;
	}
	while (poll(fds, (nfds_t)count, -1) >= 0 || errno == EINTR) {
		if (input_ended(&fds[0]))
			return EX_OK;
		for (int i = count - 1; i >= 2; i--) {
			if (fds[i].revents && !echo(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--count];
			}
		}
		if (fds[1].revents) {
			int fd = accept4(fds[1].fd, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0 && count == 2 + MAX_CONNECTIONS) {
				close(fd);
			} else if (fd >= 0) {
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
				fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
			}
		}
	}
	return EX_OSERR;
}

/* Sleeps; ends the process if the input ended. */
static void pause_ms(int ms)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (poll(&input, 1, ms) > 0 && input_ended(&input))
		exit(EX_OK);
}

static int dial(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int on = 1, error = 0;
	socklen_t length = sizeof(error);

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A SYN that found nobody is sent again after a second: a new attempt is sooner. */
	if ((connect(fd, (const struct sockaddr *)address, sizeof(*address)) && errno != EINPROGRESS) ||
	    poll(&wait, 1, CONNECT_LIMIT_MS) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) || error) {
		close(fd);
		return -1;
	}
	return fd;
}

struct stream {
	int fd;
	uint64_t sent;
	uint64_t checked;
	uint64_t reported_at;
};

/* Sends more if the window has room. 0, or an errno. */
static int send_more(struct stream *stream)
{
	uint8_t chunk[CHUNK];
	ssize_t length;

	if (stream->sent - stream->checked > WINDOW - CHUNK)
		return 0;
	for (int i = 0; i < CHUNK; i++)
		chunk[i] = byte_at(stream->sent + (uint64_t)i);
	length = send(stream->fd, chunk, CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (length > 0)
		stream->sent += (uint64_t)length;
	return length < 0 && errno != EAGAIN ? errno : 0;
}

/* Checks what came. 0, an errno, or -1: a wrong byte, which was told. */
static int check_more(struct stream *stream)
{
	uint8_t buffer[2 * CHUNK];
	ssize_t length = recv(stream->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN ? 0 : errno;
	if (!length)
		return ECONNRESET;
	if (!stream->checked)
		printf("up %" PRIu64 "\n", now_ns());
	for (ssize_t i = 0; i < length; i++) {
		if (buffer[i] != byte_at(stream->checked)) {
			printf("corrupt %" PRIu64 " %" PRIu64 "\n", now_ns(), stream->checked);
			return -1;
		}
		stream->checked++;
	}
	if (now_ns() - stream->reported_at >= REPORT_NS) {
		stream->reported_at = now_ns();
		printf("ok %" PRIu64 " %" PRIu64 "\n", stream->reported_at, stream->checked);
	}
	return 0;
}

static int check(const char *host, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		fprintf(stderr, "nk-traffic: '%s' is no IPv4 address\n", host);
		return EX_USAGE;
	}
	for (;;) {
		struct stream stream = {.fd = dial(&address)};
		int error = 0;

		while (stream.fd >= 0 && !error) {
			pause_ms(TICK_MS);
			error = check_more(&stream);
			if (!error)
				error = send_more(&stream);
		}
		if (stream.fd < 0) {
			pause_ms(RETRY_MS);
		} else {
			printf("down %" PRIu64 " %s\n", now_ns(), error < 0 ? "corrupt" : strerror(error));
			close(stream.fd);
		}
	}
}

int main(int count, char **arguments)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_DFL);
	if (count == 2 && !strcmp(arguments[1], "address"))
		return print_address();
	if (count == 3 && !strcmp(arguments[1], "serve"))
		return serve(port_of(arguments[2]));
	if (count == 4 && !strcmp(arguments[1], "check"))
		return check(arguments[2], port_of(arguments[3]));
	fputs("Usage: nk-traffic address | serve PORT | check ADDRESS PORT\n", stderr);
	return EX_USAGE;
}
