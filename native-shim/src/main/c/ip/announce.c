// SPDX-License-Identifier: Apache-2.0
/* announce.c - gratuitous ARP and unsolicited neighbour advertisements, as Linux makes them. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip/announce.h"

static int switch_on(const char *protocol, const char *interface, const char *setting)
{
	char path[sizeof("/proc/sys/net/ipv4/conf/") + IFNAMSIZ + 32];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", protocol, interface, setting);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "1", 1) != 1)
		error = -errno;
	close(fd);
	return error;
}

static int set_address_anew(const char *interface)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, interface, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0 || ioctl(fd, SIOCSIFHWADDR, &request) < 0)
		error = -errno;
	close(fd);
	return error;
}

int nk_announce(const char *interface)
{
	int arp, ndisc, error;

	if (!*interface || strlen(interface) >= IFNAMSIZ || strchr(interface, '/'))
		return -EINVAL;
	arp = switch_on("ipv4", interface, "arp_notify");
	ndisc = switch_on("ipv6", interface, "ndisc_notify");
	if (ndisc == -ENOENT) /* this kernel, or this interface, has no IPv6 */
		ndisc = 0;
	if (arp && ndisc)
		return arp;
	error = set_address_anew(interface);
	if (!error)
		error = arp ? arp : ndisc;
	return error;
}
