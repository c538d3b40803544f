/* SPDX-License-Identifier: Apache-2.0 */
/*
 * small_nanokernel.h - the nanokernel's end of an attach socket, and the memory that it gives away, in a few lines that
 * can also lie. OS 0 is the one that attaches, "alpha".
 */
#ifndef NK_TEST_SMALL_NANOKERNEL_H
#define NK_TEST_SMALL_NANOKERNEL_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "claims.h"
#include "nk.h"

#define OSES 3u
#define CAPACITY NK_MIN_RING_CAPACITY
#define REGION_LENGTH (NK_RINGS_OFFSET + OSES * CAPACITY)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static char directory[] = "/tmp/nk-attach-XXXXXX";
static char socket_path[64];
static char token_path[64];

/* One boot of the nanokernel. */
static struct machine {
	int listener;
	int connection;
	int management_fd;
	struct nk_management *management;
	int region_fds[OSES];
	struct nk_os_region *regions[OSES];
	int bells[OSES][OSES];
	/* What the thread that answers does with the connection. */
	void (*answer)(struct machine *machine);
	bool token_was_right;
} machine;

static inline void *make_memory(int *fd, size_t length)
{
	void *memory;

	*fd = memfd_create("region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0 || ftruncate(*fd, (off_t)length) < 0)
		abort();
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (memory == MAP_FAILED)
		abort();
	fcntl(*fd, F_ADD_SEALS, SEALS);
	return memory;
}

static inline void make_region(uint32_t id, uint32_t epoch)
{
	struct nk_os_region *region = make_memory(&machine.region_fds[id], REGION_LENGTH);

	region->header.magic = NK_OS_MAGIC;
	region->header.revision = NK_REVISION;
	region->header.os_id = id;
	region->header.epoch = epoch;
	region->header.region_length = REGION_LENGTH;
	machine.management->os[id].epoch = epoch;
	machine.regions[id] = region;
}

static inline void end_region(uint32_t id)
{
	munmap(machine.regions[id], REGION_LENGTH);
	close(machine.region_fds[id]);
}

static inline void boot(uint8_t boot_id)
{
	static const char *const names[OSES] = {"alpha", "beta", "gamma"};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, socket_path);
	unlink(socket_path);
	machine.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(machine.listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(machine.listener, 4) < 0)
		abort();
	machine.connection = -1;
	machine.management = make_memory(&machine.management_fd, NK_MANAGEMENT_LENGTH);
	machine.management->header.magic = NK_MANAGEMENT_MAGIC;
	machine.management->header.revision = NK_REVISION;
	machine.management->header.os_capacity = NK_MAX_OS;
	machine.management->header.region_length = NK_MANAGEMENT_LENGTH;
	machine.management->header.boot_id[0] = boot_id;
	for (uint32_t i = 0; i < OSES; i++) {
		struct nk_os_entry *entry = &machine.management->os[i];

		strcpy(entry->name, names[i]);
		entry->id = i;
		entry->region_length = REGION_LENGTH;
		entry->heartbeat_period_ms = 250;
		entry->mac[5] = (uint8_t)(0x10 + i);
		make_region(i, 1);
		for (uint32_t j = 0; j < OSES; j++) {
			machine.management->ring[i][j] = (struct nk_ring_entry){
				.state = i == j ? NK_RING_ABSENT : NK_RING_OPEN,
				.producer = i,
				.consumer = j,
				.data_offset = NK_RINGS_OFFSET + j * CAPACITY,
				.capacity = CAPACITY,
			};
			machine.bells[i][j] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		}
	}
}

static inline void disconnect(void)
{
	if (machine.connection >= 0)
		close(machine.connection);
	machine.connection = -1;
}

static inline void halt(void)
{
	disconnect();
	close(machine.listener);
	for (uint32_t i = 0; i < OSES; i++) {
		end_region(i);
		for (uint32_t j = 0; j < OSES; j++)
			close(machine.bells[i][j]);
	}
	munmap(machine.management, NK_MANAGEMENT_LENGTH);
	close(machine.management_fd);
}

static inline void send_raw(const void *packet, size_t length, const int *fds, int fd_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)packet, .iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd_count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
	}
	EXPECT(sendmsg(machine.connection, &message, MSG_NOSIGNAL) == (ssize_t)length);
}

static inline struct nk_attach_header header_of(uint16_t type, size_t length)
{
	return (struct nk_attach_header){
		.magic = NK_ATTACH_MAGIC,
		.revision = NK_REVISION,
		.type = type,
		.length = (uint32_t)(length - sizeof(struct nk_attach_header)),
	};
}

static inline void send_attached_with(int management, int region, uint64_t region_length)
{
	struct nk_attached packet = {
		.header = header_of(NK_ATTACHED, sizeof(packet)),
		.os_id = 0,
		.epoch = 1,
		.management_length = NK_MANAGEMENT_LENGTH,
		.region_length = region_length,
	};
	int fds[] = {management, region};

	send_raw(&packet, sizeof(packet), fds, 2);
}

static inline void send_attached(void)
{
	send_attached_with(machine.management_fd, machine.region_fds[0], REGION_LENGTH);
}

static inline void send_peer(uint32_t id)
{
	struct nk_peer packet = {
		.header = header_of(NK_PEER, sizeof(packet)),
		.peer_id = id,
		.peer_epoch = machine.regions[id]->header.epoch,
		.region_length = REGION_LENGTH,
	};
	int fds[] = {machine.region_fds[id], machine.bells[id][0], machine.bells[0][id]};

	send_raw(&packet, sizeof(packet), fds, 3);
}

static inline void send_peer_gone(uint32_t id, uint32_t epoch)
{
	struct nk_peer_gone packet = {
		.header = header_of(NK_PEER_GONE, sizeof(packet)),
		.peer_id = id,
		.peer_epoch = epoch,
	};

	send_raw(&packet, sizeof(packet), NULL, 0);
}

static inline void send_synced(void)
{
	struct nk_attach_header packet = header_of(NK_SYNCED, sizeof(packet));

	send_raw(&packet, sizeof(packet), NULL, 0);
}

/* Takes the connection and the ATTACH on it. */
static inline void accept_attach(void)
{
	struct nk_attach_request request = {0};

	machine.connection = accept4(machine.listener, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(recv(machine.connection, &request, sizeof(request), 0) == sizeof(request));
	EXPECT(request.header.type == NK_ATTACH && !strcmp(request.name, "alpha"));
	machine.token_was_right = request.token[0] == 'T' && request.token[NK_TOKEN_LENGTH - 1] == 'T';
}

static inline void *answer_once(void *unused)
{
	(void)unused;
	accept_attach();
	machine.answer(&machine);
	return NULL;
}

/* First thing in main(): the directory with socket and token. */
static inline void begin(void)
{
	uint8_t token[NK_TOKEN_LENGTH];
	FILE *file;

	if (!mkdtemp(directory))
		abort();
	snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
	snprintf(token_path, sizeof(token_path), "%s/token", directory);
	memset(token, 'T', sizeof(token));
	file = fopen(token_path, "w");
	if (!file || fwrite(token, sizeof(token), 1, file) != 1 || fclose(file) != 0)
		abort();
}

static inline void end(void)
{
	unlink(socket_path);
	unlink(token_path);
	rmdir(directory);
}

#endif
