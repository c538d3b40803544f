// SPDX-License-Identifier: Apache-2.0
/*
 * nk-bench.c - what the nanokernel costs two programs, and what the bare means of the kernel cost them.
 *
 *	nk-bench answer PORT			replies to requests until its sender closes
 *	nk-bench ask OS PORT COUNT		round trips of 64 bytes, both sides block
 *	nk-bench take PORT COUNT		receives, and shows how fast
 *	nk-bench stream OS PORT COUNT		sends messages of 64 bytes in batches
 *	nk-bench semaphore COUNT		takes a unit and gives it back, alone
 *	nk-bench eventfd|socket COUNT		round trips of two processes over two eventfds, a pair of sockets
 *
 * Each but stream prints one line: figures of a round trip, "P50 P99" in nanoseconds; messages a second; nanoseconds.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nk_program.h"
#include "nk_sync.h"

#define LENGTH 64
#define BATCH 64
#define WARM_UP 1000
#define CAPACITY (1u << 20)

static char payload[LENGTH];

__attribute__((noreturn))
static void fail(const char *what, int error)
{
	fprintf(stderr, "nk-bench: %s: %s\n", what, strerror(-error));
	exit(1);
}

static int check(const char *what, int result)
{
	if (result < 0)
		fail(what, result);
	return result;
}

static struct nk_program *join(void)
{
	struct nk_program *program;

	check("join", nk_join_here(&program, NULL));
	return program;
}

/* The port may not be open yet. */
static struct nk_connection *reach(struct nk_program *program, const char *os, const char *name)
{
	struct nk_connection *connection;
	uint64_t deadline = nk_now() + 5000000000u;
	int error;

	while ((error = nk_connect(program, os, name, &connection)) == -ECONNREFUSED && nk_now() < deadline)
		usleep(1000);
	check("connect", error);
	return connection;
}

static int by_size(const void *one, const void *two)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)two;

	return a < b ? -1 : a > b;
}

static void show_round_trips(uint64_t *times, long count)
{
	qsort(times, (size_t)count, sizeof(*times), by_size);
	printf("%llu %llu\n", (unsigned long long)times[count / 2], (unsigned long long)times[count * 99 / 100]);
}

static uint64_t *times_of(long count)
{
	uint64_t *times = count > 0 ? calloc((size_t)count, sizeof(*times)) : NULL;

	if (!times)
		fail("count", -EINVAL);
	return times;
}

static void answer(const char *name)
{
	struct nk_received request;
	struct nk_port *port;

	check("open", nk_port_open(join(), name, 0, &port));
	check("first", nk_port_receive(port, &request, -1));
	/* From then on until the other end closes. */
	do {
		check("reply", nk_reply(&request, request.data, request.length, -1));
	} while (nk_port_receive(port, &request, 1000) == 1);
}

static void ask(const char *os, const char *name, long count)
{
	struct nk_connection *connection = reach(join(), os, name);
	uint64_t *times = times_of(count);
	struct nk_received reply;

	for (long i = -WARM_UP; i < count; i++) {
		uint64_t begin = nk_now();

		check("request", nk_request(connection, payload, LENGTH, &reply, -1));
		if (i >= 0)
			times[i] = nk_now() - begin;
	}
	show_round_trips(times, count);
}

static void take(const char *name, long count)
{
	struct nk_received message;
	struct nk_port *port;
	uint64_t begin;

	check("open", nk_port_open(join(), name, CAPACITY, &port));
	check("first", nk_port_receive(port, &message, -1));
	begin = nk_now();
	for (long i = 1; i < count; i++)
		check("receive", nk_port_receive(port, &message, -1));
	printf("%.0f\n", (double)(count - 1) * 1e9 / (double)(nk_now() - begin));
}

static void stream(const char *os, const char *name, long count)
{
	struct nk_program *program = join();
	struct nk_connection *connection = reach(program, os, name);

	for (long i = 0; i < count; i++) {
		int error = nk_offer(connection, payload, LENGTH);

		if (error == -EAGAIN) {
			nk_flush(connection);
			error = nk_send(connection, payload, LENGTH, -1);
		} else if (i % BATCH == BATCH - 1) {
			nk_flush(connection);
		}
		check("send", error);
	}
	nk_flush(connection);
	/* What was sent is there to be read until the other end has done so and closed. */
	while (nk_connection_closed(connection) == 0) {
		struct nk_received nothing;

		nk_receive(connection, &nothing, 100);
	}
}

static void semaphore(long count)
{
	struct nk_sync *sync;
	uint64_t begin;

	check("open", nk_sync_open(join(), "bench", NK_SYNC_SEMAPHORE, 1, 1, &sync));
	begin = nk_now();
	for (long i = 0; i < count; i++) {
		check("wait", nk_semaphore_wait(sync, -1));
		check("post", nk_semaphore_post(sync));
	}
	printf("%.1f\n", (double)(nk_now() - begin) / (double)count / 2);
}

static void pass_on(int from, int to, size_t length)
{
	char data[LENGTH];

	if (read(from, data, length) != (ssize_t)length || write(to, data, length) != (ssize_t)length)
		exit(0);
}

/* Each end reads one descriptor and writes another; of a pair of sockets both are the same. */
static void bare(int near_in, int near_out, int far_in, int far_out, size_t length, long count)
{
	uint64_t *times = times_of(count);
	uint64_t one = 1;
	char data[LENGTH] = {0};
	pid_t child = fork();

	if (child < 0)
		fail("fork", -errno);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pass_on(far_in, far_out, length);
	}
	memcpy(data, &one, sizeof(one));
	for (long i = -WARM_UP; i < count; i++) {
		uint64_t begin = nk_now();

		if (write(near_out, data, length) != (ssize_t)length || read(near_in, data, length) != (ssize_t)length)
			fail("round trip", -errno);
		if (i >= 0)
			times[i] = nk_now() - begin;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	show_round_trips(times, count);
}

static void bare_eventfd(long count)
{
	int there = check("eventfd", eventfd(0, EFD_CLOEXEC)), back = check("eventfd", eventfd(0, EFD_CLOEXEC));

	bare(back, there, there, back, sizeof(uint64_t), count);
}

static void bare_socket(long count)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		fail("socketpair", -errno);
	bare(pair[0], pair[0], pair[1], pair[1], LENGTH, count);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "answer") && argc == 3) {
		answer(argv[2]);
	} else if (!strcmp(what, "ask") && argc == 5) {
		ask(argv[2], argv[3], atol(argv[4]));
	} else if (!strcmp(what, "take") && argc == 4) {
		take(argv[2], atol(argv[3]));
	} else if (!strcmp(what, "stream") && argc == 5) {
		stream(argv[2], argv[3], atol(argv[4]));
	} else if (!strcmp(what, "semaphore") && argc == 3) {
		semaphore(atol(argv[2]));
	} else if (!strcmp(what, "eventfd") && argc == 3) {
		bare_eventfd(atol(argv[2]));
	} else if (!strcmp(what, "socket") && argc == 3) {
		bare_socket(atol(argv[2]));
	} else {
		fprintf(stderr, "usage: nk-bench answer PORT | ask OS PORT COUNT | take PORT COUNT | stream OS PORT COUNT\n"
				"       | semaphore COUNT | eventfd COUNT | socket COUNT\n");
		return 64;
	}
	return 0;
}
