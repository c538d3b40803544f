/* SPDX-License-Identifier: Apache-2.0 */
/* unix_address.h - paths of unix sockets, for fd_pass.c and dgram.c. */
#ifndef NK_SHIM_UNIX_ADDRESS_H
#define NK_SHIM_UNIX_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

/* Fills in the address; -ENAMETOOLONG, or -EINVAL for an empty path. */
int nks_unix_address(struct sockaddr_un *address, const char *path);

/*
 * Makes a socket of that type bound to path with that mode. A socket file left by somebody who is gone is
 * replaced. Returns a descriptor.
 */
int nks_unix_bind(const char *path, int type, int mode);

#endif
