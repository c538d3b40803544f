// SPDX-License-Identifier: Apache-2.0
/*
 * shim_selftest.c - the shim's functions, called from C, so that the sanitizers see what they do.
 *
 * Prints "ok CLAIM", "FAILED file:line: condition" or "skipped CLAIM: reason" for each; ends with 1 if something
 * failed. Makes a network namespace of its own for everything about TAPs; with a user namespace if that is what it
 * takes.
 */
#include "shim/nk_shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nk_abi.h"

static int failures;
static int skipped;

#define EXPECT(condition)                                                                                  \
	do {                                                                                               \
		if (!(condition)) {                                                                        \
			printf("FAILED %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);    \
			failures++;                                                                        \
		}                                                                                          \
	} while (0)

static char directory[] = "/tmp/nkshim-XXXXXX";

static const char *path(const char *name)
{
	static char buffer[2][64];
	static int turn;

	turn = !turn;
	snprintf(buffer[turn], sizeof(buffer[turn]), "%s/%s", directory, name);
	return buffer[turn];
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void memory_is_sealed_and_read_only_where_it_should_be(void)
{
	const int64_t size = 3 * nks_memory_page_size();
	int fd = nks_memory_create("selftest", size);
	int reader = nks_memory_reopen_read_only(fd);
	int64_t writable = nks_memory_map(fd, size, 1, 0);
	int64_t readable = nks_memory_map(reader, size, 0, 0);

	EXPECT(fd >= 0 && reader >= 0 && writable > 0 && readable > 0);
	EXPECT(nks_memory_check_seals(fd, size) == 0);
	EXPECT(nks_memory_check_seals(reader, size) == 0);
	EXPECT(nks_memory_check_seals(fd, size + 1) == -EMSGSIZE);
	EXPECT(ftruncate(fd, 0) && errno == EPERM);
	EXPECT(ftruncate(fd, size * 2) && errno == EPERM);
	EXPECT(nks_memory_map(reader, size, 1, 0) == -EACCES);
	*(char *)(uintptr_t)writable = 'x';
	EXPECT(*(char *)(uintptr_t)readable == 'x');

	EXPECT(nks_memory_map(fd, size, 0, readable) == -EEXIST);
	EXPECT(nks_memory_unmap((void *)(uintptr_t)readable, size) == 0);
	EXPECT(nks_memory_map(fd, size, 0, readable) == readable);
	EXPECT(nks_memory_unmap((void *)(uintptr_t)readable, size) == 0);
	EXPECT(nks_memory_unmap((void *)(uintptr_t)writable, size) == 0);
	nks_fd_close(fd);
	nks_fd_close(reader);

	fd = memfd_create("unsealed", MFD_CLOEXEC);
	EXPECT(nks_memory_check_seals(fd, 0) == -EPERM);
	nks_fd_close(fd);
	EXPECT(nks_memory_check_seals(fd, 0) == -EBADF);
	EXPECT(nks_memory_create("selftest", 0) == -EINVAL);
	EXPECT(nks_memory_map(fd, -1, 0, 0) == -EINVAL);
}

static void guarded_memory_ends_at_an_inaccessible_page(void)
{
	const int page = nks_memory_page_size();

	for (int64_t size = 1; size <= 2 * page; size += 777) {
		int64_t address = nks_memory_allocate_guarded_pages(size);

		EXPECT(address > 0 && (address + size) % page == 0);
		memset((void *)(uintptr_t)address, 1, (size_t)size);
		/* A system call says EFAULT where a load would end us. */
		EXPECT(access((const char *)(uintptr_t)(address + size), F_OK) && errno == EFAULT);
		EXPECT(nks_memory_free_guarded((void *)(uintptr_t)address, size) == 0);
	}
	EXPECT(nks_memory_allocate_pages(-1) == -EINVAL);
	int64_t plain = nks_memory_allocate_pages(100);
	EXPECT(plain % page == 0 && *(char *)(uintptr_t)plain == 0);
	EXPECT(nks_memory_free((void *)(uintptr_t)plain, 100) == 0);
}

static void waiting_side_of_a_doorbell_can_do_nothing_to_the_eventfd(void)
{
	const uint64_t full = UINT64_MAX - 1;
	int ringer = nks_event_fd_create();
	int waiter = nks_doorbell_waiter(ringer);
	uint64_t count;

	EXPECT(nks_doorbell_clear(waiter) == 0);
	for (int i = 0; i < 3; i++) {
		EXPECT(nks_event_fd_ring(ringer) == 0);
		EXPECT(nks_doorbell_clear(waiter) == 1 && nks_doorbell_clear(waiter) == 0);
	}
	EXPECT(write(waiter, &full, sizeof(full)) < 0 && read(waiter, &count, sizeof(count)) < 0);
	EXPECT(fcntl(waiter, F_SETFL, 0) == 0 && (fcntl(ringer, F_GETFL) & O_NONBLOCK));
	EXPECT(nks_event_fd_drain(ringer) == 3);
	nks_fd_close(waiter);
	EXPECT(nks_event_fd_ring(ringer) == 0);
	nks_fd_close(ringer);
	EXPECT(nks_doorbell_waiter(-1) == -EBADF && nks_doorbell_clear(-1) == -EBADF);
}

static void full_count_is_told_apart_from_a_ring(void)
{
	const uint64_t full = UINT64_MAX - 1;
	int fd = nks_event_fd_create();

	EXPECT(nks_event_fd_drain(fd) == 0);
	EXPECT(nks_event_fd_ring(fd) == 0 && nks_event_fd_ring(fd) == 0);
	EXPECT(nks_event_fd_drain(fd) == 2 && nks_event_fd_drain(fd) == 0);
	EXPECT(write(fd, &full, sizeof(full)) == sizeof(full));
	EXPECT(nks_event_fd_ring(fd) == -EAGAIN);
	EXPECT(nks_event_fd_drain(fd) == INT32_MAX);
	nks_fd_close(fd);
	EXPECT(nks_event_fd_ring(fd) == -EBADF && nks_event_fd_drain(fd) == -EBADF);
	EXPECT(nks_fd_close(fd) == -EBADF);
}

static void descriptors_arrive_in_order_and_surplus_ones_are_closed(void)
{
	int32_t pair[2], sent[NKS_MAX_FDS], got[NKS_MAX_FDS], n = 99;
	char text[8];
	int before;

	EXPECT(nks_unix_socket_seq_packet_pair(pair) == 0);
	for (int i = 0; i < NKS_MAX_FDS; i++) {
		sent[i] = nks_event_fd_create();
		for (int ring = 0; ring <= i; ring++)
			nks_event_fd_ring(sent[i]);
	}
	before = open_descriptors();
	EXPECT(nks_unix_socket_receive_with_fds(pair[1], text, 8, got, 3, &n) == -EAGAIN && n == 0);
	EXPECT(nks_unix_socket_send_with_fds(pair[0], "all", 3, sent, NKS_MAX_FDS) == 3);
	EXPECT(nks_unix_socket_receive_with_fds(pair[1], text, 8, got, NKS_MAX_FDS, &n) == 3 && n == NKS_MAX_FDS);
	for (int i = 0; i < n; i++) {
		EXPECT(nks_event_fd_drain(got[i]) == i + 1);
		EXPECT(fcntl(got[i], F_GETFD) == FD_CLOEXEC);
		nks_fd_close(got[i]);
	}
	EXPECT(nks_unix_socket_send_with_fds(pair[0], "more", 4, sent, 4) == 4);
	EXPECT(nks_unix_socket_receive_with_fds(pair[1], text, 8, got, 3, &n) == -EBADMSG && n == 0);
	EXPECT(nks_unix_socket_send_with_fds(pair[0], "too long", 8, sent, 2) == 8);
	EXPECT(nks_unix_socket_receive_with_fds(pair[1], text, 7, got, 3, &n) == -EMSGSIZE && n == 0);
	EXPECT(nks_unix_socket_send_with_fds(pair[0], "x", 1, sent, NKS_MAX_FDS + 1) == -EINVAL);
	EXPECT(open_descriptors() == before);

	nks_fd_close(pair[0]);
	EXPECT(nks_unix_socket_receive_with_fds(pair[1], text, 8, got, 3, &n) == 0 && n == 0);
	EXPECT(nks_unix_socket_send_with_fds(pair[1], "x", 1, NULL, 0) == -EPIPE);
	nks_fd_close(pair[1]);
	for (int i = 0; i < NKS_MAX_FDS; i++)
		nks_fd_close(sent[i]);
}

static void stale_sockets_are_replaced_and_living_ones_are_not(void)
{
	const char *name = path("listen");
	char endless[200];
	struct stat status;
	mode_t umask_before = umask(0777);
	int first = nks_unix_socket_listen_seq_packet(name, 0600);
	int client, server;

	umask(umask_before);
	EXPECT(first >= 0 && stat(name, &status) == 0 && (status.st_mode & 07777) == 0600);
	EXPECT(nks_unix_socket_listen_seq_packet(name, 0600) == -EADDRINUSE);
	client = nks_unix_socket_connect_seq_packet(name);
	server = nks_unix_socket_accept(first);
	/* The one that asked whether somebody listens is in the queue, too. */
	nks_fd_close(server);
	server = nks_unix_socket_accept(first);
	EXPECT(client >= 0 && server >= 0 && nks_unix_socket_accept(first) == -EAGAIN);
	EXPECT(nks_unix_socket_send_with_fds(client, "hi", 2, NULL, 0) == 2);
	nks_fd_close(client);
	nks_fd_close(server);
	nks_fd_close(first);
	EXPECT(nks_unix_socket_connect_seq_packet(name) == -ECONNREFUSED);
	first = nks_unix_socket_listen_seq_packet(name, 0600);
	EXPECT(first >= 0);
	nks_fd_close(first);
	unlink(name);
	EXPECT(nks_unix_socket_connect_seq_packet(name) == -ENOENT);

	memset(endless, 'x', sizeof(endless));
	endless[199] = '\0';
	EXPECT(nks_unix_socket_connect_seq_packet(endless) == -ENAMETOOLONG);
	EXPECT(nks_unix_socket_connect_seq_packet("") == -EINVAL);
}

static void datagrams_travel_in_batches(void)
{
	enum { N = 150 };
	static char out[N][16], in[N][16];
	struct nks_slot table[N];
	int one, two, sent = 0, received = 0, result = 0;

	one = nks_unix_socket_datagram_bind(path("one"), 0600);
	two = nks_unix_socket_datagram_bind(path("two"), 0600);
	EXPECT(one >= 0 && two >= 0);
	EXPECT(nks_unix_socket_receive_batch(two, table, 4) == -EAGAIN);
	for (int i = 0; i < N; i++) {
		snprintf(out[i], sizeof(out[i]), "%d", i);
		table[i] = (struct nks_slot){ .address = (uintptr_t)out[i], .length = (uint32_t)strlen(out[i]) + 1 };
	}
	EXPECT(nks_unix_socket_send_batch(one, table, 2) == 0 && table[0].result == -ENOTCONN);
	EXPECT(nks_unix_socket_datagram_connect(one, path("two")) == 0);
	/* The receiver's queue holds few, so sending and receiving take turns. */
	while (received < N) {
		struct nks_slot slots[N];

		result = nks_unix_socket_send_batch(one, table + sent, N - sent);
		EXPECT(result >= 0 && (sent + result == N || table[sent + result].result == -EAGAIN));
		sent += result;
		for (int i = 0; i < N; i++)
			slots[i] = (struct nks_slot){ .address = (uintptr_t)in[(received + i) % N], .length = 16 };
		result = nks_unix_socket_receive_batch(two, slots, N - received);
		EXPECT(result > 0);
		if (result <= 0)
			break;
		for (int i = 0; i < result; i++)
			EXPECT(slots[i].result == (int)strlen(out[received + i]) + 1);
		received += result;
	}
	for (int i = 0; i < N; i++)
		EXPECT(!strcmp(in[i], out[i]));

	table[0].length = 10;
	EXPECT(nks_unix_socket_send_batch(one, table, 1) == 1);
	table[0].length = 5;
	EXPECT(nks_unix_socket_receive_batch(two, table, 1) == 1 && table[0].result == -EMSGSIZE);
	nks_fd_close(two);
	EXPECT(nks_unix_socket_send_batch(one, table, 2) == 0 && table[0].result == -ECONNREFUSED);
	nks_fd_close(one);
	unlink(path("one"));
	unlink(path("two"));
}

/* What IPv6 sends by itself when an interface comes up would mix with the frames that a test expects. */
static void switch_ipv6_off(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		EXPECT(write(fd, "1", 1) == 1);
		close(fd);
	}
}

/* vnet_hdr + ARP request from a made-up neighbour: the kernel answers. */
static int arp_request(unsigned char *frame)
{
	static const unsigned char arp[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 99, 0, 9, 0, 0, 0, 0, 0, 0, 10, 99, 0, 1,
	};

	memset(frame, 0, 12);
	memcpy(frame + 12, arp, sizeof(arp));
	return 12 + (int)sizeof(arp);
}

static void tap_carries_frames_into_consecutive_records(void)
{
	enum { CAPACITY = 256 * 1024 };
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 1 };
	static _Alignas(8) unsigned char ring[CAPACITY];
	unsigned char request[64], liar[64], read_mac[6], one[2048];
	char name[16];
	struct nks_read reads[17];
	struct nks_slot table[4];
	int64_t intake;
	int fd, length, mask, count;
	int64_t received, offset = 0;

	switch_ipv6_off();
	fd = nks_tap_open("nkself%d", 0);
	if (fd < 0) {
		printf("skipped %s: TAP: %s\n", __func__, strerror(-fd));
		skipped = 1;
		return;
	}
	EXPECT(nks_tap_name(fd, name) == 0 && !strcmp(name, "nkself0"));
	EXPECT(nks_tap_open(name, 0) == -EBUSY);
	EXPECT(nks_tap_open(name, 1) == -EINVAL && nks_tap_open("", 0) == -EINVAL);
	EXPECT(nks_tap_open("a-name-of-16-byt", 0) == -EINVAL);
	mask = nks_tap_negotiate_offload(fd, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | 0x60);
	EXPECT((mask & 7) == 7);
	EXPECT(nks_tap_set_offload(fd, 1 << 30) == -EINVAL);
	EXPECT(nks_tap_negotiate_offload(fd, 0) == 0);

	EXPECT(nks_netif_set_mac(name, mac) == 0 && nks_netif_mac(name, read_mac) == 0 && !memcmp(mac, read_mac, 6));
	EXPECT(nks_netif_set_mtu(name, 9000) == 0 && nks_netif_mtu(name) == 9000);
	EXPECT(nks_netif_set_mtu(name, 1 << 30) == -EINVAL);
	EXPECT(nks_netif_set_queue(name, 200) == 0 && nks_netif_queue(name) == 200);
	EXPECT(nks_netif_add_address(name, "10.99.0.1/24", 0) == 0);
	EXPECT(nks_netif_add_address(name, "10.99.0.1/24", 0) == 0);
	EXPECT(nks_netif_add_address(name, "10.99.0.1", 0) == -EINVAL);
	EXPECT(nks_netif_add_address(name, "10.99.0.1/33", 0) == -EINVAL);
	EXPECT(nks_netif_add_address(name, "10.99.0.1/24x", 0) == -EINVAL);
	EXPECT(nks_netif_add_address(name, "10.99.0/24", 0) == -EINVAL);
	EXPECT(nks_netif_add_address("nosuch", "10.99.0.1/24", 0) == -ENODEV);
	EXPECT(nks_netif_index("nosuch") == -ENODEV && nks_netif_index(name) > 0);

	length = arp_request(request);
	EXPECT(nks_tap_write(fd, request, length) == -EIO);
	EXPECT(nks_netif_is_up(name) == 0);
	EXPECT(nks_netif_set_up(name, 1) == 0 && nks_netif_is_up(name) == 1);
	while (nks_tap_read(fd, one, sizeof(one)) > 0)
		continue;

	memcpy(liar, request, sizeof(liar));
	liar[0] = 1; /* NEEDS_CSUM far behind the frame's end */
	liar[6] = 0xff;
	table[0] = (struct nks_slot){ .address = (uintptr_t)request, .length = (uint32_t)length };
	table[1] = (struct nks_slot){ .address = (uintptr_t)liar, .length = (uint32_t)length };
	table[2] = (struct nks_slot){ .address = (uintptr_t)request, .length = 13 };
	table[3] = table[0];
	EXPECT(nks_tap_write_batch(fd, table, 4) == 4);
	EXPECT(table[0].result == length && table[1].result == -EINVAL && table[2].result == -EINVAL);
	EXPECT(table[3].result == length);
	EXPECT(nks_tap_write(fd, request, length) == length);

	intake = nks_tap_open_intake(fd);
	EXPECT(intake > 0 && nks_tap_read_batch(0, ring, CAPACITY, 24, 16, CAPACITY, reads) == -EINVAL);
	memset(ring, 0xee, sizeof(ring));
	EXPECT(nks_tap_read_batch(intake, ring, 65639, 24, 16, CAPACITY, reads) == -ENOSPC);
	EXPECT(nks_tap_read_batch(intake, ring + 1, CAPACITY - 8, 24, 16, CAPACITY, reads) == -EINVAL);
	count = nks_tap_read_batch(intake, ring, CAPACITY, 24, 2, CAPACITY, reads);
	EXPECT(count == 2);
	for (int i = 0; i < count; i++) {
		const struct nk_record *record = (const struct nk_record *)(ring + offset);

		EXPECT(reads[i].length >= 12 + 14 + 28);
		EXPECT(record->length == 0xeeeeeeee && record->enqueued_at == UINT64_C(0xeeeeeeeeeeeeeeee));
		EXPECT(!memcmp(record->payload, request + 12 + 6, 6) && !memcmp(record->payload + 6, mac, 6));
		EXPECT(record->payload[12] == 8 && record->payload[13] == 6 && record->payload[21] == 2);
		offset += (int64_t)nk_record_span((uint32_t)reads[i].length - 12);
	}
	received = nks_tap_read_batch(intake, ring, CAPACITY, 24, 16, CAPACITY, reads);
	EXPECT(received == 1 && reads[1].length == -EAGAIN);
	EXPECT(nks_tap_read_batch(intake, ring, CAPACITY, 24, 16, CAPACITY, reads) == -EAGAIN);
	EXPECT(nks_tap_read(fd, one, sizeof(one)) == -EAGAIN);
	nks_tap_write_batch(fd, table, 4);
	EXPECT(nks_tap_read_batch(intake, ring, CAPACITY, 24, 16, 1, reads) == 1 && reads[1].length == 0);

	EXPECT(nks_tap_close_intake(intake) == 0);

	EXPECT(nks_tap_set_persistent(fd, 1) == 0);
	nks_fd_close(fd);
	EXPECT(nks_netif_index(name) > 0);
	EXPECT(nks_tap_open(name, IFF_TUN_EXCL) == -EBUSY);
	fd = nks_tap_open(name, 0);
	EXPECT(fd >= 0 && nks_tap_set_persistent(fd, 0) == 0);
	nks_fd_close(fd);
	EXPECT(nks_netif_index(name) == -ENODEV);
}

static void run(const char *claim, void (*test)(void))
{
	int before = failures, descriptors = open_descriptors();

	skipped = 0;
	test();
	EXPECT(open_descriptors() == descriptors);
	if (failures == before && !skipped)
		printf("ok %s\n", claim);
}

#define RUN(test) run(#test, test)

int main(void)
{
	if (!mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	RUN(memory_is_sealed_and_read_only_where_it_should_be);
	RUN(guarded_memory_ends_at_an_inaccessible_page);
	RUN(waiting_side_of_a_doorbell_can_do_nothing_to_the_eventfd);
	RUN(full_count_is_told_apart_from_a_ring);
	RUN(descriptors_arrive_in_order_and_surplus_ones_are_closed);
	RUN(stale_sockets_are_replaced_and_living_ones_are_not);
	RUN(datagrams_travel_in_batches);
	rmdir(directory);
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		printf("skipped tap_carries_frames_into_consecutive_records: unshare: %s\n", strerror(errno));
	else
		RUN(tap_carries_frames_into_consecutive_records);
	return failures ? 1 : 0;
}
