// SPDX-License-Identifier: Apache-2.0
/*
 * sessions_selftest.c - which TCP sessions end with a dead neighbour, in a network namespace of its own.
 *
 * Neighbours are entries that the test makes. Sessions are sockets that TCP_REPAIR makes established, so that nobody
 * has to be at their other end.
 */
#include "ip/sessions.c"

#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "claims.h"

#define DEAD "02:00:00:00:00:02"
#define ALIVE "02:00:00:00:00:03"

static const uint8_t dead[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t alive[6] = {2, 0, 0, 0, 0, 3};
static struct nk_addresses table;

__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
	char command[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return system(command);
}

static void neighbour(const char *address, const char *mac)
{
	EXPECT(run("ip neighbour replace %s lladdr %s dev nka nud stale", address, mac) == 0);
}

/* An established session of a socket of this family; IPv4 addresses may be those of an IPv6 socket. */
static int session(int family, const char *address)
{
	static uint16_t port = 2000;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct sockaddr *peer = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t length = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, SOCK_STREAM, 0);
	int on = 1, off = -1;

	port++;
	if (family == AF_INET)
		EXPECT(inet_pton(AF_INET, address, &four.sin_addr) == 1);
	else
		EXPECT(inet_pton(AF_INET6, address, &six.sin6_addr) == 1);
	if (!strncmp(address, "fe80", 4))
		six.sin6_scope_id = if_nametoindex("nka");
	EXPECT(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) == 0);
	EXPECT(connect(fd, peer, length) == 0);
	EXPECT(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)) == 0);
	return fd;
}

/* Whether it was aborted; closes it, so that the kernel keeps nothing of it. */
static bool ended(int fd)
{
	const struct linger at_once = {.l_onoff = 1};
	socklen_t length = sizeof(int);
	int error = 0;

	EXPECT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
	EXPECT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
	EXPECT(error == 0 || error == ECONNABORTED);
	close(fd);
	return error == ECONNABORTED;
}

static int end_dead(uint32_t limit)
{
	return nk_sessions_end(&table, "nka", dead, limit);
}

static void begin(void)
{
	table = (struct nk_addresses){0};
	EXPECT(run("ip neighbour flush dev nka nud all") == 0);
}

static void sessions_with_the_dead_end_and_others_stay(void)
{
	int of_dead[4], of_alive[3];

	begin();
	neighbour("10.9.0.2", DEAD);
	neighbour("fd09::2", DEAD);
	neighbour("fe80::2", DEAD);
	neighbour("10.9.0.3", ALIVE);
	neighbour("fd09::3", ALIVE);
	of_dead[0] = session(AF_INET, "10.9.0.2");
	of_dead[1] = session(AF_INET6, "::ffff:10.9.0.2");
	of_dead[2] = session(AF_INET6, "fd09::2");
	of_dead[3] = session(AF_INET6, "fe80::2");
	of_alive[0] = session(AF_INET, "10.9.0.3");
	of_alive[1] = session(AF_INET6, "::ffff:10.9.0.3");
	of_alive[2] = session(AF_INET6, "fd09::3");
	EXPECT(end_dead(100) == 4);
	for (int i = 0; i < 4; i++)
		EXPECT(ended(of_dead[i]));
	for (int i = 0; i < 3; i++)
		EXPECT(!ended(of_alive[i]));
}

static void an_address_that_the_kernel_has_given_up_is_remembered(void)
{
	int fd;

	begin();
	neighbour("10.9.0.2", DEAD);
	fd = session(AF_INET, "10.9.0.2");
	EXPECT(nk_addresses_look(&table, "nka") == 0);
	EXPECT(run("ip neighbour change 10.9.0.2 dev nka nud failed") == 0);
	EXPECT(end_dead(100) == 1);
	EXPECT(ended(fd));
	/* Its next epoch may have another one. */
	fd = session(AF_INET, "10.9.0.2");
	EXPECT(end_dead(100) == 0);
	EXPECT(!ended(fd));
}

static void a_shared_address_keeps_its_sessions(void)
{
	int shared, own;

	begin();
	neighbour("10.9.0.2", DEAD);
	neighbour("10.9.0.7", ALIVE);
	shared = session(AF_INET, "10.9.0.7");
	own = session(AF_INET, "10.9.0.2");
	EXPECT(nk_addresses_look(&table, "nka") == 0);
	neighbour("10.9.0.7", DEAD);
	EXPECT(end_dead(100) == 1);
	EXPECT(ended(own));
	EXPECT(!ended(shared));
}

static void sessions_by_another_way_stay(void)
{
	int elsewhere, behind;

	begin();
	neighbour("10.9.0.8", DEAD);
	neighbour("10.9.0.2", DEAD);
	EXPECT(run("ip route add 10.9.0.8 dev nkb") == 0);
	EXPECT(run("ip route add 10.10.0.0/16 via 10.9.0.2") == 0);
	elsewhere = session(AF_INET, "10.9.0.8");
	behind = session(AF_INET, "10.10.0.8");
	EXPECT(end_dead(100) == 0);
	EXPECT(!ended(elsewhere));
	EXPECT(!ended(behind));
	EXPECT(run("ip route del 10.9.0.8 dev nkb; ip route del 10.10.0.0/16") == 0);
}

static void the_bound_holds_and_the_rest_follows(void)
{
	int fds[5];

	begin();
	neighbour("10.9.0.2", DEAD);
	for (int i = 0; i < 5; i++)
		fds[i] = session(AF_INET, "10.9.0.2");
	EXPECT(end_dead(2) == 2);
	EXPECT(end_dead(2) == 2);
	EXPECT(end_dead(2) == 1);
	for (int i = 0; i < 5; i++)
		EXPECT(ended(fds[i]));
}

static void who_claims_many_addresses_displaces_only_its_own(void)
{
	uint32_t own = 0;

	begin();
	table.looks = 1;
	remember(&table, AF_INET, "\x0a\x09\x00\x03", alive);
	for (uint32_t i = 0; i < 2 * NK_ADDRESSES_MAX; i++) {
		uint8_t bytes[4] = {10, 8, (uint8_t)(i >> 8), (uint8_t)i};

		table.looks++;
		remember(&table, AF_INET, bytes, dead);
	}
	for (uint32_t i = 0; i < NK_ADDRESSES_MAX; i++)
		own += table.entries[i].family && !memcmp(table.entries[i].mac, dead, 6);
	EXPECT(own == NK_ADDRESSES_OF_ONE_MAX);
	EXPECT(table.entries[0].family && !memcmp(table.entries[0].mac, alive, 6));
}

static void the_most_addresses_of_one_neighbour_fit_into_the_filter(void)
{
	int fds[NK_ADDRESSES_OF_ONE_MAX];

	begin();
	for (uint32_t i = 0; i < NK_ADDRESSES_OF_ONE_MAX; i++) {
		char address[32];

		snprintf(address, sizeof(address), "fd09::1:%x", i);
		neighbour(address, DEAD);
		fds[i] = session(AF_INET6, address);
	}
	EXPECT(end_dead(1000) == (int)NK_ADDRESSES_OF_ONE_MAX);
	for (uint32_t i = 0; i < NK_ADDRESSES_OF_ONE_MAX; i++)
		EXPECT(ended(fds[i]));
}

static void what_cannot_be_done_is_an_error(void)
{
	pid_t child;
	int fd, status;

	begin();
	EXPECT(nk_addresses_look(&table, "nowhere") == -ENODEV);
	EXPECT(nk_sessions_end(&table, "nowhere", dead, 1) == -ENODEV);
	neighbour("10.9.0.2", DEAD);
	fd = session(AF_INET, "10.9.0.2");
	child = fork();
	if (child == 0) {
		/* In a user namespace of its own it has no right over this network namespace. */
		status = unshare(CLONE_NEWUSER) ? -EPERM : end_dead(100);
		_exit(status == -EPERM || status == -EACCES ? 0 : 1);
	}
	EXPECT(waitpid(child, &status, 0) == child && status == 0);
	EXPECT(!ended(fd));
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("cannot write %s\n", path);
	close(fd);
}

static bool enter_namespace(void)
{
	char map[32];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	write_file("/proc/self/uid_map", map);
	return true;
}

int main(void)
{
	if (!enter_namespace() || run("ip link add nka type veth peer name nkb && ip link set nka up && ip link set nkb up") ||
	    run("ip address add 10.9.0.1/24 dev nka && ip address add fd09::1/64 dev nka nodad")) {
		printf("skipped: a network namespace with two interfaces: %s\nok skipped\n", strerror(errno));
		return getenv("CI") && !strcmp(getenv("CI"), "true");
	}
	CLAIM(sessions_with_the_dead_end_and_others_stay);
	CLAIM(an_address_that_the_kernel_has_given_up_is_remembered);
	CLAIM(a_shared_address_keeps_its_sessions);
	CLAIM(sessions_by_another_way_stay);
	CLAIM(the_bound_holds_and_the_rest_follows);
	CLAIM(who_claims_many_addresses_displaces_only_its_own);
	CLAIM(the_most_addresses_of_one_neighbour_fit_into_the_filter);
	CLAIM(what_cannot_be_done_is_an_error);
	return failures != 0;
}
