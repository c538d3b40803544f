// SPDX-License-Identifier: Apache-2.0
/* claim.c - the lock files that show who owns a device. */
#include "claim/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int nk_claim_take(int directory, const char *name, const char *owner)
{
	char text[NK_CLAIM_OWNER_LENGTH];
	int length = snprintf(text, sizeof(text), "%s, process %d", owner, getpid());
	struct stat status;
	int fd, error;

	if (length < 0 || (size_t)length >= sizeof(text))
		return -ENAMETOOLONG;
	for (;;) {
		fd = openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &status) < 0) {
			error = -errno;
			close(fd);
			return error;
		}
		if (status.st_nlink > 0)
			break;
		/* Its owner removed it between the opening and the locking. */
		close(fd);
	}
	errno = EIO;
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)length, 0) != length) {
		error = -errno;
		nk_claim_give_back(directory, name, fd);
		return error;
	}
	return fd;
}

int nk_claim_owner(int directory, const char *name, char owner[NK_CLAIM_OWNER_LENGTH])
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length;
	int error;

	owner[0] = '\0';
	if (fd < 0)
		return -errno;
	length = read(fd, owner, NK_CLAIM_OWNER_LENGTH - 1);
	error = -errno;
	close(fd);
	if (length < 0)
		return error;
	owner[length] = '\0';
	return (int)length;
}

void nk_claim_give_back(int directory, const char *name, int fd)
{
	/* Removed while it is locked: whoever opened it before finds that it has no name any more. */
	unlinkat(directory, name, 0);
	close(fd);
}
