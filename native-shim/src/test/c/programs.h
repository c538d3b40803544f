/* SPDX-License-Identifier: Apache-2.0 */
/*
 * programs.h - programs without a nanokernel, for the self-tests: each has a socket whose other end is the test's, and
 * a sync object that is a page of the test.
 */
#ifndef NK_TEST_PROGRAMS_H
#define NK_TEST_PROGRAMS_H

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claims.h"
#include "nk/program.h"

#define PROGRAMS 4u

static struct nk_sync_page page;

/* A program with one sync object, which all of them have. */
static struct peer {
	struct nk_program program;
	struct nk_sync sync;
	pthread_t thread;
	int nanokernel;				/* other end of the program's socket */
	int result;
	uint64_t seed;
	uint64_t count;
} peers[PROGRAMS];

static inline void join_all(enum nk_sync_kind kind, uint32_t initial, uint32_t limit)
{
	page = (struct nk_sync_page){.magic = NK_SYNC_MAGIC, .kind = kind, .limit = limit, .word = initial};
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		struct peer *peer = &peers[i];
		int ends[2];

		EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
		*peer = (struct peer){
			.program = {
				.socket = ends[0],
				.wait_set = epoll_create1(EPOLL_CLOEXEC),
				.interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				.os_name = "alpha",
				.id = i + 1,
			},
			.sync = {.program = &peer->program, .kind = kind, .limit = limit, .page = &page},
			.nanokernel = ends[1],
			.seed = i,
		};
		nk_join_wait_set(&peer->program, peer->program.socket, &peer->program.socket);
		nk_join_wait_set(&peer->program, peer->program.interrupt, &peer->program.interrupt);
	}
}

static inline void leave_all(void)
{
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		while (peers[i].program.memories)
			nk_memory_free(peers[i].program.memories);
		while (peers[i].program.syncs)
			nk_sync_free(peers[i].program.syncs);
		close(peers[i].program.socket);
		close(peers[i].program.wait_set);
		close(peers[i].program.interrupt);
		close(peers[i].nanokernel);
	}
}

static inline void start(uint32_t i, void *(*what)(void *))
{
	EXPECT(pthread_create(&peers[i].thread, NULL, what, &peers[i]) == 0);
}

static inline int result_of(uint32_t i)
{
	pthread_join(peers[i].thread, NULL);
	return peers[i].result;
}

#endif
