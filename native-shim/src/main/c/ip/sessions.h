/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions.h - ends the TCP sessions of this OS with another OS that is dead.
 *
 * Purpose. Nobody answers for a dead OS, so the programs that talk with it would wait until TCP gives up: a quarter of
 * an hour if they send, for ever if they do not. The endpoint of the survivor knows at once, and asks its own kernel:
 *
 *   Ethernet address of the dead OS --(neighbour table)--> IP addresses --(sock_diag)--> TCP sockets --> SOCK_DESTROY
 *
 * Each program then finds ECONNABORTED at its socket, be it idle or not.
 *
 * Which addresses. Those that the neighbour table of the TAP has for the Ethernet address now, and those that it had
 * when it was looked at before: an entry whose OS is silent for some ten seconds loses its Ethernet address. An address
 * that was seen with two Ethernet addresses belongs to several OSes, some of which may live: its sessions stay. So do
 * those with addresses that are no direct neighbours by way of this TAP, and those that are not established yet, since
 * their next attempt may find the OS restarted.
 *
 * Distrust. A peer says itself which IP addresses it has. One that claims another's makes it a shared one, and whoever
 * claims very many displaces only its own.
 *
 * Needs CAP_NET_ADMIN over the network namespace, and a kernel with CONFIG_INET_DIAG_DESTROY (Linux 4.5). netlink(7),
 * rtnetlink(7), sock_diag(7).
 *
 * Threads. Functions act on the network namespace of the calling thread, and nothing is kept but in the table: one
 * thread at a time uses one table. They wait for the kernel's work alone, some milliseconds at most for a table of
 * 100,000 sockets.
 */
#ifndef NK_IP_SESSIONS_H
#define NK_IP_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

/* IP addresses that are remembered, and of them those of one Ethernet address at most. */
#define NK_ADDRESSES_MAX 256u
#define NK_ADDRESSES_OF_ONE_MAX 32u

struct nk_address {
	uint8_t family;		/* AF_INET or AF_INET6; 0: unused */
	bool shared;		/* was seen with another Ethernet address, too */
	uint8_t mac[6];		/* with which it was seen last */
	uint8_t bytes[16];	/* network byte order; the first four for AF_INET */
	uint32_t seen;		/* the number of the look that saw it last */
};

/* What was seen at one interface. Zeroed at the begin; all fields are its own. */
struct nk_addresses {
	uint32_t interface;	/* its index; another one empties the table */
	uint32_t looks;
	struct nk_address entries[NK_ADDRESSES_MAX];
};

/*
 * Looks at the neighbour table. Called every NK_ADDRESSES_LOOK_NS it sees each address with its Ethernet address: the
 * kernel takes more than eight seconds to give up one that it was sure of (arp(7), delay_first_probe_time and three
 * probes). 0; -ENODEV: there is no such interface; else the -errno of netlink.
 */
int nk_addresses_look(struct nk_addresses *table, const char *interface);
#define NK_ADDRESSES_LOOK_NS UINT64_C(5000000000)

/*
 * Looks once more, and ends up to `limit` TCP sessions with the addresses of this Ethernet address. Returns how many;
 * if it is `limit`, call it again. After less than that, and after an error, the addresses are forgotten; what was ended
 * before an error is not told. -EPERM, -EACCES:
 * CAP_NET_ADMIN is missing; -EOPNOTSUPP, -ENOENT, -EINVAL: this kernel cannot; -ENODEV: there is no such interface.
 */
int nk_sessions_end(struct nk_addresses *table, const char *interface, const uint8_t mac[6], uint32_t limit);

#endif
