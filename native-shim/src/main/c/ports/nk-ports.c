// SPDX-License-Identifier: Apache-2.0
/*
 * nk-ports.c - the ports of all routers that live, without a JVM, for nanorouter-extcap.
 *
 *	nk-ports DIRECTORY	a line "INSTANCE OS PORT KIND" for each port
 *
 * Asks, all at once, whoever listens at DIRECTORY/INSTANCE/os/OS/router.sock.capture: what a killed router left says
 * nothing. A router that gives no answer within ANSWER_MS has no ports.
 *
 * The directory of an OS is the OS's own, so what is there may be anything: no link is followed to it, who listens is
 * the directory's owner, and only what could be a name is printed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define SOCKET "router.sock.capture"
/* CaptureSocket.java has the same. */
#define REQUEST "{\"verb\":\"ports\"}"
#define ANSWER_MS 500
#define MAX_ROUTERS 128
/* Of an instance and of an OS, with its end. */
#define NAME_LENGTH 32
#define MAX_PORT_NAME 64
#define MAX_KIND 16
#define MAX_ANSWER 8192

struct router {
	char instance[NAME_LENGTH];
	char os[NAME_LENGTH];
	char answer[MAX_ANSWER];
};

static struct router routers[MAX_ROUTERS];
/* The socket of each; -1: no answer is awaited any more. */
static struct pollfd polled[MAX_ROUTERS];
static nfds_t router_count;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether all of it is letters, digits and `others`, and there is something, but not too much. */
static bool is_word(const char *text, size_t length, size_t most, const char *others)
{
	if (length < 1 || length > most)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strchr(others, c))
			return false;
	}
	return true;
}

static int is_name(const struct dirent *entry)
{
	return is_word(entry->d_name, strlen(entry->d_name), NAME_LENGTH - 1, "-");
}

static int open_directory(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Connects to what is a socket in that directory and is served by the directory's owner; returns it, or -1. */
static int connect_in(int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat owner, file;
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int fd;

	if (fstat(directory, &owner) || fstatat(directory, SOCKET, &file, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISSOCK(file.st_mode))
		return -1;
	/* Whatever the length of the path. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET, directory);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* A link may have taken the socket's place meanwhile. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) || peer.uid != owner.st_uid) {
		close(fd);
		return -1;
	}
	return fd;
}

static void ask(int parent, const char *instance, const char *os)
{
	int directory = open_directory(parent, os), fd;

	if (directory < 0)
		return;
	fd = connect_in(directory);
	close(directory);
	if (fd < 0)
		return;
	if (router_count == MAX_ROUTERS || send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) < 0) {
		close(fd);
		return;
	}
	strcpy(routers[router_count].instance, instance);
	strcpy(routers[router_count].os, os);
	polled[router_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void ask_instance(int base, const char *instance)
{
	struct dirent **names;
	int directory = open_directory(base, instance), parent, count;

	if (directory < 0)
		return;
	parent = open_directory(directory, "os");
	close(directory);
	if (parent < 0)
		return;
	count = scandirat(parent, ".", &names, is_name, alphasort);
	for (int i = 0; i < count; i++)
		ask(parent, instance, names[i]->d_name);
	close(parent);
}

static void receive(nfds_t i)
{
	ssize_t length = recv(polled[i].fd, routers[i].answer, MAX_ANSWER - 1, 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	routers[i].answer[length > 0 ? length : 0] = '\0';
	close(polled[i].fd);
	polled[i].fd = -1;
}

static void await_answers(void)
{
	int64_t end = now_ms() + ANSWER_MS;

	for (;;) {
		nfds_t waiting = 0;
		int64_t left = end - now_ms();

		for (nfds_t i = 0; i < router_count; i++)
			waiting += polled[i].fd >= 0;
		if (!waiting || left <= 0)
			return;
		if (poll(polled, router_count, (int)left) < 0 && errno != EINTR)
			return;
		for (nfds_t i = 0; i < router_count; i++) {
			if (polled[i].fd >= 0 && polled[i].revents)
				receive(i);
		}
	}
}

/* The answer is a line "PORT KIND" for each. */
static void show(struct router *router)
{
	char *rest = router->answer, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *kind = strchr(line, ' ');

		if (kind && is_word(line, (size_t)(kind - line), MAX_PORT_NAME, "._-:") &&
		    is_word(kind + 1, strlen(kind + 1), MAX_KIND, "-"))
			printf("%s %s %s\n", router->instance, router->os, line);
	}
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int base, count;

	if (argc != 2) {
		fputs("usage: nk-ports DIRECTORY\n", stderr);
		return EX_USAGE;
	}
	/* This one may be a link: it is the user's choice. What is allocated here is left to the end of the process. */
	base = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	count = base < 0 ? 0 : scandirat(base, ".", &names, is_name, alphasort);
	for (int i = 0; i < count; i++)
		ask_instance(base, names[i]->d_name);
	await_answers();
	for (nfds_t i = 0; i < router_count; i++)
		show(&routers[i]);
	return fflush(stdout) == EOF ? EX_IOERR : EX_OK;
}
