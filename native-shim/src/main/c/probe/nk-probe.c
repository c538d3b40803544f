/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk-probe - tries what Nanorouter asks of the kernel, and prints what came of it as one JSON object.
 *
 *     nk-probe machine    what every process may try: nothing of it outlives this one
 *     nk-probe cell       what belongs to a network namespace: to be run in a cell, which is gone afterwards
 *     nk-probe space P... what is free where each path is: bytes and inodes, -1 where inodes are not counted
 *
 * A key's value is 0 or more if it works, -errno if not. The exit code is 0 whatever was found, 64 for another word.
 */
#include "shim/nk_shim.h"
#include "sched/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/inet_diag.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EX_USAGE 64
#define PAGE 4096
#define ANSWER_SECONDS 2

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SOCK_DESTROY
#define SOCK_DESTROY 21
#endif

static const char *separator = "{";

static void found(const char *key, long value)
{
	printf("%s\"%s\":%ld", separator, key, value);
	separator = ",";
}

/* Opens and closes it: no interface is made by that. */
static long open_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static long sealed_memory(void)
{
	int fd = nks_memory_create("nk-probe", PAGE);
	int reader, error;

	if (fd < 0)
		return fd;
	error = nks_memory_check_seals(fd, PAGE);
	if (!error) {
		reader = nks_memory_reopen_read_only(fd);
		if (reader < 0)
			error = reader;
		else
			close(reader);
	}
	close(fd);
	return error;
}

static long pidfd(void)
{
	int fd = nks_process_pidfd_open(getpid());

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* No word at all is a mistake only to a kernel that knows the call. */
static long futex_waitv(void)
{
	return syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) && errno != EINVAL ? -errno : 0;
}

static long io_uring(void)
{
	struct io_uring_params parameters = {0};
	long fd = syscall(SYS_io_uring_setup, 1, &parameters);

	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

static long real_time(void)
{
	struct sched_param parameter = {.sched_priority = NK_SUPERVISOR_PRIORITY};

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) ? -errno : 0;
}

static long niceness(void)
{
	return setpriority(PRIO_PROCESS, 0, NK_SUPERVISOR_NICE) ? -errno : 0;
}

/* 0 synchronised, 5 (TIME_ERROR) not. */
static long clock_state(void)
{
	struct timex nothing_to_change = {.modes = 0};
	int state = adjtimex(&nothing_to_change);

	return state < 0 ? -errno : state;
}

static void probe_machine(void)
{
	found("tun_open", open_tun());
	found("sealed_memory", sealed_memory());
	found("pidfd", pidfd());
	found("futex_waitv", futex_waitv());
	found("io_uring", io_uring());
	found("nice", niceness());
	found("real_time", real_time());
	found("clock_state", clock_state());
	found("wall_s", time(NULL));
}

static void probe_space(int count, char **paths)
{
	printf("{\"places\":[");
	for (int i = 0; i < count; i++) {
		struct statvfs place;

		separator = "{";
		printf("%s", i ? "," : "");
		if (statvfs(paths[i], &place)) {
			found("error", errno);
		} else {
			found("bytes", (long)(place.f_bavail * place.f_frsize));
			found("inodes", place.f_files ? (long)place.f_favail : -1);
		}
		printf("}");
	}
	printf("]");
}

static void probe_tap(void)
{
	int fd = nks_tap_open("nkprobe%d", 0);

	found("tap", fd < 0 ? fd : 0);
	if (fd < 0)
		return;
	found("offloads", nks_tap_negotiate_offload(fd, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | 0x20 | 0x40));
	close(fd);
}

static long listener(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	if (fd >= 0 && (bind(fd, (struct sockaddr *)address, length) || listen(fd, 1) ||
			getsockname(fd, (struct sockaddr *)address, &length))) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd < 0 ? -errno : fd;
}

/* Has the kernel end a listening socket of our own, as the sessions with a dead OS are ended. */
static long end_session(void)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 diag;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DESTROY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.diag = {
			.sdiag_family = AF_INET,
			.sdiag_protocol = IPPROTO_TCP,
			.id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
		},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[PAGE];
	} answer;
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	struct sockaddr_in address;
	long result, socket_fd = listener(&address);
	int netlink;

	if (socket_fd < 0)
		return socket_fd;
	request.diag.id.idiag_sport = address.sin_port;
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink < 0) {
		result = -errno;
	} else {
		setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (send(netlink, &request, sizeof(request), 0) < 0 || recv(netlink, &answer, sizeof(answer), 0) < 0)
			result = -errno;
		else
			result = answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EBADMSG;
		close(netlink);
	}
	close((int)socket_fd);
	return result;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "machine")) {
		probe_machine();
	} else if (!strcmp(what, "cell")) {
		probe_tap();
		found("end_session", end_session());
	} else if (!strcmp(what, "space")) {
		probe_space(argc - 2, argv + 2);
	} else {
		fprintf(stderr, "usage: nk-probe machine|cell|space PATH...\n");
		return EX_USAGE;
	}
	printf("}\n");
	return 0;
}
