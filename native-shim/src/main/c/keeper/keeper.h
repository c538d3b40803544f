/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - what nk-keeper and the program that it keeps say to each other.
 *
 * The keeper starts the program with one end of a unix seqpacket socket; its number is in the environment as NK_KEEPER.
 * A message is a header, a name, NUL, a text, and up to KEEPER_MAX_FDS descriptors. All numbers are the machine's own.
 * KeeperDescriptor.java has the same layout.
 *
 *	keeper -> program	at its start ENTRY for each thing that is kept, in no order, then END;
 *				later EXITED
 *	program -> keeper	KEEP, DROP, FORGET, SPARE; nothing is answered
 *
 * A spare is the same program once more, with a socket of its own. It is told SPARE first, and then nothing until the one
 * before it was killed, which may be never: then it reads the end of the socket, or is killed.
 *
 * If the program closes its end and lives on for a second, everything is dropped.
 */
#ifndef NK_KEEPER_H
#define NK_KEEPER_H

#include <assert.h>
#include <stdint.h>

#define KEEPER_VARIABLE "NK_KEEPER"
#define KEEPER_MAX_MESSAGE 4096
#define KEEPER_MAX_NAME 64
#define KEEPER_MAX_FDS 4
/*
 * Entries; one that is more is a reason to drop everything. An OS alone can bring about some 15,000, with 64 programs that
 * have 64 ports each and open what there is.
 */
#define KEEPER_MAX_ENTRIES 1048576

enum keeper_type {
	/* Keep this; replaces what is kept under the name, descriptors too. */
	KEEPER_KEEP = 1,
	/* Drop what is kept under the name, if anything is. */
	KEEPER_DROP = 2,
	/* What is kept: as it came, and the status of its process if that has ended. */
	KEEPER_ENTRY = 3,
	/* That was all. */
	KEEPER_END = 4,
	/* The process of an entry, which became the keeper's own child, has ended. */
	KEEPER_EXITED = 5,
	/* Drop everything: the program is about to end. */
	KEEPER_FORGET = 6,
	/* To the keeper: start a spare, if there is none. To the spare: wait. */
	KEEPER_SPARE = 7,
};

/* Status of a process that has not ended. */
#define KEEPER_ALIVE (-1)

struct keeper_header {
	uint32_t type;
	/* Of the process whose end is to be told; 0: none. */
	int32_t pid;
	/* 0 to 255 as it exited, 128 + signal, or KEEPER_ALIVE. Of ENTRY and EXITED. */
	int32_t status;
	uint32_t reserved;
};

static_assert(sizeof(struct keeper_header) == 16, "layout");

#endif
