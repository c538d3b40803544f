// SPDX-License-Identifier: Apache-2.0
/* intake.c - see intake.h. The rings are those of io_uring(7), used without a library: reads alone, and none is left open. */
#include "frame/intake.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "nk_abi.h"

#define FRAME_LENGTH (NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD)

/* Between two frames in the store: a small one touches a page or two, and no two begin in the same set of a cache. */
#define STRIDE (((FRAME_LENGTH + 4095u) & ~4095u) + 4096u + 192u)

/* A row of reads is not shorter than this, since it costs little more. */
#define FEWEST 8u

/* A row that brought no more was not worth the call. */
#define TOO_FEW 2u

struct rings {
	void *submissions;	/* mapped, as is each of these three */
	size_t submissions_length;
	void *completions;
	size_t completions_length;
	struct io_uring_sqe *entries;
	size_t entries_length;
	uint32_t *submission_tail;
	uint32_t submission_mask;
	uint32_t *completion_head;
	uint32_t *completion_tail;
	uint32_t completion_mask;
	const struct io_uring_cqe *results;
};

struct nk_intake {
	int tap;
	int uring;		/* -1: not open */
	bool refused;		/* the kernel does not do it */
	uint32_t small_ones;	/* in a row, that were read */
	uint32_t wanted;	/* of the next row */
	uint32_t taken, stored;	/* of `order` */
	bool ran_dry;		/* the last row ended with an empty TAP, which was not asked since */
	uint8_t order[NK_INTAKE_MOST];		/* places in the store with a frame, the oldest first */
	int32_t lengths[NK_INTAKE_MOST];	/* by place; or -errno */
	uint8_t *store;
	struct rings rings;
};

static void *map(int fd, size_t length, uint64_t what)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)what);
}

static void unmap(void *address, size_t length)
{
	if (address && address != MAP_FAILED)
		munmap(address, length);
}

static void close_rings(struct nk_intake *intake)
{
	struct rings *rings = &intake->rings;

	if (intake->uring >= 0)
		close(intake->uring);
	unmap(rings->entries, rings->entries_length);
	unmap(rings->completions, rings->completions_length);
	unmap(rings->submissions, rings->submissions_length);
	unmap(intake->store, (size_t)NK_INTAKE_MOST * STRIDE);
	*rings = (struct rings){0};
	intake->store = NULL;
	intake->uring = -1;
}

/* The order of submissions is always that of the entries, so their index array is filled once. */
static void lay_out(struct rings *rings, const struct io_uring_params *params)
{
	uint8_t *submissions = rings->submissions;
	uint8_t *completions = rings->completions;
	uint32_t *index = (uint32_t *)(submissions + params->sq_off.array);

	rings->submission_tail = (uint32_t *)(submissions + params->sq_off.tail);
	rings->submission_mask = *(uint32_t *)(submissions + params->sq_off.ring_mask);
	rings->completion_head = (uint32_t *)(completions + params->cq_off.head);
	rings->completion_tail = (uint32_t *)(completions + params->cq_off.tail);
	rings->completion_mask = *(uint32_t *)(completions + params->cq_off.ring_mask);
	rings->results = (struct io_uring_cqe *)(completions + params->cq_off.cqes);
	for (uint32_t i = 0; i < params->sq_entries; i++)
		index[i] = i;
}

static bool open_rings(struct nk_intake *intake)
{
	struct io_uring_params params = {0};
	struct rings *rings = &intake->rings;

	intake->uring = (int)syscall(SYS_io_uring_setup, NK_INTAKE_MOST, &params);
	if (intake->uring < 0) {
		intake->uring = -1;
		return false;
	}
	rings->submissions_length = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	rings->completions_length = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	rings->entries_length = params.sq_entries * sizeof(struct io_uring_sqe);
	rings->submissions = map(intake->uring, rings->submissions_length, IORING_OFF_SQ_RING);
	rings->completions = map(intake->uring, rings->completions_length, IORING_OFF_CQ_RING);
	rings->entries = map(intake->uring, rings->entries_length, IORING_OFF_SQES);
	intake->store = mmap(NULL, (size_t)NK_INTAKE_MOST * STRIDE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (rings->submissions == MAP_FAILED || rings->completions == MAP_FAILED || rings->entries == MAP_FAILED ||
	    intake->store == MAP_FAILED)
		return false;
	lay_out(rings, &params);
	return true;
}

struct nk_intake *nk_intake_open(int tap)
{
	struct nk_intake *intake = calloc(1, sizeof(*intake));

	if (intake) {
		intake->tap = tap;
		intake->uring = -1;
		intake->wanted = FEWEST;
	}
	return intake;
}

void nk_intake_close(struct nk_intake *intake)
{
	if (!intake)
		return;
	close_rings(intake);
	free(intake);
}

static void submit(struct nk_intake *intake)
{
	struct rings *rings = &intake->rings;
	uint32_t tail = *rings->submission_tail;

	for (uint32_t i = 0; i < intake->wanted; i++, tail++) {
		intake->lengths[i] = -EAGAIN;
		rings->entries[tail & rings->submission_mask] = (struct io_uring_sqe){
			.opcode = IORING_OP_READ,
			.fd = intake->tap,
			.addr = (uint64_t)(uintptr_t)(intake->store + (size_t)i * STRIDE),
			.len = FRAME_LENGTH,
			/* A device without a position; and what is not there at once is not waited for. */
			.off = (uint64_t)-1,
			.rw_flags = RWF_NOWAIT,
			.user_data = i,
		};
	}
	__atomic_store_n(rings->submission_tail, tail, __ATOMIC_RELEASE);
}

/* Takes the results of all reads of a row; returns how many there were. */
static uint32_t collect(struct nk_intake *intake)
{
	struct rings *rings = &intake->rings;
	uint32_t head = *rings->completion_head;
	uint32_t tail = __atomic_load_n(rings->completion_tail, __ATOMIC_ACQUIRE);
	uint32_t count = tail - head;

	for (; head != tail; head++) {
		const struct io_uring_cqe *result = &rings->results[head & rings->completion_mask];

		intake->lengths[result->user_data % NK_INTAKE_MOST] = result->res;
	}
	__atomic_store_n(rings->completion_head, head, __ATOMIC_RELEASE);
	return count;
}

/* Reads a row of frames into the store; none, if the TAP has none. */
static void fill(struct nk_intake *intake)
{
	uint32_t wanted = intake->wanted;
	long submitted;
	bool unknown = false;

	intake->taken = 0;
	intake->stored = 0;
	if (intake->uring < 0 && !open_rings(intake)) {
		close_rings(intake);
		intake->refused = true;
		return;
	}
	submit(intake);
	do {
		submitted = syscall(SYS_io_uring_enter, intake->uring, wanted, wanted, IORING_ENTER_GETEVENTS, NULL, 0);
	} while (submitted < 0 && errno == EINTR);
	/* All of them end in the call. If they do not, the kernel may write to the store later, so it stays mapped. */
	if (collect(intake) != wanted || submitted != (long)wanted)
		intake->refused = true;
	for (uint32_t i = 0; i < wanted; i++) {
		if (intake->lengths[i] >= 0)
			intake->order[intake->stored++] = (uint8_t)i;
		else if (intake->lengths[i] == -EOPNOTSUPP || intake->lengths[i] == -EINVAL)
			unknown = true;
	}
	if (unknown)
		intake->refused = true;
	intake->ran_dry = intake->stored < wanted;
	intake->wanted = 2 * intake->stored;
	if (intake->wanted > NK_INTAKE_MOST)
		intake->wanted = NK_INTAKE_MOST;
	if (intake->wanted < FEWEST)
		intake->wanted = FEWEST;
	if (intake->stored <= TOO_FEW)
		intake->small_ones = 0;
}

static int take(struct nk_intake *intake, uint8_t *frame)
{
	uint32_t place = intake->order[intake->taken++];
	int length = intake->lengths[place];

	if (length > (int)NK_INTAKE_SMALL)
		intake->small_ones = 0;
	memcpy(frame, intake->store + (size_t)place * STRIDE, (size_t)length);
	return length;
}

static int read_one(struct nk_intake *intake, uint8_t *frame)
{
	ssize_t length;

	do {
		length = read(intake->tap, frame, FRAME_LENGTH);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	intake->small_ones = length <= (ssize_t)NK_INTAKE_SMALL ? intake->small_ones + 1 : 0;
	return (int)length;
}

int nk_intake_read(struct nk_intake *intake, uint8_t *frame)
{
	if (intake->taken == intake->stored && intake->small_ones >= NK_INTAKE_STREAM && !intake->ran_dry &&
	    !intake->refused)
		fill(intake);
	if (intake->taken < intake->stored)
		return take(intake, frame);
	/* Also behind a row that found the TAP empty: that may be long ago, and its edge may have been seen since. */
	intake->ran_dry = false;
	return read_one(intake, frame);
}
