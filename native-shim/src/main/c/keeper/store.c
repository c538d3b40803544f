// SPDX-License-Identifier: Apache-2.0
/* store.c - see store.h. */
#include "keeper/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void close_all(const int *fds, int count)
{
	while (count > 0)
		close(fds[--count]);
}

/* Where the entry is, or would be. */
static struct kept **find(struct store *store, const char *name)
{
	struct kept **at;
	/* FNV-1a. */
	uint32_t hash = UINT32_C(2166136261);

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT32_C(16777619);
	at = &store->buckets[hash % STORE_BUCKETS];
	while (*at && strcmp((*at)->words, name) != 0)
		at = &(*at)->next;
	return at;
}

static void drop(struct store *store, struct kept **at)
{
	struct kept *entry = *at;

	*at = entry->next;
	store->count--;
	close_all(entry->fds, entry->fd_count);
	free(entry);
}

void store_drop(struct store *store, const char *name)
{
	struct kept **at = find(store, name);

	if (*at)
		drop(store, at);
}

void store_drop_all(struct store *store)
{
	for (int i = 0; i < STORE_BUCKETS; i++) {
		while (store->buckets[i])
			drop(store, &store->buckets[i]);
	}
}

bool store_keep(struct store *store, const struct keeper_header *header, const char *words, size_t length, const int *fds,
		int fd_count)
{
	struct kept **at = find(store, words);
	struct kept *entry = store->count < KEEPER_MAX_ENTRIES ? malloc(sizeof(*entry) + length) : NULL;

	if (!entry) {
		close_all(fds, fd_count);
		return false;
	}
	entry->header = *header;
	entry->header.type = KEEPER_ENTRY;
	entry->header.status = KEEPER_ALIVE;
	entry->length = length;
	entry->fd_count = fd_count;
	memcpy(entry->fds, fds, (size_t)fd_count * sizeof(*fds));
	memcpy(entry->words, words, length);
	/* It stays in its place, and its process what it is. */
	if (*at) {
		if ((*at)->header.pid == entry->header.pid)
			entry->header.status = (*at)->header.status;
		entry->next = (*at)->next;
		close_all((*at)->fds, (*at)->fd_count);
		free(*at);
	} else {
		entry->next = NULL;
		store->count++;
	}
	*at = entry;
	return true;
}
