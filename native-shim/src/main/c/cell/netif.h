/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netif.h - network interfaces of two network namespaces, by rtnetlink.
 *
 * A socket belongs to the namespace in which it was made, wherever its process goes, and so do the indexes that are
 * asked for through it. Every function returns -errno for what the kernel refuses: ENODEV, there is no such interface.
 */
#ifndef CELL_NETIF_H
#define CELL_NETIF_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#define NETIF_MAX_ADDRESS 32

struct netif {
	char name[IF_NAMESIZE];
	uint32_t mtu;
	uint8_t address[NETIF_MAX_ADDRESS]; /* of the link layer */
	size_t address_length;
};

/* Returns a socket of the caller's network namespace. */
int netif_socket(void);

/* Returns the index of the interface that has this name; one that has it beside its name counts, too. */
int netif_index(int socket, const char *name);

/* Says how an interface is now. */
int netif_read(int socket, int index, struct netif *netif);

/* Takes an interface down and makes it what it was before, as far as its driver lets it. */
void netif_reset(int socket, int index, const struct netif *before);

/*
 * Moves an interface to a network namespace, where it is called `name`, or the first of that pattern ("eth1_%d") which
 * is free; it is down then, and without addresses. EEXIST: the name is taken there. The interface may then have gone
 * there all the same, under the name that it had.
 */
int netif_move(int socket, int index, int netns, const char *name);

/* Takes away the names that an interface has beside its name: each has to be free where it is moved to. */
int netif_drop_other_names(int socket, int index);

#endif
