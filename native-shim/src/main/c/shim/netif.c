// SPDX-License-Identifier: Apache-2.0
/*
 * netif.c - network interfaces: link by ioctl, addresses by rtnetlink.
 *
 * The ioctls of old do for what they can express. Addresses go by rtnetlink because only it can set IFA_F_NODAD;
 * without that an IPv6 address can't be used for about a second.
 */
#include "ip/announce.h"
#include "nk_shim.h"
#include "resume.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Does one ioctl about the interface; the socket only carries it. */
static int interface_ioctl(const char *name, unsigned long code, struct ifreq *request)
{
	size_t length = name ? strnlen(name, IFNAMSIZ) : 0;
	int fd, result;

	if (length == 0 || length == IFNAMSIZ)
		return -EINVAL;
	memset(request->ifr_name, 0, sizeof(request->ifr_name));
	memcpy(request->ifr_name, name, length);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	result = ioctl(fd, code, request) ? -errno : 0;
	close(fd);
	return result;
}

int nks_netif_index(const char *name)
{
	struct ifreq request = { 0 };
	int error = interface_ioctl(name, SIOCGIFINDEX, &request);

	return error ? error : request.ifr_ifindex;
}

int nks_netif_set_mac(const char *name, const void *mac)
{
	struct ifreq request = { 0 };

	if (!mac)
		return -EINVAL;
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac, 6);
	return interface_ioctl(name, SIOCSIFHWADDR, &request);
}

int nks_netif_mac(const char *name, void *mac)
{
	struct ifreq request = { 0 };
	int error;

	if (!mac)
		return -EINVAL;
	error = interface_ioctl(name, SIOCGIFHWADDR, &request);
	if (!error)
		memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	return error;
}

int nks_netif_set_mtu(const char *name, int mtu)
{
	struct ifreq request = { 0 };

	request.ifr_mtu = mtu;
	return interface_ioctl(name, SIOCSIFMTU, &request);
}

int nks_netif_mtu(const char *name)
{
	struct ifreq request = { 0 };
	int error = interface_ioctl(name, SIOCGIFMTU, &request);

	return error ? error : request.ifr_mtu;
}

int nks_netif_queue(const char *name)
{
	struct ifreq request = { 0 };
	int error = interface_ioctl(name, SIOCGIFTXQLEN, &request);

	return error ? error : request.ifr_qlen;
}

int nks_netif_set_up(const char *name, int up)
{
	struct ifreq request = { 0 };
	int error = interface_ioctl(name, SIOCGIFFLAGS, &request);

	if (error)
		return error;
	if (up)
		request.ifr_flags |= IFF_UP;
	else
		request.ifr_flags &= ~IFF_UP;
	return interface_ioctl(name, SIOCSIFFLAGS, &request);
}

int nks_netif_is_up(const char *name)
{
	struct ifreq request = { 0 };
	int error = interface_ioctl(name, SIOCGIFFLAGS, &request);

	return error ? error : (request.ifr_flags & IFF_UP) != 0;
}

struct address {
	unsigned char family;
	unsigned char prefix;
	unsigned char length;
	unsigned char bytes[16];
};

/* Reads "10.77.0.1/24" or "fd77::1/64". */
static int parse_address(const char *text, struct address *address)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash;
	char *end;
	unsigned long prefix;

	if (!text)
		return -EINVAL;
	slash = strchr(text, '/');
	if (!slash || (size_t)(slash - text) >= sizeof(host) || slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	prefix = strtoul(slash + 1, &end, 10);

	if (inet_pton(AF_INET, host, address->bytes) == 1) {
		address->family = AF_INET;
		address->length = 4;
	} else if (inet_pton(AF_INET6, host, address->bytes) == 1) {
		address->family = AF_INET6;
		address->length = 16;
	} else {
		return -EINVAL;
	}
	if (*end || prefix > address->length * 8u)
		return -EINVAL;
	address->prefix = (unsigned char)prefix;
	return 0;
}

struct address_request {
	struct nlmsghdr header;
	struct ifaddrmsg body;
	unsigned char attributes[64];
};

static void add_attribute(struct address_request *request, unsigned short type, const void *data, size_t length)
{
	struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

/* Sends one request to rtnetlink and returns the error that it acknowledges it with. */
static int route_request(const void *request, size_t length)
{
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t received;
	int fd, result;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (RESUME(sendto(fd, request, length, 0, (struct sockaddr *)&kernel, sizeof(kernel))) < 0) {
		result = -errno;
	} else {
		received = RESUME(recv(fd, &answer, sizeof(answer), 0));
		if (received < 0)
			result = -errno;
		else if (received < (ssize_t)NLMSG_LENGTH(sizeof(*error)) || answer.header.nlmsg_type != NLMSG_ERROR)
			result = -EBADMSG;
		else
			result = error->error;
	}
	close(fd);
	return result;
}

int nks_netif_add_address(const char *name, const char *text, int flags)
{
	struct address_request request = { 0 };
	struct address address;
	uint32_t wide_flags = (uint32_t)flags;
	int index, error;

	error = parse_address(text, &address);
	if (error)
		return error;
	if (flags & ~IFA_F_NODAD)
		return -EINVAL;
	index = nks_netif_index(name);
	if (index < 0)
		return index;

	request.header.nlmsg_len = NLMSG_LENGTH(sizeof(request.body));
	request.header.nlmsg_type = RTM_NEWADDR;
	/* REPLACE makes an address that is there already no error. */
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	request.body.ifa_family = address.family;
	request.body.ifa_prefixlen = address.prefix;
	request.body.ifa_scope = RT_SCOPE_UNIVERSE;
	request.body.ifa_index = (unsigned int)index;
	add_attribute(&request, IFA_LOCAL, address.bytes, address.length);
	add_attribute(&request, IFA_ADDRESS, address.bytes, address.length);
	if (address.family == AF_INET6)
		add_attribute(&request, IFA_FLAGS, &wide_flags, sizeof(wide_flags));
	return route_request(&request, request.header.nlmsg_len);
}

/* The ioctl for it asks for rights over the whole machine. */
int nks_netif_set_queue(const char *name, int length)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
		struct rtattr attribute;
		uint32_t length;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_NEWLINK,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.attribute.rta_type = IFLA_TXQLEN,
		.attribute.rta_len = RTA_LENGTH(sizeof(uint32_t)),
		.length = (uint32_t)length,
	};
	int index = nks_netif_index(name);

	if (index < 0)
		return index;
	if (length < 0)
		return -EINVAL;
	request.body.ifi_index = index;
	return route_request(&request, sizeof(request));
}

int nks_netif_announce(const char *name)
{
	return name ? nk_announce(name) : -EINVAL;
}
