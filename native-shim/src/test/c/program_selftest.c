// SPDX-License-Identifier: Apache-2.0
/*
 * program_selftest.c - what a program believes of the nanokernel's answers about shared memory and sync objects; the
 * test answers for the nanokernel.
 */
#include "programs.h"
#include "small_nanokernel.h"

/* What the nanokernel answers to the next request of program 0. */
static struct nk_memory_grant memory_grant;
static int granted_fd;

static void *grant_memory(void *argument)
{
	struct nk_open_memory request;

	(void)argument;
	machine.connection = peers[0].nanokernel;
	EXPECT(recv(machine.connection, &request, sizeof(request), 0) == sizeof(request));
	EXPECT(request.header.type == NK_OPEN_MEMORY);
	EXPECT(!strcmp(request.os, "alpha") && !strcmp(request.name, "frames"));
	memory_grant.request += request.request;
	send_raw(&memory_grant, sizeof(memory_grant), &granted_fd, 1);
	return NULL;
}

static int create_granted(uint64_t length, struct nk_memory **memory)
{
	int error;

	start(1, grant_memory);
	error = nk_memory_create(&peers[0].program, "frames", length, 0, memory);
	pthread_join(peers[1].thread, NULL);
	return error;
}

static void send_closed(uint32_t id, uint32_t reason)
{
	struct nk_closed packet = {.header = header_of(NK_CLOSED, sizeof(packet)), .id = id, .reason = reason};

	send_raw(&packet, sizeof(packet), NULL, 0);
}

static void expect_close(uint16_t type, uint32_t id)
{
	struct nk_close packet = {0};

	EXPECT(recv(peers[0].nanokernel, &packet, sizeof(packet), MSG_DONTWAIT) == sizeof(packet));
	EXPECT(packet.header.type == type && packet.id == id);
}

static void memory_is_mapped_as_granted_and_its_end_is_told(void)
{
	struct nk_memory *memory = NULL;
	char *bytes = make_memory(&granted_fd, 8192);

	join_all(NK_SYNC_MUTEX, 0, 0);
	memory_grant = (struct nk_memory_grant){
		.header = header_of(NK_MEMORY, sizeof(memory_grant)),
		.id = 9, .owner_os_id = 3, .owner_epoch = 2, .access = 1, .length = 8192,
	};
	EXPECT(nk_memory_create(&peers[0].program, "frames", 0, 0, &memory) == -EINVAL);
	EXPECT(nk_memory_create(&peers[0].program, "frames", 1, 2, &memory) == -EINVAL);
	EXPECT(create_granted(4097, &memory) == 0 && memory);
	EXPECT(nk_memory_length(memory) == 8192 && nk_memory_writable(memory));
	EXPECT(nk_memory_os(memory) == 3 && nk_memory_epoch(memory) == 2);
	strcpy(nk_memory_data(memory), "seen");
	EXPECT(!strcmp(bytes, "seen"));
	nk_interrupt(&peers[0].program);
	EXPECT(nk_memory_closed(memory) == 0);
	send_closed(8, NK_CLOSED_BY_PEER);
	EXPECT(nk_memory_closed(memory) == 0);
	send_closed(9, NK_CLOSED_PROGRAM_ENDED);
	EXPECT(nk_memory_closed(memory) == NK_CLOSED_PROGRAM_ENDED);
	EXPECT(nk_await(&peers[0].program, -1) == -EINTR);
	nk_memory_close(memory);
	expect_close(NK_CLOSE, 9);

	/* One that nobody asked for, or waits for any more, is given back. */
	memory_grant.request = 77;
	send_raw(&memory_grant, sizeof(memory_grant), &granted_fd, 1);
	nk_take_packets(&peers[0].program);
	expect_close(NK_CLOSE, 9);
	EXPECT(!peers[0].program.memories);
	leave_all();
	munmap(bytes, 8192);
	close(granted_fd);
}

static void memory_that_is_not_what_was_said_is_not_taken(void)
{
	struct nk_memory *memory;
	char *bytes = make_memory(&granted_fd, 8192);
	int sealed = granted_fd, unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	static const struct {
		uint64_t asked, granted;
		uint32_t access;
		bool seals;
		int error;
	} grants[] = {
		{8192, 8192, 1, true, 0},
		{8192, 8192, 1, false, -ENOTCONN},
		{8192, 12288, 1, true, -ENOTCONN},
		{8192, 4096, 1, true, -ENOTCONN},
		{8192, 0, 1, true, -ENOTCONN},
		{8192, 8192, 2, true, -ENOTCONN},
		{8192, 8192, 0, true, -EPROTO},
		{4096, 8192, 1, true, -EPROTO},
		{8193, 8192, 1, true, -EPROTO},
	};

	EXPECT(ftruncate(unsealed, 8192) == 0);
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		join_all(NK_SYNC_MUTEX, 0, 0);
		granted_fd = grants[i].seals ? sealed : unsealed;
		memory_grant = (struct nk_memory_grant){
			.header = header_of(NK_MEMORY, sizeof(memory_grant)),
			.id = 1, .access = grants[i].access, .length = grants[i].granted,
		};
		EXPECT(create_granted(grants[i].asked, &memory) == grants[i].error);
		/* What breaks the ABI ends the connection to who broke it. */
		EXPECT((peers[0].program.socket < 0) == (grants[i].error == -ENOTCONN));
		leave_all();
	}
	munmap(bytes, 8192);
	close(sealed);
	close(unsealed);
}

static struct nk_sync_page *granted_page;

static void *grant_sync(void *argument)
{
	struct nk_sync_grant grant = {.header = header_of(NK_SYNC, sizeof(grant)), .id = 5};
	struct nk_open_sync request;

	(void)argument;
	machine.connection = peers[0].nanokernel;
	EXPECT(recv(machine.connection, &request, sizeof(request), 0) == sizeof(request));
	EXPECT(request.header.type == NK_OPEN_SYNC && !strcmp(request.name, "tokens") && request.initial == 1);
	grant.request = request.request;
	send_raw(&grant, sizeof(grant), &granted_fd, 1);
	return NULL;
}

static void sync_object_is_opened_unless_its_page_is_spoiled(void)
{
	struct nk_sync *sync = NULL;

	granted_page = make_memory(&granted_fd, NK_SYNC_LENGTH);
	*granted_page = (struct nk_sync_page){
		.magic = NK_SYNC_MAGIC, .kind = NK_SYNC_SEMAPHORE, .limit = 3, .word = 1,
	};
	join_all(NK_SYNC_MUTEX, 0, 0);
	start(1, grant_sync);
	EXPECT(nk_sync_open(&peers[0].program, "tokens", NK_SYNC_SEMAPHORE, 1, 3, &sync) == 0 && sync);
	pthread_join(peers[1].thread, NULL);
	EXPECT(nk_semaphore_post(sync) == 0 && granted_page->word == 2);
	nk_sync_close(sync);
	expect_close(NK_CLOSE, 5);

	granted_page->limit = 4;
	start(1, grant_sync);
	EXPECT(nk_sync_open(&peers[0].program, "tokens", NK_SYNC_SEMAPHORE, 1, 3, &sync) == -EPROTO);
	pthread_join(peers[1].thread, NULL);
	expect_close(NK_CLOSE, 5);
	EXPECT(!peers[0].program.syncs && peers[0].program.socket >= 0);
	leave_all();
	munmap(granted_page, NK_SYNC_LENGTH);
	close(granted_fd);
}

static void port_that_nobody_waits_for_any_more_is_given_back(void)
{
	struct nk_answer answer = {.header = header_of(NK_ANSWER, sizeof(answer)), .request = 77, .id = 6};
	char nothing;

	join_all(NK_SYNC_MUTEX, 0, 0);
	machine.connection = peers[0].nanokernel;
	send_raw(&answer, sizeof(answer), NULL, 0);
	nk_take_packets(&peers[0].program);
	expect_close(NK_CLOSE_PORT, 6);

	/* One that was refused is none. */
	answer.error = NK_NAME_TAKEN;
	send_raw(&answer, sizeof(answer), NULL, 0);
	nk_take_packets(&peers[0].program);
	EXPECT(recv(peers[0].nanokernel, &nothing, 1, MSG_DONTWAIT) < 0);
	leave_all();
}

int main(void)
{
	CLAIM(memory_is_mapped_as_granted_and_its_end_is_told);
	CLAIM(memory_that_is_not_what_was_said_is_not_taken);
	CLAIM(sync_object_is_opened_unless_its_page_is_spoiled);
	CLAIM(port_that_nobody_waits_for_any_more_is_given_back);
	return failures ? 1 : 0;
}
