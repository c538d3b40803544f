// SPDX-License-Identifier: Apache-2.0
/* rtnetlink.c - link, addresses and routes, one request and one acknowledgement each. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "tap.h"

#define ATTRIBUTES_LENGTH 256

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
	};
	uint8_t attributes[ATTRIBUTES_LENGTH];
};

struct prefix {
	uint8_t family;
	uint8_t length;
	uint8_t address[16];
	uint8_t address_length;
};

static void begin(struct request *request, uint16_t type, uint16_t flags, size_t body_length)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body_length);
}

static void put(struct request *request, uint16_t type, const void *value, size_t length)
{
	uint32_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)((uint8_t *)request + at);

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), value, length);
	request->header.nlmsg_len = at + attribute->rta_len;
}

static int exchange(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[4096];
	} answer;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;
	ssize_t length;

	if (fd < 0)
		return -errno;
	if (sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		error = -errno;
	} else {
		length = recv(fd, &answer, sizeof(answer), 0);
		if (length < 0)
			error = -errno;
		else if ((size_t)length < sizeof(answer.header) + sizeof(int) ||
			 answer.header.nlmsg_type != NLMSG_ERROR)
			error = -EBADMSG;
		else
			error = answer.error.error;
	}
	close(fd);
	return error;
}

/* Without "/LENGTH" it is a host. */
static int parse_prefix(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char *end;
	unsigned long bits;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, prefix->address) == 1) {
		prefix->family = AF_INET;
		prefix->address_length = 4;
	} else if (inet_pton(AF_INET6, address, prefix->address) == 1) {
		prefix->family = AF_INET6;
		prefix->address_length = 16;
	} else {
		return -EINVAL;
	}
	prefix->length = (uint8_t)(prefix->address_length * 8);
	if (!slash)
		return 0;
	bits = strtoul(slash + 1, &end, 10);
	if (end == slash + 1 || *end || bits > prefix->length)
		return -EINVAL;
	prefix->length = (uint8_t)bits;
	return 0;
}

int link_up(const struct tap_options *options)
{
	struct request request;
	unsigned int index = if_nametoindex(options->name);

	if (!index)
		return -errno;
	begin(&request, RTM_NEWLINK, 0, sizeof(request.link));
	request.link.ifi_index = (int)index;
	put(&request, IFLA_ADDRESS, options->mac, MAC_LENGTH);
	put(&request, IFLA_MTU, &options->mtu, sizeof(options->mtu));
	request.link.ifi_flags = IFF_UP;
	request.link.ifi_change = IFF_UP;
	return exchange(&request);
}

/* The ioctl for it asks for rights over the whole machine. */
int tap_set_queue(const char *name, uint32_t length)
{
	struct request request;
	unsigned int index = if_nametoindex(name);

	if (!index)
		return -errno;
	begin(&request, RTM_NEWLINK, 0, sizeof(request.link));
	request.link.ifi_index = (int)index;
	put(&request, IFLA_TXQLEN, &length, sizeof(length));
	return exchange(&request);
}

int address_add(const char *interface, const char *text)
{
	struct request request;
	struct prefix prefix;
	uint32_t flags = IFA_F_NODAD | IFA_F_PERMANENT;
	int error = strchr(text, '/') ? parse_prefix(text, &prefix) : -EINVAL;

	if (error)
		return error;
	begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(request.address));
	request.address.ifa_family = prefix.family;
	request.address.ifa_prefixlen = prefix.length;
	request.address.ifa_index = if_nametoindex(interface);
	put(&request, IFA_LOCAL, prefix.address, prefix.address_length);
	put(&request, IFA_ADDRESS, prefix.address, prefix.address_length);
	put(&request, IFA_FLAGS, &flags, sizeof(flags));
	return exchange(&request);
}

int route_add(const char *interface, const char *text)
{
	struct request request;
	struct prefix destination = {0}, gateway;
	char destination_text[INET6_ADDRSTRLEN + 4];
	const char *equals = strchr(text, '=');
	uint32_t index = if_nametoindex(interface);
	int error;

	if (!equals || (size_t)(equals - text) >= sizeof(destination_text) || strchr(equals, '/'))
		return -EINVAL;
	memcpy(destination_text, text, (size_t)(equals - text));
	destination_text[equals - text] = '\0';
	error = parse_prefix(equals + 1, &gateway);
	if (!error && strcmp(destination_text, "default") != 0)
		error = parse_prefix(destination_text, &destination);
	if (!error && destination.family && destination.family != gateway.family)
		error = -EINVAL;
	if (error)
		return error;
	begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(request.route));
	request.route.rtm_family = gateway.family;
	request.route.rtm_dst_len = destination.length;
	request.route.rtm_table = RT_TABLE_MAIN;
	request.route.rtm_protocol = RTPROT_BOOT;
	request.route.rtm_scope = RT_SCOPE_UNIVERSE;
	request.route.rtm_type = RTN_UNICAST;
	if (destination.length)
		put(&request, RTA_DST, destination.address, destination.address_length);
	put(&request, RTA_GATEWAY, gateway.address, gateway.address_length);
	put(&request, RTA_OIF, &index, sizeof(index));
	return exchange(&request);
}
