/* SPDX-License-Identifier: Apache-2.0 */
/* netif.c - network interfaces of two network namespaces: one request and its answer at a time. */
#include "netif.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As of Linux 5.5; the headers may be older. */
#ifndef RTM_DELLINKPROP
#define RTM_DELLINKPROP 109
#endif
#define PROPERTY_LIST 52
#define OTHER_NAME 53
#define OTHER_NAME_LENGTH 128

struct question {
	struct nlmsghdr header;
	struct ifinfomsg link;
	uint8_t attributes[256];
};

/* What the kernel says of an interface of many functions is longer than a page. */
union answer {
	struct nlmsghdr header;
	uint8_t bytes[32768];
};

static void begin(struct question *question, uint16_t type, uint16_t flags, int index)
{
	memset(question, 0, sizeof(*question));
	question->header.nlmsg_len = NLMSG_LENGTH(sizeof(question->link));
	question->header.nlmsg_type = type;
	question->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	question->link.ifi_index = index;
}

static struct rtattr *put(struct question *question, uint16_t type, const void *value, size_t length)
{
	uint32_t at = NLMSG_ALIGN(question->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)((uint8_t *)question + at);

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(attribute), value, length);
	question->header.nlmsg_len = at + attribute->rta_len;
	return attribute;
}

/* Returns 0 with the kernel's answer, which is a message of its own or an acknowledgement, or the error that it names. */
static int ask(int socket, const struct question *question, union answer *answer)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct nlmsgerr *error = NLMSG_DATA(&answer->header);
	ssize_t length;

	if (sendto(socket, question, question->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	do {
		length = recv(socket, answer, sizeof(*answer), MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if ((size_t)length > sizeof(*answer) || (size_t)length < sizeof(answer->header) ||
	    answer->header.nlmsg_len > (size_t)length)
		return -EBADMSG;
	if (answer->header.nlmsg_type != NLMSG_ERROR)
		return 0;
	return (size_t)length < NLMSG_LENGTH(sizeof(*error)) ? -EBADMSG : error->error;
}

/* Asks for an interface by its index, or by name if that is 0. */
static int look(int socket, int index, const char *name, union answer *answer)
{
	struct question question;
	int error;

	begin(&question, RTM_GETLINK, 0, index);
	if (!index)
		put(&question, IFLA_IFNAME, name, strlen(name) + 1);
	error = ask(socket, &question, answer);
	if (!error && answer->header.nlmsg_type != RTM_NEWLINK)
		error = -EBADMSG;
	return error;
}

int netif_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

int netif_index(int socket, const char *name)
{
	union answer answer;
	int error = strlen(name) < IF_NAMESIZE ? look(socket, 0, name, &answer) : -ENODEV;

	return error ? error : ((struct ifinfomsg *)NLMSG_DATA(&answer.header))->ifi_index;
}

int netif_read(int socket, int index, struct netif *netif)
{
	union answer answer;
	struct rtattr *attribute;
	int error = look(socket, index, NULL, &answer);
	int length;

	memset(netif, 0, sizeof(*netif));
	if (error)
		return error;
	attribute = IFLA_RTA(NLMSG_DATA(&answer.header));
	length = (int)IFLA_PAYLOAD(&answer.header);
	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
		const void *value = RTA_DATA(attribute);
		size_t size = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == IFLA_IFNAME && size <= sizeof(netif->name)) {
			memcpy(netif->name, value, size);
		} else if (attribute->rta_type == IFLA_MTU && size == sizeof(netif->mtu)) {
			memcpy(&netif->mtu, value, size);
		} else if (attribute->rta_type == IFLA_ADDRESS && size <= sizeof(netif->address)) {
			memcpy(netif->address, value, size);
			netif->address_length = size;
		}
	}
	netif->name[sizeof(netif->name) - 1] = '\0';
	return netif->name[0] ? 0 : -EBADMSG;
}

static void set(int socket, int index, uint16_t type, const void *value, size_t length)
{
	struct question question;
	union answer answer;

	begin(&question, RTM_NEWLINK, NLM_F_ACK, index);
	put(&question, type, value, length);
	(void)ask(socket, &question, &answer);
}

void netif_reset(int socket, int index, const struct netif *before)
{
	struct question question;
	union answer answer;
	struct netif now;

	/* Many can be changed only while they are down. */
	begin(&question, RTM_NEWLINK, NLM_F_ACK, index);
	question.link.ifi_change = IFF_UP | IFF_PROMISC | IFF_ALLMULTI;
	if (ask(socket, &question, &answer) || netif_read(socket, index, &now))
		return;
	if (now.mtu != before->mtu)
		set(socket, index, IFLA_MTU, &before->mtu, sizeof(before->mtu));
	if (now.address_length != before->address_length ||
	    memcmp(now.address, before->address, before->address_length) != 0)
		set(socket, index, IFLA_ADDRESS, before->address, before->address_length);
	if (strcmp(now.name, before->name) != 0)
		set(socket, index, IFLA_IFNAME, before->name, strlen(before->name) + 1);
}

int netif_move(int socket, int index, int netns, const char *name)
{
	struct question question;
	union answer answer;

	begin(&question, RTM_NEWLINK, NLM_F_ACK, index);
	put(&question, IFLA_NET_NS_FD, &netns, sizeof(netns));
	put(&question, IFLA_IFNAME, name, strlen(name) + 1);
	return ask(socket, &question, &answer);
}

static int drop_other_name(int socket, int index, const struct rtattr *name)
{
	struct question question;
	union answer answer;
	struct rtattr *list;

	if (RTA_PAYLOAD(name) > OTHER_NAME_LENGTH)
		return -EBADMSG;
	begin(&question, RTM_DELLINKPROP, NLM_F_ACK, index);
	list = put(&question, PROPERTY_LIST | NLA_F_NESTED, NULL, 0);
	put(&question, OTHER_NAME, RTA_DATA(name), RTA_PAYLOAD(name));
	list->rta_len = (uint16_t)((uint8_t *)&question + question.header.nlmsg_len - (uint8_t *)list);
	return ask(socket, &question, &answer);
}

int netif_drop_other_names(int socket, int index)
{
	union answer answer;
	struct rtattr *attribute;
	int error = look(socket, index, NULL, &answer);
	int length;

	if (error)
		return error;
	attribute = IFLA_RTA(NLMSG_DATA(&answer.header));
	length = (int)IFLA_PAYLOAD(&answer.header);
	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
		struct rtattr *name = RTA_DATA(attribute);
		int rest = (int)RTA_PAYLOAD(attribute);

		if ((attribute->rta_type & ~NLA_F_NESTED) != PROPERTY_LIST)
			continue;
		for (; !error && RTA_OK(name, rest); name = RTA_NEXT(name, rest))
			error = drop_other_name(socket, index, name);
	}
	return error;
}
