/* SPDX-License-Identifier: Apache-2.0 */
/* segment.h - writes a frame to a TAP, and cuts large UDP segments for a kernel that cannot (Linux before 6.2). */
#ifndef NK_FRAME_SEGMENT_H
#define NK_FRAME_SEGMENT_H

#include <stdint.h>

/* Most datagrams that are cut of one segment: UDP_MAX_SEGMENTS of Linux from 6.9 on. */
#define NK_SEGMENT_MAX 128u

/*
 * Writes `length` bytes of vnet_hdr and Ethernet frame to a TAP, and if the kernel does not know what a
 * VIRTIO_NET_HDR_GSO_UDP_L4 segment is, writes its datagrams one by one, checksums left to the kernel.
 *
 * The bytes may be a hostile peer's, who changes them meanwhile: headers are read once, and what they say is checked.
 *
 * 0; or the -errno of the write that failed, with which the rest of a cut segment is left out: -EAGAIN: the queue is
 * full; -EINVAL: a runt, a lying vnet_hdr, or more than NK_SEGMENT_MAX datagrams; -EIO: the interface is down.
 */
int nk_write_to_tap(int fd, const uint8_t *vnet_hdr, uint32_t length);

#endif
