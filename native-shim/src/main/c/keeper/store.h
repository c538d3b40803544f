/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - what nk-keeper keeps: descriptors and words by name. One thread. */
#ifndef NK_KEEPER_STORE_H
#define NK_KEEPER_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "keeper/keeper.h"

#define STORE_BUCKETS 4096

struct kept {
	struct kept *next;
	/* As it is told: an ENTRY. */
	struct keeper_header header;
	/* Name, NUL, text. */
	size_t length;
	int fd_count;
	int fds[KEEPER_MAX_FDS];
	char words[];
};

/* Empty if all of it is zero. */
struct store {
	/* By the hash of their names. */
	struct kept *buckets[STORE_BUCKETS];
	int count;
};

void close_all(const int *fds, int count);

/*
 * Keeps it in place of what has the name, the first of the words, which end in it or behind it. Takes the descriptors,
 * whatever comes of it. False if there is no room.
 */
bool store_keep(struct store *store, const struct keeper_header *header, const char *words, size_t length, const int *fds,
		int fd_count);

void store_drop(struct store *store, const char *name);

void store_drop_all(struct store *store);

#endif
