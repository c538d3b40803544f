// SPDX-License-Identifier: Apache-2.0
/*
 * region.c - memory objects as they arrive: checked, then mapped.
 *
 * The seals are what lets the rest of the library touch a mapping without fear of SIGBUS: nobody can cut the object
 * short.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "attachment.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int nk_region_map(int fd, uint64_t length, bool writable, uint64_t hint, void **address)
{
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return -errno;
	if ((seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (length > NK_MAX_REGION_LENGTH || (uint64_t)status.st_size != length)
		return -EOVERFLOW;

	void *mapping = MAP_FAILED;

	if (hint)
		mapping = mmap((void *)(uintptr_t)hint, length, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (mapping == MAP_FAILED)
		mapping = mmap(NULL, length, protection, MAP_SHARED, fd, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	*address = mapping;
	return 0;
}

void nk_region_unmap(const void *address, uint64_t length)
{
	if (address)
		munmap((void *)address, length);
}

int nk_region_check_os(const struct nk_os_region *region, uint64_t length, uint32_t os_id, uint32_t epoch)
{
	const struct nk_os_header *header = &region->header;

	/* The owner can write this header at any time: loaded once here, and never trusted later. */
	if (__atomic_load_n(&header->magic, __ATOMIC_RELAXED) != NK_OS_MAGIC ||
	    __atomic_load_n(&header->revision, __ATOMIC_RELAXED) != NK_REVISION ||
	    __atomic_load_n(&header->os_id, __ATOMIC_RELAXED) != os_id ||
	    __atomic_load_n(&header->epoch, __ATOMIC_RELAXED) != epoch ||
	    __atomic_load_n(&header->region_length, __ATOMIC_RELAXED) != length)
		return -EPROTO;
	return 0;
}

int nk_region_check_management(const struct nk_management *management)
{
	if (management->header.magic != NK_MANAGEMENT_MAGIC || management->header.revision != NK_REVISION ||
	    management->header.os_capacity != NK_MAX_OS || management->header.region_length != NK_MANAGEMENT_LENGTH)
		return -EPROTO;
	return 0;
}
