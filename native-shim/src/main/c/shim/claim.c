// SPDX-License-Identifier: Apache-2.0
/* claim.c - takes a device for a process that Java is. */
#include "claim/claim.h"
#include "nk_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int nks_claim_take(const char *directory, const char *name, const char *owner)
{
	int place, fd;

	if (!directory || !name || !owner)
		return -EINVAL;
	place = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return -errno;
	fd = nk_claim_take(place, name, owner);
	close(place);
	return fd;
}
