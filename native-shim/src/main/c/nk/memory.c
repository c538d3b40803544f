// SPDX-License-Identifier: Apache-2.0
/* memory.c - shared memory of programs, docs/abi.md section 6. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define UNIT UINT64_C(4096)

static struct nk_memory *memory_of(struct nk_program *program, uint32_t id)
{
	struct nk_memory *memory = program->memories;

	while (memory && memory->id != id)
		memory = memory->next;
	return memory;
}

int nk_memory_take(struct nk_program *program, const struct nk_packet *packet)
{
	const struct nk_memory_grant *grant = &packet->memory;
	struct nk_memory *memory;
	int error;

	if (grant->request != program->asking)
		/* Nobody waits for it any more. */
		return nk_send_close(program, NK_CLOSE, grant->id);
	if (!grant->length || grant->length % UNIT || grant->owner_os_id >= NK_MAX_OS || grant->access > 1)
		return -EPROTO;
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	error = nk_region_map(packet->fds[0], grant->length, grant->access, 0, &memory->data);
	if (error) {
		free(memory);
		return error == -ENOMEM ? nk_refuse_grant(program, grant->request, grant->id) : error;
	}
	memory->program = program;
	memory->id = grant->id;
	memory->owner_os = grant->owner_os_id;
	memory->owner_epoch = grant->owner_epoch;
	memory->writable = grant->access;
	memory->length = grant->length;
	memory->next = program->memories;
	program->memories = memory;
	nk_granted(program, grant->request, grant->id);
	return 0;
}

void nk_memory_end(struct nk_program *program, uint32_t id, uint32_t reason)
{
	/* One that was opened twice is there twice. */
	for (struct nk_memory *memory = program->memories; memory; memory = memory->next) {
		if (memory->id == id)
			memory->closed = reason;
	}
}

void nk_memory_free(struct nk_memory *memory)
{
	struct nk_memory **link = &memory->program->memories;

	while (*link != memory)
		link = &(*link)->next;
	*link = memory->next;
	nk_region_unmap(memory->data, memory->length);
	free(memory);
}

/* `length` 0: opens; else what comes must be so long, rounded up. */
static int open_memory(struct nk_program *program, const char *os, const char *name, uint64_t length, bool write,
		       struct nk_memory **opened)
{
	struct nk_open_memory request = {
		.header = nk_packet_header(NK_OPEN_MEMORY, sizeof(request)),
		.request = ++program->last_request,
		.access = write,
		.create_length = length,
	};
	struct nk_memory *memory;
	int error;

	if (!nk_name_fits(os) || !nk_name_fits(name))
		return -ENAMETOOLONG;
	strcpy(request.os, os);
	strcpy(request.name, name);
	error = nk_ask(program, &request, sizeof(request), request.request);
	if (error)
		return error;
	memory = memory_of(program, program->answer_id);
	if (!memory)
		return -EPROTO;
	if (((length || write) && !memory->writable) || (length && memory->length - length >= UNIT)) {
		nk_memory_close(memory);
		return -EPROTO;
	}
	*opened = memory;
	return 0;
}

int nk_memory_create(struct nk_program *program, const char *name, uint64_t length, uint32_t flags,
		     struct nk_memory **memory)
{
	if (!length || flags & ~NK_MEMORY_ALL_WRITE)
		return -EINVAL;
	return open_memory(program, program->os_name, name, length, flags & NK_MEMORY_ALL_WRITE, memory);
}

int nk_memory_open(struct nk_program *program, const char *os, const char *name, uint32_t flags,
		   struct nk_memory **memory)
{
	if (flags & ~NK_MEMORY_WRITE)
		return -EINVAL;
	return open_memory(program, os, name, 0, flags & NK_MEMORY_WRITE, memory);
}

void *nk_memory_data(const struct nk_memory *memory)
{
	return memory->data;
}

uint64_t nk_memory_length(const struct nk_memory *memory)
{
	return memory->length;
}

bool nk_memory_writable(const struct nk_memory *memory)
{
	return memory->writable;
}

uint32_t nk_memory_os(const struct nk_memory *memory)
{
	return memory->owner_os;
}

uint32_t nk_memory_epoch(const struct nk_memory *memory)
{
	return memory->owner_epoch;
}

int nk_memory_closed(struct nk_memory *memory)
{
	nk_take_packets(memory->program);
	if (!memory->closed && memory->program->socket < 0)
		return -ENOTCONN;
	return (int)memory->closed;
}

void nk_memory_close(struct nk_memory *memory)
{
	struct nk_program *program = memory->program;
	uint32_t id = memory->id;

	/* First unmapped, then said so. */
	nk_memory_free(memory);
	nk_send_close(program, NK_CLOSE, id);
}
