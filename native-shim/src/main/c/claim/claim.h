/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.h - the lock files that show who owns a device.
 *
 * One file a device, in a directory that the caller has made and that nobody else can write in. Who holds a flock(2) on
 * it owns the device, and has written into it who he is. The lock belongs to the open file: it goes by itself once every
 * process that shares the descriptor has ended. A file that nobody has locked means nothing.
 */
#ifndef NK_CLAIM_H
#define NK_CLAIM_H

#include <stddef.h>

#define NK_CLAIM_OWNER_LENGTH 512

/*
 * Takes the file `name` of a directory, and writes `owner` and the caller's pid into it. Returns a close-on-exec
 * descriptor, the owner's; or -errno: EWOULDBLOCK if it has an owner, ENAMETOOLONG for a long text.
 */
int nk_claim_take(int directory, const char *name, const char *owner);

/* Writes to `owner` what the owner wrote, NUL-terminated, "" if he has not yet. Returns its length, or -errno. */
int nk_claim_owner(int directory, const char *name, char owner[NK_CLAIM_OWNER_LENGTH]);

/* Gives it back, and removes the file; fd is closed. */
void nk_claim_give_back(int directory, const char *name, int fd);

#endif
