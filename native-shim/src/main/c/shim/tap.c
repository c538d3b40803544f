// SPDX-License-Identifier: Apache-2.0
/*
 * tap.c - TAP devices: open, offloads, frames in and out.
 *
 * A TAP of ours always has a 12-byte vnet_hdr, so that a frame goes from one kernel's stack to the other's with its checksum
 * not computed and its segments not cut. header_gap and the span of a record are the only things here that know that
 * frames may land in a ring; they let one call fill many records. Datagrams of one flow share a record: frame/coalesce.h.
 */
#include "nk_shim.h"
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "frame/coalesce.h"
#include "frame/intake.h"
#include "frame/segment.h"
#include "nk_abi.h"

/* Linux 6.2; the build machine's headers may be older. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

_Static_assert(IFNAMSIZ == 16, "room for a name");

static int set_name(struct ifreq *request, const char *name)
{
	size_t length;

	if (!name)
		return -EINVAL;
	length = strnlen(name, IFNAMSIZ);
	if (length == 0 || length == IFNAMSIZ)
		return -EINVAL;
	memset(request, 0, sizeof(*request));
	memcpy(request->ifr_name, name, length);
	return 0;
}

int nks_tap_open(const char *name, int flags)
{
	const int known = IFF_TUN_EXCL | IFF_MULTI_QUEUE | IFF_NAPI;
	int header_length = NK_VNET_HDR_LENGTH;
	struct ifreq request;
	int fd, error;

	if (flags & ~known)
		return -EINVAL;
	error = set_name(&request, name);
	if (error)
		return error;
	request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags);

	fd = RESUME(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, &request) || ioctl(fd, TUNSETVNETHDRSZ, &header_length) ||
	    ioctl(fd, TUNSETOFFLOAD, 0UL)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int nks_tap_name(int fd, char *name)
{
	struct ifreq request;

	if (!name)
		return -EINVAL;
	memset(&request, 0, sizeof(request));
	if (ioctl(fd, TUNGETIFF, &request))
		return -errno;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	name[IFNAMSIZ - 1] = '\0';
	return 0;
}

int nks_tap_set_offload(int fd, int mask)
{
	return ioctl(fd, TUNSETOFFLOAD, (unsigned long)(unsigned int)mask) ? -errno : 0;
}

int nks_tap_negotiate_offload(int fd, int wanted)
{
	/* What each attempt leaves out, the newest kinds first. */
	static const int given_up[] = {
		0,
		TUN_F_USO4 | TUN_F_USO6,
		TUN_F_USO4 | TUN_F_USO6 | TUN_F_TSO_ECN,
		TUN_F_USO4 | TUN_F_USO6 | TUN_F_TSO_ECN | TUN_F_TSO4 | TUN_F_TSO6,
		~0,
	};
	int error = -EINVAL;

	for (size_t i = 0; i < sizeof(given_up) / sizeof(given_up[0]); i++) {
		int mask = wanted & ~given_up[i];

		error = nks_tap_set_offload(fd, mask);
		if (!error)
			return mask;
		if (error != -EINVAL)
			return error;
	}
	return error;
}

int nks_tap_set_persistent(int fd, int persistent)
{
	return ioctl(fd, TUNSETPERSIST, persistent ? 1UL : 0UL) ? -errno : 0;
}

int64_t nks_tap_read(int fd, void *address, int capacity)
{
	ssize_t length;

	if (capacity < 0)
		return -EINVAL;
	length = RESUME(read(fd, address, (size_t)capacity));
	return length < 0 ? -errno : length;
}

int64_t nks_tap_write(int fd, const void *address, int length)
{
	ssize_t written;

	if (length < 0)
		return -EINVAL;
	written = RESUME(write(fd, address, (size_t)length));
	return written < 0 ? -errno : written;
}

int nks_tap_write_batch(int fd, struct nks_slot *table, int n)
{
	if (!table || n < 0 || n > NKS_MAX_BATCH)
		return -EINVAL;
	for (int i = 0; i < n; i++) {
		int error = nk_write_to_tap(fd, (const uint8_t *)(uintptr_t)table[i].address, table[i].length);

		table[i].result = error ? error : (int32_t)table[i].length;
		if (error == -EAGAIN)
			return i;
	}
	return n;
}

static int64_t span(int header_gap, int64_t length)
{
	return (header_gap + length + NK_RECORD_ALIGNMENT - 1) & ~(int64_t)(NK_RECORD_ALIGNMENT - 1);
}

/* The records of a batch so far. */
struct records {
	struct nks_read *last;	/* entry of the one that may still grow; NULL: there is none yet */
	int64_t begin;		/* where that one begins */
	int64_t end;		/* where the next one begins */
	struct nk_coalescer coalescer;
};

static void take(struct records *records, uint8_t *frame, int32_t length, int header_gap, struct nks_read *reads)
{
	const int32_t bytes = length - (int32_t)NK_VNET_HDR_LENGTH;

	if (records->last && nk_coalesce_append(&records->coalescer, frame, (uint32_t)length)) {
		records->last->length = (int32_t)records->coalescer.length;
		records->last->frames++;
		records->last->bytes += bytes;
	} else {
		if (records->last)
			nk_coalesce_end(&records->coalescer);
		nk_coalesce_begin(&records->coalescer, frame, (uint32_t)length);
		records->last = records->last ? records->last + 1 : reads;
		*records->last = (struct nks_read){.length = length, .frames = 1, .bytes = bytes};
		records->begin = records->end;
	}
	records->end = records->begin + span(header_gap, records->last->length);
}

int64_t nks_tap_open_intake(int fd)
{
	struct nk_intake *intake = nk_intake_open(fd);

	return intake ? (int64_t)(uintptr_t)intake : -ENOMEM;
}

int nks_tap_close_intake(int64_t intake)
{
	nk_intake_close((struct nk_intake *)(uintptr_t)intake);
	return 0;
}

int nks_tap_read_batch(int64_t intake, void *base, int capacity, int header_gap, int max_frames, int byte_limit,
		       struct nks_read *reads)
{
	const size_t longest = NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD;
	struct records records = {0};
	int count = 0, why = 0;

	if (intake <= 0 || !base || !reads || capacity < 0 || header_gap < 0 || header_gap > 4096 || max_frames < 1 ||
	    max_frames > NKS_MAX_BATCH || ((uintptr_t)base | (unsigned int)header_gap) % NK_RECORD_ALIGNMENT)
		return -EINVAL;
	if (capacity < span(header_gap, (int64_t)longest))
		return -ENOSPC;

	do {
		uint8_t *frame = (uint8_t *)base + records.end + header_gap;
		int length = nk_intake_read((struct nk_intake *)(uintptr_t)intake, frame);

		if (length < 0) {
			why = length;
			break;
		}
		take(&records, frame, length, header_gap, reads);
		count++;
	} while (count < max_frames && records.end < byte_limit &&
		 capacity - records.end >= span(header_gap, (int64_t)longest));

	if (!records.last)
		return why;
	nk_coalesce_end(&records.coalescer);
	records.last[1] = (struct nks_read){.length = why};
	return (int)(records.last + 1 - reads);
}
