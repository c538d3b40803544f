/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk_memory.h - memory that programs of different OSes share (docs/abi.md section 6; nk_program.h is what they join
 * with).
 *
 * A program makes it under a name in its OS; others open it by the names of OS and memory. It reads as zero at first.
 * Its maker says whether others may write. To a program that may not, the kernel maps it read-only, and a store ends
 * the program with SIGSEGV.
 *
 *	struct nk_memory *memory;
 *
 *	nk_memory_create(program, "frames", 1 << 20, 0, &memory);
 *	memcpy(nk_memory_data(memory), frame, length);
 *
 * Whoever may write it can do so at any time: copy what is to be checked and then used. The memory orders nothing by
 * itself; nk_sync.h has what does.
 *
 * When its maker closes it or ends, it stays mapped wherever it is, and nobody new can open it: nk_memory_closed()
 * tells.
 *
 * Threads. One thread uses a program and all that comes from it; the bytes are any thread's.
 *
 * Results. Functions return 0 or a negative errno: -ECONNREFUSED, nk_program_refusal() says why; -ENOTCONN, the
 * nanokernel is gone; -ETIMEDOUT, no answer; -EINVAL, unknown flags; -ENAMETOOLONG.
 */
#ifndef NK_MEMORY_H
#define NK_MEMORY_H

#include "nk_program.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nk_memory;

/* For nk_memory_create(): every program may write it. */
#define NK_MEMORY_ALL_WRITE 1u
/* For nk_memory_open(): to write it. */
#define NK_MEMORY_WRITE 1u

/*
 * Makes memory that the calling program can write, under a name in its OS: 1 to 31 bytes of [a-z0-9._-], a letter or
 * digit first. `length` is 1 byte to 1 GiB and rounded up to 4,096; -EINVAL: 0. `flags` are 0 or NK_MEMORY_ALL_WRITE.
 */
int nk_memory_create(struct nk_program *program, const char *name, uint64_t length, uint32_t flags,
		     struct nk_memory **memory);

/*
 * Opens the memory that a program of the OS named `os` has made. `flags` are 0, for reading, or NK_MEMORY_WRITE, which
 * is refused with NK_READ_ONLY unless all may write.
 */
int nk_memory_open(struct nk_program *program, const char *os, const char *name, uint32_t flags,
		   struct nk_memory **memory);

/* The first byte, page-aligned; until nk_memory_close() or nk_leave(). */
void *nk_memory_data(const struct nk_memory *memory);

/* Bytes, a multiple of 4,096. */
uint64_t nk_memory_length(const struct nk_memory *memory);

/* Whether this program may store to it. */
bool nk_memory_writable(const struct nk_memory *memory);

/* Whose it is: id of the OS, and its epoch in which the memory was made. */
uint32_t nk_memory_os(const struct nk_memory *memory);
uint32_t nk_memory_epoch(const struct nk_memory *memory);

/*
 * enum nk_closed_reason, of the maker; 0 while it has the memory. Looks at what the nanokernel has sent and does not
 * wait; an interrupt is left to the next wait. -ENOTCONN: it had the memory when the nanokernel was lost.
 */
int nk_memory_closed(struct nk_memory *memory);

/* Unmaps it; if this program made it, the others are told. Frees the memory. */
void nk_memory_close(struct nk_memory *memory);

#ifdef __cplusplus
}
#endif

#endif
