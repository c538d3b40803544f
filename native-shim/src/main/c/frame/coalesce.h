/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coalesce.h - joins UDP datagrams that follow one another into one large segment.
 *
 * A TAP hands out one datagram a read, and the kernel at the far end goes through its whole receive path for each one
 * that is written. As one VIRTIO_NET_HDR_GSO_UDP_L4 segment, a run of datagrams crosses that path once, and the kernel
 * cuts it again where the socket is, or hands it whole to a program that asked for UDP_GRO. It is what a NIC and the
 * kernel's GRO do for the datagrams of a wire.
 *
 * Nothing is kept back: only what can be read at once is joined, so that no datagram waits for another. And what was
 * joined is cut into the very same datagrams again: their headers are equal but for lengths, checksums, and an IPv4
 * identification that counts up, or that says nothing since the datagram must not be fragmented (RFC 6864, section
 * 4.1); and all but the last are of one length. Only datagrams are joined whose checksum is still to be computed, that
 * is those of this kernel, so there is no checksum to verify.
 *
 * The frames lie in memory that nobody else writes. One thread uses one coalescer.
 */
#ifndef NK_FRAME_COALESCE_H
#define NK_FRAME_COALESCE_H

#include <stdbool.h>
#include <stdint.h>

/* Most datagrams of one segment: UDP_MAX_SEGMENTS of Linux before 6.9 (include/linux/udp.h). */
#define NK_COALESCE_MAX 64u

/* All fields are the coalescer's own; `length` may be read, to find the place behind. */
struct nk_coalescer {
	uint8_t *first;		/* vnet_hdr and frame to which datagrams are appended */
	uint32_t length;	/* of both, with what was appended */
	uint32_t headers;	/* Ethernet, IP and UDP header together */
	uint32_t segment;	/* payload of each datagram but the last, which may be shorter */
	uint32_t datagrams;
	bool open;		/* more may be appended */
};

/* Begins anew with a frame that was just read, `length` bytes of vnet_hdr and Ethernet frame, whatever it is. */
void nk_coalesce_begin(struct nk_coalescer *coalescer, uint8_t *frame, uint32_t length);

/* False: nothing can be appended any more, so the next frame need not be read to a place that suits it. */
static inline bool nk_coalesce_is_open(const struct nk_coalescer *coalescer)
{
	return coalescer->open;
}

/*
 * Appends the payload of the frame that was read next, if it continues the first; there is room for it behind the
 * first, and the two may overlap there. False: it is a frame of its own, and nothing more can be appended.
 */
bool nk_coalesce_append(struct nk_coalescer *coalescer, const uint8_t *next, uint32_t length);

/*
 * Makes the headers of the first frame those of the whole. Called once, before the frame is used. Returns the length of
 * the whole, vnet_hdr included.
 */
uint32_t nk_coalesce_end(struct nk_coalescer *coalescer);

#endif
