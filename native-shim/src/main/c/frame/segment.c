// SPDX-License-Identifier: Apache-2.0
/* segment.c - see segment.h. */
#include "segment.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "udp.h"

#define VNET NK_VNET_HDR_LENGTH

/* The headers of all datagrams of a segment. */
struct headers {
	struct virtio_net_hdr_v1 vnet;
	uint8_t bytes[HEADERS_IPV6];
};

_Static_assert(offsetof(struct headers, bytes) == VNET, "one write takes both");

/* Writes one datagram: the headers, then `payload` bytes of the segment. */
static int write_datagram(int fd, struct headers *headers, uint32_t headers_length, const uint8_t *from,
			  uint32_t payload)
{
	struct iovec parts[] = {
		{.iov_base = headers, .iov_len = VNET + headers_length},
		{.iov_base = (void *)(uintptr_t)from, .iov_len = payload},
	};
	ssize_t written;

	nk_udp_put_length(headers->bytes, headers_length, UDP_LENGTH + payload);
	do {
		written = writev(fd, parts, 2);
	} while (written < 0 && errno == EINTR);
	return written < 0 ? -errno : 0;
}

/* Cuts the segment whose vnet_hdr and headers were copied. */
static int write_datagrams(int fd, struct headers *headers, const uint8_t *frame, uint32_t length)
{
	uint32_t headers_length = nk_udp_headers(&headers->vnet, headers->bytes, length);
	uint32_t size = headers->vnet.gso_size;
	uint32_t left = length - headers_length;
	const uint8_t *from = frame + headers_length;
	int error = 0;

	if (!headers_length || !size || left > NK_SEGMENT_MAX * size)
		return -EINVAL;
	headers->vnet.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	headers->vnet.gso_size = 0;
	headers->vnet.hdr_len = 0;
	while (left && !error) {
		uint32_t payload = left < size ? left : size;
		uint8_t *ip = headers->bytes + ETHERNET_LENGTH;

		error = write_datagram(fd, headers, headers_length, from, payload);
		if (headers_length == HEADERS_IPV4)
			put_ipv4(ip, IPV4_ID, (get16(ip + IPV4_ID) + 1) & 0xFFFF);
		from += payload;
		left -= payload;
	}
	return error;
}

int nk_write_to_tap(int fd, const uint8_t *vnet_hdr, uint32_t length)
{
	struct headers headers = {0};
	ssize_t written;

	do {
		written = write(fd, vnet_hdr, length);
	} while (written < 0 && errno == EINTR);
	if (written >= 0)
		return 0;
	if (errno != EINVAL || length <= VNET)
		return -errno;
	memcpy(&headers.vnet, vnet_hdr, sizeof(headers.vnet));
	if (headers.vnet.gso_type != VIRTIO_NET_HDR_GSO_UDP_L4)
		return -EINVAL;
	length -= VNET;
	memcpy(headers.bytes, vnet_hdr + VNET, length < sizeof(headers.bytes) ? length : sizeof(headers.bytes));
	return write_datagrams(fd, &headers, vnet_hdr + VNET, length);
}
