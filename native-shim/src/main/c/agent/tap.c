// SPDX-License-Identifier: Apache-2.0
/* tap.c - opening a TAP. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nk_abi.h"
#include "tap.h"

/* Linux 6.2; older headers lack them, older kernels refuse them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* From the best to what every kernel has. */
static const unsigned int offloads[] = {
	TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
	TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
	TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
	TUN_F_CSUM,
	0,
};

static int set_offload(int fd)
{
	for (size_t i = 0; i < sizeof(offloads) / sizeof(*offloads); i++) {
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads[i]) == 0)
			return 0;
		if (errno != EINVAL)
			break;
	}
	return -errno;
}

static int configure(int fd, const struct tap_options *options)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header_length = NK_VNET_HDR_LENGTH;

	if (strlen(options->name) >= sizeof(request.ifr_name))
		return -ENAMETOOLONG;
	strcpy(request.ifr_name, options->name);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	if (ioctl(fd, TUNSETVNETHDRSZ, &header_length) < 0)
		return -errno;
	if (ioctl(fd, TUNSETPERSIST, options->persist ? 1ul : 0ul) < 0)
		return -errno;
	return set_offload(fd);
}

int tap_open(const struct tap_options *options, int *tap)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = configure(fd, options);
	if (error) {
		close(fd);
		return error;
	}
	*tap = fd;
	return 0;
}

/* Asks the kernel one thing about an interface. */
static int look_up(const char *name, unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	strncpy(request->ifr_name, name, sizeof(request->ifr_name) - 1);
	if (ioctl(fd, what, request) < 0)
		error = -errno;
	close(fd);
	return error;
}

bool tap_is_up(const char *name)
{
	struct ifreq request = {0};

	return look_up(name, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

int tap_mtu(const char *name, uint32_t *mtu)
{
	struct ifreq request = {0};
	int error = look_up(name, SIOCGIFMTU, &request);

	if (!error)
		*mtu = (uint32_t)request.ifr_mtu;
	return error;
}

int tap_queue(const char *name, uint32_t *length)
{
	struct ifreq request = {0};
	int error = look_up(name, SIOCGIFTXQLEN, &request);

	if (!error)
		*length = (uint32_t)request.ifr_qlen;
	return error;
}
