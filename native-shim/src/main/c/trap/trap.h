/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.h - the panic trap: what an OS says of its own end. Part of both libnk.a and libnkshim.so.
 *
 * The record goes into the header of the OS's own region (docs/abi.md section 3.1), and PANIC over the attach socket
 * wakes the nanokernel, which looks at the record at once. Without the message it finds it at its next look.
 */
#ifndef NK_TRAP_H
#define NK_TRAP_H

#include <stdint.h>

#include "nk_abi.h"

/*
 * Writes the record, the text cut to NK_PANIC_TEXT_LENGTH - 1 bytes, and sends PANIC; socket -1: to nobody. A message
 * that cannot be sent at once is left. Safe in a signal handler.
 */
void nk_trap_panic(struct nk_os_header *header, int socket, uint32_t code, const char *text);

/*
 * From now on these signals leave a record before they end the process as they would have: code is the signal's number,
 * the text says which it was, and where or from whom. A second call replaces what the first one gave. The region must
 * stay mapped and the socket open until nk_trap_disarm(). Handlers run on a stack of their own if the thread has one.
 * `program` names the process in the text and is not copied. Returns 0 or a negative errno.
 */
int nk_trap_arm(struct nk_os_header *header, int socket, const char *program, const int *signals, int count);

/* The signals end the process without a record. */
void nk_trap_disarm(void);

#endif
