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

/* Returns a socket of the caller's network namespace. */
int netif_socket(void);

/* Returns the index of the interface that has this name; one that has it beside its name counts, too. */
int netif_index(int socket, const char *name);

/* Says which name an interface has. */
int netif_name(int socket, int index, char name[IF_NAMESIZE]);

/*
 * Moves an interface to a network namespace, where it is called `name`, or the first of that pattern ("eth1_%d") which
 * is free; it is down then, and without addresses. EEXIST: the name is taken there. The interface may then have gone
 * there all the same, under the name that it had.
 */
int netif_move(int socket, int index, int netns, const char *name);

/* Takes away the names that an interface has beside its name: each has to be free where it is moved to. */
int netif_drop_other_names(int socket, int index);

#endif
