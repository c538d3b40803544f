// SPDX-License-Identifier: Apache-2.0
/*
 * memory.c - memory objects that processes share, and private memory with a known address.
 *
 * A memory object is a memfd whose size can never change, so that a mapping of it can't be cut short by whoever else has
 * it (that would be SIGBUS), and whose seals are final. Who may write is decided by how the descriptor was opened:
 * mapping one that was opened read-only for writing is refused by the kernel, and mode 0600 keeps users other
 * than the maker's from opening it again through /proc/self/fd.
 */
#include "nk_shim.h"
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux 6.3; the build machine's headers may be older. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int nks_memory_page_size(void)
{
	return (int)sysconf(_SC_PAGESIZE);
}

/* An empty object without seals. Returns a descriptor, or -errno. */
static int create(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int nks_memory_create(const char *name, int64_t size)
{
	int fd, error;

	if (!name || size <= 0)
		return -EINVAL;
	fd = create(name);
	if (fd < 0)
		return fd;
	if (RESUME(ftruncate(fd, size)) || fchmod(fd, 0600) || fcntl(fd, F_ADD_SEALS, SIZE_SEALS)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int nks_memory_create_final(const char *name, const void *bytes, int64_t size)
{
	const char *next = bytes;
	int64_t left = size;
	int fd, error;

	if (!name || !bytes || size <= 0)
		return -EINVAL;
	fd = create(name);
	if (fd < 0)
		return fd;
	while (left) {
		ssize_t written = RESUME(write(fd, next, (size_t)left));

		if (written < 0)
			goto fail;
		next += written;
		left -= written;
	}
	if (!fcntl(fd, F_ADD_SEALS, SIZE_SEALS | F_SEAL_WRITE))
		return fd;

fail:
	error = -errno;
	close(fd);
	return error;
}

int nks_memory_reopen_read_only(int fd)
{
	char path[sizeof("/proc/self/fd/") + 11];
	int reopened;

	if (fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reopened = RESUME(open(path, O_RDONLY | O_CLOEXEC));
	return reopened < 0 ? -errno : reopened;
}

int nks_memory_check_seals(int fd, int64_t size)
{
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return -errno;
	if ((seals & SIZE_SEALS) != SIZE_SEALS)
		return -EPERM;
	if (fstat(fd, &status))
		return -errno;
	return status.st_size == size ? 0 : -EMSGSIZE;
}

int64_t nks_memory_map(int fd, int64_t size, int writable, int64_t fixed)
{
	void *wanted = (void *)(uintptr_t)fixed;
	void *address;

	if (size <= 0 || fixed < 0)
		return -EINVAL;
	address = mmap(wanted, (size_t)size, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED | (wanted ? MAP_FIXED_NOREPLACE : 0), fd, 0);
	if (address == MAP_FAILED)
		return -errno;
	/* Linux before 4.17 takes the address as a hint. */
	if (wanted && address != wanted) {
		munmap(address, (size_t)size);
		return -EEXIST;
	}
	return (int64_t)(uintptr_t)address;
}

int nks_memory_unmap(void *address, int64_t size)
{
	if (!address || size <= 0)
		return -EINVAL;
	return munmap(address, (size_t)size) ? -errno : 0;
}

int64_t nks_memory_allocate_pages(int64_t size)
{
	void *address;

	if (size <= 0)
		return -EINVAL;
	address = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return address == MAP_FAILED ? -errno : (int64_t)(uintptr_t)address;
}

int nks_memory_free(void *address, int64_t size)
{
	return nks_memory_unmap(address, size);
}

static size_t whole_pages(int64_t size)
{
	size_t page = (size_t)nks_memory_page_size();

	return ((size_t)size + page - 1) & ~(page - 1);
}

int64_t nks_memory_allocate_guarded_pages(int64_t size)
{
	size_t page = (size_t)nks_memory_page_size();
	size_t inner;
	char *outer;
	int error;

	if (size <= 0)
		return -EINVAL;
	inner = whole_pages(size);
	outer = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (outer == MAP_FAILED)
		return -errno;
	if (mprotect(outer + page, inner, PROT_READ | PROT_WRITE)) {
		error = -errno;
		munmap(outer, inner + 2 * page);
		return error;
	}
	return (int64_t)(uintptr_t)(outer + page + inner - (size_t)size);
}

int nks_memory_free_guarded(void *address, int64_t size)
{
	size_t page = (size_t)nks_memory_page_size();
	size_t inner;
	uintptr_t outer;

	if (!address || size <= 0)
		return -EINVAL;
	inner = whole_pages(size);
	outer = (uintptr_t)address + (size_t)size - inner - page;
	return munmap((void *)outer, inner + 2 * page) ? -errno : 0;
}
