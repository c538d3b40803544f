// SPDX-License-Identifier: Apache-2.0
/*
 * keeper_selftest.c - what nk-keeper promises to the program that it keeps for.
 *
 * Run without words it starts nk-keeper, which is beside it, with itself as the program and the name of a role; a role goes
 * on where its life before ended, which it knows by what was kept. What a role finds wrong is its exit status.
 */
#include "keeper/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claims.h"

#define KILLED (128 + SIGKILL)

/* In a role: a condition that does not hold ends it with its line, which is no status that the keeper starts again for. */
#define NEED(condition)                                                                      \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			dprintf(2, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
			_exit(100);                                                          \
		}                                                                            \
	} while (0)

struct message {
	struct keeper_header header;
	char words[KEEPER_MAX_MESSAGE];
	int fds[KEEPER_MAX_FDS];
	int fd_count;
};

static int keeper;

static void send_message(uint32_t type, const char *name, pid_t pid, const char *text, const int *fds, int fd_count)
{
	struct keeper_header header = { .type = type, .pid = pid };
	struct iovec data[3] = { { &header, sizeof(header) }, { (void *)name, strlen(name) + 1 },
				 { (void *)text, strlen(text) } };
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr message = { .msg_iov = data, .msg_iovlen = 3 };

	if (fd_count) {
		struct cmsghdr *part;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
		part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
		memcpy(CMSG_DATA(part), fds, (size_t)fd_count * sizeof(int));
	}
	NEED(sendmsg(keeper, &message, 0) >= 0);
}

static struct message receive(void)
{
	struct message in = { 0 };
	union {
		char bytes[CMSG_SPACE(KEEPER_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec data[2] = { { &in.header, sizeof(in.header) }, { in.words, sizeof(in.words) - 1 } };
	struct msghdr message = { .msg_iov = data, .msg_iovlen = 2, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };

	NEED(recvmsg(keeper, &message, MSG_CMSG_CLOEXEC) > (ssize_t)sizeof(in.header));
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
		in.fd_count = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(in.fds, CMSG_DATA(part), (size_t)in.fd_count * sizeof(int));
	}
	return in;
}

static const char *text_of(const struct message *message)
{
	return message->words + strlen(message->words) + 1;
}

static void is_entry(const struct message *message, const char *name, const char *text, int fd_count)
{
	NEED(message->header.type == KEEPER_ENTRY);
	NEED(strcmp(message->words, name) == 0);
	NEED(strcmp(text_of(message), text) == 0);
	NEED(message->fd_count == fd_count);
}

static void is_entry_of_twin(struct message message)
{
	is_entry(&message, "something", "", 0);
	NEED(receive().header.type == KEEPER_END);
}

static int memory_with(const char *text)
{
	int fd = memfd_create("kept", MFD_CLOEXEC);

	NEED(fd >= 0 && pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
	return fd;
}

static void holds(int fd, const char *text)
{
	char bytes[32] = "";

	NEED(pread(fd, bytes, sizeof(bytes) - 1, 0) == (ssize_t)strlen(text) && strcmp(bytes, text) == 0);
}

/* A child that ends with 7 when it has another parent. */
static pid_t orphan(void)
{
	pid_t parent = getpid(), pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		while (getppid() == parent)
			usleep(1000);
		_exit(7);
	}
	return pid;
}

/* Three lives: killed, given up by its JVM, killed after it has let everything go. */
static void play_heir(void)
{
	struct message first = receive(), process;

	if (first.header.type == KEEPER_END) {
		int fds[] = { memory_with("red"), memory_with("green"), memory_with("blue") };

		send_message(KEEPER_KEEP, "memory", 0, "one", fds, 1);
		send_message(KEEPER_KEEP, "process", orphan(), "", NULL, 0);
		send_message(KEEPER_KEEP, "gone", 0, "", fds, 1);
		send_message(KEEPER_KEEP, "memory", 0, "two", fds + 1, 2);
		send_message(KEEPER_DROP, "gone", 0, "", NULL, 0);
		send_message(KEEPER_DROP, "never there", 0, "", NULL, 0);
		raise(SIGKILL);
	}
	/* In no order. */
	process = receive();
	if (strcmp(first.words, "memory") != 0) {
		struct message other = first;

		first = process;
		process = other;
	}
	is_entry(&first, "memory", first.fd_count == 2 ? "two" : "three", first.fd_count);
	if (first.fd_count == 2) {
		struct message next = receive();

		holds(first.fds[0], "green");
		holds(first.fds[1], "blue");
		is_entry(&process, "process", "", 0);
		NEED(next.header.type == KEEPER_END);
		if (process.header.status == KEEPER_ALIVE) {
			next = receive();
			NEED(next.header.type == KEEPER_EXITED && strcmp(next.words, "process") == 0);
			NEED(next.header.pid == process.header.pid);
			process.header.status = next.header.status;
		}
		NEED(process.header.status == 7);
		send_message(KEEPER_DROP, "process", 0, "", NULL, 0);
		send_message(KEEPER_KEEP, "memory", 0, "three", first.fds + 1, 1);
		_exit(3);
	}
	holds(first.fds[0], "blue");
	NEED(process.header.type == KEEPER_END);
	send_message(KEEPER_FORGET, "", 0, "", NULL, 0);
	raise(SIGKILL);
}

/* Dies again and again. */
static void play_mortal(void)
{
	send_message(KEEPER_KEEP, "life", 0, "", NULL, 0);
	NEED(write(1, "+", 1) == 1);
	raise(SIGKILL);
}

/* Sends what the keeper cannot take. */
static void play_fool(void)
{
	int fds[] = { 1, 1, 1, 1, 1 };

	NEED(receive().header.type == KEEPER_END);
	send_message(KEEPER_KEEP, "something", 0, "", fds, 1);
	send_message(KEEPER_KEEP, "too many", 0, "", fds, 5);
	raise(SIGKILL);
}

/* Has hung up and lives on: what it had kept is not true any more. */
static void play_recluse(void)
{
	struct pollfd end = { .fd = 0, .events = POLLIN };

	NEED(receive().header.type == KEEPER_END);
	send_message(KEEPER_KEEP, "something", 0, "", NULL, 0);
	close(keeper);
	/* Until the keeper has said that it gave up. */
	NEED(poll(&end, 1, 10000) == 1);
	raise(SIGKILL);
}

/* Where the kernel weighs sessions. */
static bool session_weighs(const char *nice)
{
	char weight[64] = "";
	int fd = open("/proc/self/autogroup", O_RDONLY | O_CLOEXEC);

	return fd < 0 || read(fd, weight, sizeof(weight) - 1) <= 0 || strstr(weight, nice);
}

/* Has a spare, which says who it is; a byte then says how it ends. */
static void play_twin(void)
{
	struct message first = receive();
	char byte;

	if (first.header.type == KEEPER_END) {
		send_message(KEEPER_KEEP, "something", 0, "", NULL, 0);
		send_message(KEEPER_SPARE, "", 0, "", NULL, 0);
		send_message(KEEPER_SPARE, "", 0, "", NULL, 0);
		NEED(read(0, &byte, 1) == 1);
		if (byte == 'f') {
			send_message(KEEPER_FORGET, "", 0, "", NULL, 0);
			NEED(read(0, &byte, 1) == 1);
		}
		if (byte != 'k')
			_exit(9);
		raise(SIGKILL);
	} else if (first.header.type == KEEPER_SPARE) {
		NEED(getsid(0) == getpid() && session_weighs("nice 19"));
		NEED(dprintf(1, "%d\n", getpid()) > 1);
		is_entry_of_twin(receive());
		NEED(session_weighs("nice 19"));
		for (int i = 0; !session_weighs("nice 0"); i++, usleep(10000))
			NEED(i < 1000);
		_exit(10);
	}
	is_entry_of_twin(first);
	_exit(11);
}

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

/* Ends in order, with 9, when it is told to. */
static void play_servant(void)
{
	struct sigaction action = { .sa_handler = catch_signal };
	sigset_t none;

	NEED(sigprocmask(SIG_SETMASK, NULL, &none) == 0 && !sigismember(&none, SIGTERM));
	sigaction(SIGTERM, &action, NULL);
	send_message(KEEPER_KEEP, "something", 0, "", NULL, 0);
	NEED(write(1, "+", 1) == 1);
	while (!caught)
		usleep(1000);
	_exit(caught == SIGTERM ? 9 : 100);
}

struct run {
	pid_t pid;
	/* What it writes; its standard input. */
	int out;
	int err;
	int in;
};

static char self[4096];

static struct run start(const char *role)
{
	char program[sizeof(self) + 16];
	struct run run;
	int out[2], err[2], in[2];

	snprintf(program, sizeof(program), "%.*s/nk-keeper", (int)(strrchr(self, '/') - self), self);
	EXPECT(pipe(out) == 0 && pipe(err) == 0 && pipe(in) == 0);
	run = (struct run){ .pid = fork(), .out = out[0], .err = err[0], .in = in[1] };
	if (run.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execl(program, program, self, role, (char *)NULL);
		_exit(99);
	}
	close(out[1]);
	close(err[1]);
	close(in[0]);
	return run;
}

/* All that was written until the end, at most size - 1 bytes. */
static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while (length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(fd);
}

/* Its status; what it wrote goes to out and err, of 1024 bytes each. */
static int finish(struct run run, char *out, char *err)
{
	int status;

	read_all(run.out, out, 1024);
	read_all(run.err, err, 1024);
	EXPECT(waitpid(run.pid, &status, 0) == run.pid);
	close(run.in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_is_kept_is_there_in_the_next_life(void)
{
	char out[1024], err[1024];

	EXPECT(finish(start("heir"), out, err) == KILLED);
	EXPECT(strstr(err, "by signal 9 and is started again") != NULL);
	EXPECT(strstr(err, "by its JVM with 3 and is started again") != NULL);
	EXPECT(strstr(err, ".c:") == NULL || (fputs(err, stdout), 0));
}

static void the_sixth_death_within_a_minute_is_the_last(void)
{
	char out[1024], err[1024];

	EXPECT(finish(start("mortal"), out, err) == KILLED);
	EXPECT(strcmp(out, "++++++") == 0);
	EXPECT(strstr(err, "died 6 times within 60 s") != NULL);
}

static void after_a_message_that_cannot_be_taken_nothing_is_kept(void)
{
	char out[1024], err[1024];

	EXPECT(finish(start("fool"), out, err) == KILLED);
	EXPECT(strstr(err, "a message that cannot be taken: nothing is kept any more") != NULL);
}

static void who_hangs_up_and_lives_has_nothing_kept(void)
{
	struct run run = start("recluse");
	char out[1024], err[1024] = "";
	ssize_t n = read(run.err, err, sizeof(err) - 1);

	EXPECT(n > 0 && strstr(err, "lives and has hung up") != NULL);
	EXPECT(write(run.in, "x", 1) == 1);
	EXPECT(finish(run, out, err) == KILLED);
	EXPECT(strstr(err, "started again") == NULL);
}

static void signals_go_to_the_program_and_its_status_comes_back(void)
{
	struct run run = start("servant");
	char out[1024], err[1024], byte;

	EXPECT(read(run.out, &byte, 1) == 1);
	EXPECT(kill(run.pid, SIGTERM) == 0);
	EXPECT(finish(run, out, err) == 9);
	EXPECT(strcmp(err, "") == 0);
}

/* Who it says that it is. */
static pid_t spare_of(struct run run)
{
	char line[16] = "";
	size_t length = 0;

	while (length < sizeof(line) - 1 && read(run.out, line + length, 1) == 1 && line[length] != '\n')
		length++;
	return atoi(line);
}

static void a_spare_goes_on_when_the_program_is_killed(void)
{
	struct run run = start("twin");
	char out[1024], err[1024];

	EXPECT(spare_of(run) > 0);
	EXPECT(write(run.in, "k", 1) == 1);
	EXPECT(finish(run, out, err) == 10);
	EXPECT(strcmp(out, "") == 0);
	EXPECT(strstr(err, "by signal 9 and its spare goes on") != NULL);
}

static void a_spare_ends_with_the_program(void)
{
	struct run run = start("twin");
	char out[1024], err[1024];
	pid_t spare = spare_of(run);

	EXPECT(write(run.in, "e", 1) == 1);
	EXPECT(finish(run, out, err) == 9);
	EXPECT(spare > 0 && kill(spare, 0) < 0 && errno == ESRCH);
	EXPECT(strcmp(err, "") == 0);
}

static void a_spare_ends_when_nothing_is_to_be_taken_over(void)
{
	struct run run = start("twin");
	char out[1024], err[1024];
	pid_t spare = spare_of(run);

	EXPECT(spare > 0 && write(run.in, "f", 1) == 1);
	for (int i = 0; kill(spare, 0) == 0 && i < 1000; i++)
		usleep(10000);
	EXPECT(kill(spare, 0) < 0 && errno == ESRCH);
	EXPECT(write(run.in, "e", 1) == 1);
	EXPECT(finish(run, out, err) == 9);
	EXPECT(strcmp(err, "") == 0);
}

static void without_its_spare_the_program_is_started_again(void)
{
	struct run run = start("twin");
	char out[1024], err[1024] = "";
	pid_t spare = spare_of(run);
	ssize_t n;

	EXPECT(spare > 0 && kill(spare, SIGKILL) == 0);
	n = read(run.err, err, sizeof(err) - 1);
	EXPECT(n > 0 && strstr(err, "the spare nanokernel ended, status 137") != NULL);
	EXPECT(write(run.in, "k", 1) == 1);
	EXPECT(finish(run, out, err) == 11);
	EXPECT(strstr(err, "by signal 9 and is started again") != NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*play)(void);
	} roles[] = { { "heir", play_heir }, { "mortal", play_mortal }, { "fool", play_fool }, { "recluse", play_recluse },
		      { "servant", play_servant }, { "twin", play_twin } };

	if (argc == 2) {
		const char *number = getenv(KEEPER_VARIABLE);

		NEED(number);
		keeper = atoi(number);
		for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
			if (strcmp(argv[1], roles[i].name) == 0)
				roles[i].play();
		}
		return 101;
	}
	if (!realpath(argv[0], self))
		return 98;
	CLAIM(what_is_kept_is_there_in_the_next_life);
	CLAIM(the_sixth_death_within_a_minute_is_the_last);
	CLAIM(after_a_message_that_cannot_be_taken_nothing_is_kept);
	CLAIM(who_hangs_up_and_lives_has_nothing_kept);
	CLAIM(signals_go_to_the_program_and_its_status_comes_back);
	CLAIM(a_spare_goes_on_when_the_program_is_killed);
	CLAIM(a_spare_ends_with_the_program);
	CLAIM(a_spare_ends_when_nothing_is_to_be_taken_over);
	CLAIM(without_its_spare_the_program_is_started_again);
	return failures != 0;
}
