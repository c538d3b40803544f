// SPDX-License-Identifier: Apache-2.0
/* sessions.c - the neighbour table, the table of TCP sockets, and what joins them. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip/sessions.h"

/* Linux makes no larger part of a dump for a reader that never asked for more. */
#define PART_LENGTH 16384

#define MAC_LENGTH 6u

/* States in which a neighbour entry has an Ethernet address that was confirmed once. */
#define HAS_ADDRESS (NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

/* All but SYN_SENT, which may yet succeed, and those without a peer. */
#define SESSION_STATES                                                                                                 \
	(1u << TCP_ESTABLISHED | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |                      \
	 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

/* Takes one message of an answer. 0: go on; else what ask() returns. */
typedef int (*taker)(void *context, const struct nlmsghdr *message);

static int open_netlink(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

/*
 * Sends a request and hands out each message of the answer. Returns 0 after the last, the negative errno with which the
 * kernel refused, or what the taker returned; after that the descriptor is to be closed, for the rest is still in it.
 */
static int ask(int fd, const struct nlmsghdr *request, taker take, void *context)
{
	const bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	uint8_t part[PART_LENGTH] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t length;

	if (sendto(fd, request, request->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (;;) {
		do {
			length = recv(fd, part, sizeof(part), MSG_TRUNC);
		} while (length < 0 && errno == EINTR);
		if (length < 0)
			return -errno;
		if (length == 0 || length > (ssize_t)sizeof(part))
			return -EBADMSG;
		for (struct nlmsghdr *m = (struct nlmsghdr *)part; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
			int result = 0;

			/* Both begin with an int: 0, or a negative errno. */
			if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
				if (m->nlmsg_len >= NLMSG_LENGTH(sizeof(result)))
					memcpy(&result, NLMSG_DATA(m), sizeof(result));
				return result;
			}
			result = take(context, m);
			if (result || !dump)
				return result;
		}
	}
}

/* The attribute of this type with at least that many bytes of value, or NULL. */
static const void *find(const struct nlmsghdr *message, size_t body_length, uint16_t type, size_t at_least)
{
	const struct rtattr *attribute = (const void *)((const uint8_t *)message + NLMSG_SPACE(body_length));
	ssize_t left = (ssize_t)message->nlmsg_len - (ssize_t)NLMSG_SPACE(body_length);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == type && RTA_PAYLOAD(attribute) >= at_least)
			return RTA_DATA(attribute);
	}
	return NULL;
}

static size_t address_length(uint8_t family)
{
	return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static bool is_link_local(const struct nk_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* ---- what is remembered ---- */

/* Where to put an address that is new: its owner's oldest if that has its share, else free room, else the oldest. */
static struct nk_address *place_for(struct nk_addresses *table, const uint8_t *mac)
{
	struct nk_address *oldest = &table->entries[0], *own_oldest = NULL;
	uint32_t own = 0;

	for (struct nk_address *e = table->entries; e < table->entries + NK_ADDRESSES_MAX; e++) {
		/* A free one is as old as none that is used. */
		if ((e->family ? e->seen : 0) < (oldest->family ? oldest->seen : 0))
			oldest = e;
		if (e->family && !memcmp(e->mac, mac, MAC_LENGTH)) {
			own++;
			if (!own_oldest || e->seen < own_oldest->seen)
				own_oldest = e;
		}
	}
	return own < NK_ADDRESSES_OF_ONE_MAX ? oldest : own_oldest;
}

static void remember(struct nk_addresses *table, uint8_t family, const void *bytes, const uint8_t *mac)
{
	struct nk_address *entry;

	for (entry = table->entries; entry < table->entries + NK_ADDRESSES_MAX; entry++) {
		if (entry->family == family && !memcmp(entry->bytes, bytes, address_length(family)))
			break;
	}
	if (entry == table->entries + NK_ADDRESSES_MAX) {
		entry = place_for(table, mac);
		*entry = (struct nk_address){.family = family};
		memcpy(entry->bytes, bytes, address_length(family));
	} else if (memcmp(entry->mac, mac, MAC_LENGTH)) {
		entry->shared = true;
	}
	memcpy(entry->mac, mac, MAC_LENGTH);
	entry->seen = table->looks;
}

static int take_neighbour(void *context, const struct nlmsghdr *message)
{
	struct nk_addresses *table = context;
	const struct ndmsg *neighbour = NLMSG_DATA(message);
	const void *address, *mac;

	if (message->nlmsg_type != RTM_NEWNEIGH || message->nlmsg_len < NLMSG_LENGTH(sizeof(*neighbour)))
		return 0;
	if (neighbour->ndm_ifindex != (int)table->interface || !(neighbour->ndm_state & HAS_ADDRESS) ||
	    (neighbour->ndm_family != AF_INET && neighbour->ndm_family != AF_INET6))
		return 0;
	address = find(message, sizeof(*neighbour), NDA_DST, address_length(neighbour->ndm_family));
	mac = find(message, sizeof(*neighbour), NDA_LLADDR, MAC_LENGTH);
	if (address && mac)
		remember(table, neighbour->ndm_family, address, mac);
	return 0;
}

int nk_addresses_look(struct nk_addresses *table, const char *interface)
{
	struct {
		struct nlmsghdr header;
		struct ndmsg neighbour;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETNEIGH,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.neighbour = {.ndm_family = AF_UNSPEC},
	};
	uint32_t index = if_nametoindex(interface);
	int fd, result;

	if (!index)
		return -errno;
	if (index != table->interface)
		*table = (struct nk_addresses){.interface = index};
	fd = open_netlink(NETLINK_ROUTE);
	if (fd < 0)
		return fd;
	table->looks++;
	result = ask(fd, &request.header, take_neighbour, table);
	close(fd);
	return result;
}

static void forget(struct nk_addresses *table, const uint8_t *mac)
{
	for (struct nk_address *e = table->entries; e < table->entries + NK_ADDRESSES_MAX; e++) {
		if (e->family && !memcmp(e->mac, mac, MAC_LENGTH))
			e->family = 0;
	}
}

/* ---- which addresses ---- */

/* The addresses whose sessions are to end. */
struct targets {
	uint32_t interface;
	uint32_t count;
	struct nk_address addresses[NK_ADDRESSES_OF_ONE_MAX];
};

static int take_route(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const uint32_t *interface;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return -EBADMSG;
	interface = find(message, sizeof(*route), RTA_OIF, sizeof(*interface));
	if (route->rtm_type == RTN_UNICAST && interface && !find(message, sizeof(*route), RTA_GATEWAY, 0) &&
	    !find(message, sizeof(*route), RTA_VIA, 0))
		*(uint32_t *)context = *interface;
	return 0;
}

/* Whether packets to this address leave by the interface, and without a gateway. */
static bool is_neighbour_by(uint32_t interface, const struct nk_address *address)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr attribute;
		uint8_t bytes[sizeof(address->bytes)];
	} request = {
		.header = {
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.route = {
			.rtm_family = address->family,
			.rtm_dst_len = (uint8_t)(8 * address_length(address->family)),
		},
		.attribute = {
			.rta_type = RTA_DST,
			.rta_len = (uint16_t)RTA_LENGTH(address_length(address->family)),
		},
	};
	uint32_t leaves_by = 0;
	int fd = open_netlink(NETLINK_ROUTE);

	if (fd < 0)
		return false;
	memcpy(request.bytes, address->bytes, sizeof(request.bytes));
	request.header.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(request.route)) + request.attribute.rta_len);
	/* Refused: there is no route, so packets leave by none. */
	ask(fd, &request.header, take_route, &leaves_by);
	close(fd);
	return leaves_by == interface;
}

static void find_targets(const struct nk_addresses *table, const uint8_t *mac, struct targets *targets)
{
	*targets = (struct targets){.interface = table->interface};
	for (const struct nk_address *e = table->entries; e < table->entries + NK_ADDRESSES_MAX; e++) {
		if (!e->family || e->shared || memcmp(e->mac, mac, MAC_LENGTH))
			continue;
		/* The address alone does not say by which interface; the socket does. */
		if (is_link_local(e) || is_neighbour_by(table->interface, e))
			targets->addresses[targets->count++] = *e;
		if (targets->count == NK_ADDRESSES_OF_ONE_MAX)
			break;
	}
}

/* ---- their sessions ---- */

struct condition {
	struct inet_diag_bc_op code;
	struct inet_diag_hostcond host;
	uint8_t bytes[sizeof(struct in6_addr)];
};

/* Where all matched but the last: to the end, which accepts. */
struct step {
	struct condition condition;
	struct inet_diag_bc_op accept;
};

struct socket_request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 diag;
	struct rtattr attribute;
	struct step filter[NK_ADDRESSES_OF_ONE_MAX];
};

struct ending {
	const struct targets *targets;
	int fd;			/* for SOCK_DESTROY */
	uint32_t limit;
	uint32_t ended;
};

/*
 * The kernel passes on only the sockets whose remote address is one of these: a program for its filter, which steps on
 * by `yes` or by `no` bytes, accepts at its end, and refuses behind it (inet_diag_bc_run() of Linux). An IPv4 condition
 * holds for IPv4 in IPv6 sockets, too.
 */
static void put_filter(struct socket_request *request, const struct targets *targets)
{
	const size_t length = targets->count * sizeof(struct step);

	for (uint32_t i = 0; i < targets->count; i++) {
		const struct nk_address *address = &targets->addresses[i];
		const size_t behind = length - (i + 1) * sizeof(struct step);
		struct step *step = &request->filter[i];

		*step = (struct step){
			.condition = {
				.code = {
					.code = INET_DIAG_BC_D_COND,
					.yes = sizeof(struct condition),
					.no = (uint16_t)(sizeof(struct step) + (behind ? 0 : sizeof(uint32_t))),
				},
				.host = {
					.family = address->family,
					.prefix_len = (uint8_t)(8 * address_length(address->family)),
					.port = -1,
				},
			},
			.accept = {
				.code = INET_DIAG_BC_JMP,
				.yes = sizeof(struct inet_diag_bc_op),
				.no = (uint16_t)(sizeof(struct inet_diag_bc_op) + behind),
			},
		};
		memcpy(step->condition.bytes, address->bytes, sizeof(step->condition.bytes));
	}
	request->attribute.rta_type = INET_DIAG_REQ_BYTECODE;
	request->attribute.rta_len = (uint16_t)RTA_LENGTH(length);
	request->header.nlmsg_len = (uint32_t)(offsetof(struct socket_request, filter) + length);
}

/* Whether the remote address of a socket is one of the targets, by way of their interface. */
static bool is_target(const struct targets *targets, const struct inet_diag_msg *found)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = (const uint8_t *)found->id.idiag_dst;
	uint8_t family = found->idiag_family;

	if (family == AF_INET6 && !memcmp(bytes, mapped, sizeof(mapped))) {
		family = AF_INET;
		bytes += sizeof(mapped);
	}
	for (uint32_t i = 0; i < targets->count; i++) {
		const struct nk_address *address = &targets->addresses[i];

		if (address->family != family || memcmp(address->bytes, bytes, address_length(family)))
			continue;
		return found->id.idiag_if == targets->interface ||
		       (!found->id.idiag_if && !is_link_local(address));
	}
	return false;
}

static int take_nothing(void *context, const struct nlmsghdr *message)
{
	(void)context;
	(void)message;
	return -EBADMSG;
}

static int take_socket(void *context, const struct nlmsghdr *message)
{
	struct ending *ending = context;
	const struct inet_diag_msg *found = NLMSG_DATA(message);
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 diag;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
	};
	int result;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || message->nlmsg_len < NLMSG_LENGTH(sizeof(*found)) ||
	    !is_target(ending->targets, found))
		return 0;
	request.diag.sdiag_family = found->idiag_family;
	request.diag.sdiag_protocol = IPPROTO_TCP;
	request.diag.id = found->id;
	result = ask(ending->fd, &request.header, take_nothing, NULL);
	if (result == -ENOENT) /* it has just ended by itself */
		return 0;
	if (result)
		return result;
	/* The dump is left where it is: its socket is closed. */
	return ++ending->ended == ending->limit;
}

static int end_family(struct ending *ending, uint8_t family)
{
	struct socket_request request = {
		.header = {
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.diag = {
			.sdiag_family = family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = SESSION_STATES,
		},
	};
	int fd = open_netlink(NETLINK_SOCK_DIAG);
	int result;

	if (fd < 0)
		return fd;
	put_filter(&request, ending->targets);
	result = ask(fd, &request.header, take_socket, ending);
	close(fd);
	return result;
}

static int end_all(const struct targets *targets, uint32_t limit)
{
	struct ending ending = {.targets = targets, .limit = limit};
	int result;

	if (!targets->count || !limit)
		return 0;
	ending.fd = open_netlink(NETLINK_SOCK_DIAG);
	if (ending.fd < 0)
		return ending.fd;
	result = end_family(&ending, AF_INET);
	if (!result) {
		result = end_family(&ending, AF_INET6);
		if (result == -ENOENT) /* no IPv6 in this kernel */
			result = 0;
	}
	close(ending.fd);
	return result < 0 ? result : (int)ending.ended;
}

int nk_sessions_end(struct nk_addresses *table, const char *interface, const uint8_t mac[6], uint32_t limit)
{
	struct targets targets;
	int result = nk_addresses_look(table, interface);

	if (!result) {
		find_targets(table, mac, &targets);
		result = end_all(&targets, limit);
	}
	if (result < 0 || (uint32_t)result < limit)
		forget(table, mac);
	return result;
}
