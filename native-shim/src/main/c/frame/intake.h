/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - reads frames from a TAP, many with one system call where small ones stream in.
 *
 * A TAP hands out one frame a read(2), and of what a small frame costs its reader that call is the most. io_uring(7) takes
 * a row of reads at once; but where a frame has to lie is known only once the one before it was looked at, so these go to
 * memory of the intake's own, and are copied from there. That pays for small frames alone: a large one is read where it is
 * wanted, with a call of its own.
 *
 * Where the kernel has no io_uring, or forbids it, every frame is read with a call of its own. One thread at a time uses an
 * intake.
 */
#ifndef NK_FRAME_INTAKE_H
#define NK_FRAME_INTAKE_H

#include <stdint.h>

/* Frames that are read with one call at most. As many may be lost with a process that dies. */
#define NK_INTAKE_MOST 64u

/* The longest frame, with its vnet_hdr, for which a copy is cheaper than a call. */
#define NK_INTAKE_SMALL 2048u

/* Small frames in a row after which the next ones are read many at once. */
#define NK_INTAKE_STREAM 16u

struct nk_intake;

/* Frames of a TAP that does not block; the descriptor stays the caller's, and open until the end. NULL: no memory. */
struct nk_intake *nk_intake_open(int tap);

void nk_intake_close(struct nk_intake *intake);

/*
 * Takes the next frame, as read(2) of the TAP would: `frame` has room for NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD bytes. Returns
 * its length, vnet_hdr included, or -errno. -EAGAIN: neither the TAP nor the intake has one now.
 */
int nk_intake_read(struct nk_intake *intake, uint8_t *frame);

#endif
