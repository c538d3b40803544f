// SPDX-License-Identifier: Apache-2.0
/*
 * nk-keeper.c - starts the nanokernel, keeps what it may not lose, and starts it again when it was killed.
 *
 *	nk-keeper PROGRAM [ARGUMENT]...
 *
 * What the nanokernel owns, memory, doorbells, listening sockets, are descriptors: they would be closed with it. It sends a
 * copy of each here (keeper.h) and gets them back from here when it is started anew. The keeper looks at none of them.
 *
 * Processes that the nanokernel started are reparented to the keeper, the nearest subreaper, when it dies. So somebody waits
 * for them, and the next nanokernel learns with which status they ended.
 *
 * PROGRAM is started again when a signal ended it, or when it ended with one of the statuses of a JVM that gives up, if
 * something was kept; not more than RESTARTS times within WINDOW_S. Otherwise the keeper ends as PROGRAM did: with its
 * status, or 128 + signal. TERM, INT, HUP, QUIT, USR1 and USR2 go to PROGRAM. If the keeper is killed PROGRAM goes on.
 *
 * If PROGRAM has asked for a spare, one more PROGRAM has begun and waits, in a session of its own that all others go before.
 * Then the start of a JVM is behind it, and it goes on as PROGRAM at once: for GRACE_MS still behind all others, so that
 * processors with a moment to spare do its work and frames are not held up, and then like anybody.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "keeper/keeper.h"
#include "keeper/store.h"
#include "sched/session.h"

#define RESTARTS 5
#define WINDOW_S 60

/* With which HotSpot ends: out of memory (-XX:+ExitOnOutOfMemoryError). A crash is SIGABRT. */
#define JVM_OUT_OF_MEMORY 3

/* The kernel closes a dying process's descriptors before it tells its parent. */
#define DEATH_MS 1000

/* How long a spare that goes on has to find time that nobody else needs. Nobody looks at the OSes meanwhile. */
#define GRACE_MS 500

/* A kernel that refuses to weigh a session takes it a tenth of a second later. */
#define REWEIGH_MS 100

#define NONE (-1)

struct keeper {
	char **command;
	sigset_t before;
	pid_t child;
	/* It was told to end, which it does whatever it dies of. */
	bool ending;
	/* Our end of the socket, NONE once the program has closed its own. */
	int socket;
	/* 0: none. */
	pid_t spare;
	int spare_socket;
	struct store store;
	/* When it was started again, the oldest first. */
	time_t restarts[RESTARTS];
};

union control {
	char bytes[CMSG_SPACE(KEEPER_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

static void complain(const char *what)
{
	fprintf(stderr, "nk-keeper: %s: %s\n", what, strerror(errno));
}

static void hang_up(struct keeper *keeper)
{
	if (keeper->socket != NONE)
		close(keeper->socket);
	keeper->socket = NONE;
}

static void give_up(struct keeper *keeper, const char *why)
{
	fprintf(stderr, "nk-keeper: %s: nothing is kept any more\n", why);
	hang_up(keeper);
	store_drop_all(&keeper->store);
}

static int take_fds(struct msghdr *message, int *fds)
{
	int count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
			count = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds, CMSG_DATA(part), (size_t)count * sizeof(int));
		}
	}
	return count;
}

static bool send_words(int socket, const struct keeper_header *header, const char *words, size_t length, const int *fds,
		       int fd_count, int flags)
{
	union control control;
	struct iovec data[2] = { { .iov_base = (void *)header, .iov_len = sizeof(*header) },
				 { .iov_base = (void *)words, .iov_len = length } };
	struct msghdr message = { .msg_iov = data, .msg_iovlen = 2 };
	size_t bytes = (size_t)fd_count * sizeof(int);
	ssize_t sent;

	if (fd_count) {
		struct cmsghdr *part;

		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(part), fds, bytes);
	}
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Starts the program; our end of its socket is in *socket. NONE: it could not. */
static pid_t spawn(const struct keeper *keeper, bool spare, int *socket)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		complain("socketpair");
		return NONE;
	}
	pid = fork();
	if (pid < 0) {
		complain("fork");
		close(pair[0]);
		close(pair[1]);
		return NONE;
	}
	if (pid == 0) {
		char number[16];
		/* A copy, which is not closed by exec. */
		int fd = dup(pair[1]);

		snprintf(number, sizeof(number), "%d", fd);
		setenv(KEEPER_VARIABLE, number, 1);
		sigprocmask(SIG_SETMASK, &keeper->before, NULL);
		if (spare && setsid() > 0)
			nk_weigh_session(getpid(), NK_SESSION_LEAST);
		execv(keeper->command[0], keeper->command);
		complain(keeper->command[0]);
		_exit(EX_UNAVAILABLE);
	}
	close(pair[1]);
	*socket = pair[0];
	return pid;
}

static void start_spare(struct keeper *keeper)
{
	const struct keeper_header wait = { .type = KEEPER_SPARE };
	pid_t pid = keeper->spare ? NONE : spawn(keeper, true, &keeper->spare_socket);

	if (pid == NONE)
		return;
	keeper->spare = pid;
	send_words(keeper->spare_socket, &wait, "", 1, NULL, 0, 0);
}

/* It has nothing that it could lose. */
static void end_spare(struct keeper *keeper)
{
	if (!keeper->spare)
		return;
	kill(keeper->spare, SIGKILL);
	waitpid(keeper->spare, NULL, 0);
	close(keeper->spare_socket);
	keeper->spare = 0;
}

/* Receives one message; false if none waits, or nobody sends any more, or it is none of ours. */
static bool receive(struct keeper *keeper)
{
	struct {
		struct keeper_header header;
		char words[KEEPER_MAX_MESSAGE - sizeof(struct keeper_header) + 1];
	} in;
	union control control;
	struct iovec data = { .iov_base = &in, .iov_len = KEEPER_MAX_MESSAGE };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t received = recvmsg(keeper->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fds[KEEPER_MAX_FDS];
	int fd_count;
	size_t length;
	bool kept = false;

	if (received < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* It died with something unread; what it had sent is still there. */
	if (received < 0 && errno == ECONNRESET)
		return true;
	if (received <= 0) {
		hang_up(keeper);
		return false;
	}
	fd_count = take_fds(&message, fds);
	length = (size_t)received > sizeof(in.header) ? (size_t)received - sizeof(in.header) : 0;
	/* The name is whole if its NUL is among the first KEEPER_MAX_NAME. */
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || !memchr(in.words, '\0', length < KEEPER_MAX_NAME ?
								      length : KEEPER_MAX_NAME)) {
		close_all(fds, fd_count);
	} else if (in.header.type == KEEPER_KEEP) {
		kept = store_keep(&keeper->store, &in.header, in.words, length, fds, fd_count);
	} else if (in.header.type == KEEPER_DROP) {
		close_all(fds, fd_count);
		store_drop(&keeper->store, in.words);
		kept = true;
	} else {
		close_all(fds, fd_count);
		kept = in.header.type == KEEPER_FORGET || in.header.type == KEEPER_SPARE;
		if (in.header.type == KEEPER_FORGET) {
			/* It may rehearse, and would make files where they are just removed. */
			end_spare(keeper);
			store_drop_all(&keeper->store);
		}
		if (in.header.type == KEEPER_SPARE)
			start_spare(keeper);
	}
	if (!kept)
		give_up(keeper, "a message that cannot be taken");
	return kept;
}

/* Waits for room, since the program reads all of it first; stops when it dies. */
static void tell_all(const struct keeper *keeper)
{
	const struct keeper_header end = { .type = KEEPER_END };

	for (int i = 0; i < STORE_BUCKETS; i++) {
		for (const struct kept *entry = keeper->store.buckets[i]; entry; entry = entry->next) {
			if (!send_words(keeper->socket, &entry->header, entry->words, entry->length, entry->fds,
					entry->fd_count, 0))
				return;
		}
	}
	send_words(keeper->socket, &end, "", 1, NULL, 0, 0);
}

static void start(struct keeper *keeper)
{
	keeper->child = spawn(keeper, false, &keeper->socket);
	if (keeper->child == NONE)
		exit(EX_OSERR);
	tell_all(keeper);
}

static void set_alarm(int ms)
{
	const struct itimerval time = { .it_value.tv_usec = ms * 1000 };

	setitimer(ITIMER_REAL, &time, NULL);
}

static void end_grace(const struct keeper *keeper)
{
	/* If the spare died as well, what was started instead is in our session. */
	if (getsid(keeper->child) == keeper->child && nk_weigh_session(keeper->child, NK_SESSION_USUAL) == -EAGAIN)
		set_alarm(REWEIGH_MS);
}

static void promote_spare(struct keeper *keeper)
{
	set_alarm(GRACE_MS);
	keeper->child = keeper->spare;
	keeper->socket = keeper->spare_socket;
	keeper->spare = 0;
	tell_all(keeper);
}

static void spare_ended(struct keeper *keeper, int wait_status)
{
	fprintf(stderr, "nk-keeper: the spare nanokernel ended, status %d\n", status_of(wait_status));
	close(keeper->spare_socket);
	keeper->spare = 0;
}

static void leave(struct keeper *keeper, int status)
{
	end_spare(keeper);
	exit(status);
}

static bool may_start_again(struct keeper *keeper)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (keeper->restarts[0] && now.tv_sec - keeper->restarts[0] < WINDOW_S) {
		fprintf(stderr, "nk-keeper: the nanokernel died %d times within %d s, it is not started again\n",
			RESTARTS + 1, WINDOW_S);
		return false;
	}
	memmove(keeper->restarts, keeper->restarts + 1, sizeof(keeper->restarts) - sizeof(keeper->restarts[0]));
	/* Never 0, which is none. */
	keeper->restarts[RESTARTS - 1] = now.tv_sec + 1;
	return true;
}

/* The program has ended: it is started again, or the keeper ends. */
static void child_ended(struct keeper *keeper, int wait_status)
{
	bool died = WIFSIGNALED(wait_status) || WEXITSTATUS(wait_status) == JVM_OUT_OF_MEMORY;

	if (!died || keeper->ending || !keeper->store.count || !may_start_again(keeper))
		leave(keeper, status_of(wait_status));
	fprintf(stderr, "nk-keeper: the nanokernel was ended by %s %d and %s\n",
		WIFSIGNALED(wait_status) ? "signal" : "its JVM with",
		WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status),
		keeper->spare ? "its spare goes on" : "is started again");
	hang_up(keeper);
	if (keeper->spare)
		promote_spare(keeper);
	else
		start(keeper);
}

static void tell_end(const struct keeper *keeper, struct kept *entry, int status)
{
	struct keeper_header header = entry->header;

	entry->header.status = status;
	header.type = KEEPER_EXITED;
	header.status = status;
	/* If there is no room for it, it is told with the entry, in the next life. */
	if (keeper->socket != NONE)
		send_words(keeper->socket, &header, entry->words, strlen(entry->words) + 1, NULL, 0, MSG_DONTWAIT);
}

static void orphan_ended(struct keeper *keeper, pid_t pid, int status)
{
	for (int i = 0; i < STORE_BUCKETS; i++) {
		for (struct kept *entry = keeper->store.buckets[i]; entry; entry = entry->next) {
			if (entry->header.pid == pid && entry->header.status == KEEPER_ALIVE)
				tell_end(keeper, entry, status);
		}
	}
}

static void drain(struct keeper *keeper)
{
	while (keeper->socket != NONE && receive(keeper))
		;
}

static void reap(struct keeper *keeper)
{
	int child_status = 0;
	bool child_is_gone = false;
	int status;
	pid_t pid;

	/* What a program that died sent last, which may be of a process that died, too. */
	drain(keeper);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->child) {
			child_status = status;
			child_is_gone = true;
		} else if (pid == keeper->spare) {
			spare_ended(keeper, status);
		} else {
			orphan_ended(keeper, pid, status_of(status));
		}
	}
	if (child_is_gone) {
		/* It may have lived a little longer than the look above. */
		drain(keeper);
		child_ended(keeper, child_status);
	}
}

int main(int argc, char **argv)
{
	static const int passed_on[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
	static struct keeper keeper = { .socket = NONE };
	struct rlimit files;
	sigset_t wanted;
	int signals;

	if (argc < 2) {
		fputs("usage: nk-keeper PROGRAM [ARGUMENT]...\n", stderr);
		return EX_USAGE;
	}
	keeper.command = argv + 1;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGALRM);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&wanted, passed_on[i]);
	sigprocmask(SIG_BLOCK, &wanted, &keeper.before);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		complain("start");
		return EX_OSERR;
	}
	/* 32 OSes have some 2,000 doorbells. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	start(&keeper);
	for (;;) {
		struct pollfd polled[2] = { { .fd = keeper.socket, .events = POLLIN },
					    { .fd = signals, .events = POLLIN } };
		struct signalfd_siginfo info;
		int ready = poll(polled, 2, keeper.socket == NONE && keeper.store.count ? DEATH_MS : NONE);

		if (ready < 0 && errno != EINTR) {
			complain("poll");
			return EX_OSERR;
		}
		if (ready == 0)
			give_up(&keeper, "the nanokernel lives and has hung up");
		if (ready <= 0)
			continue;
		if (polled[1].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
			if (info.ssi_signo == SIGCHLD) {
				reap(&keeper);
			} else if (info.ssi_signo == SIGALRM) {
				end_grace(&keeper);
			} else {
				keeper.ending |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
				kill(keeper.child, (int)info.ssi_signo);
			}
		} else if (polled[0].revents) {
			receive(&keeper);
		}
	}
}
