// SPDX-License-Identifier: Apache-2.0
/*
 * nk-aside.c - runs a program in a session of its own, so that it can be given less weight than all others.
 *
 *	nk-aside PROGRAM [ARGUMENT]...
 *
 * Where the kernel weighs sessions before processes (autogroup of sched(7)) a program that shares its user's session can step
 * back behind that session's programs alone, whatever its nice value is. In its own it can lower the session's weight, when it
 * has no hurry any more (sched/bystander.h); where sessions are not weighed, nice 10 is what it has.
 *
 * A session has no terminal: what the user types comes here. INT, TERM, HUP, QUIT, USR1 and USR2 go to the program, and it
 * stops and goes on as this process does. Ends as the program did: with its status, or 128 + signal. If this process is
 * killed the program gets TERM.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define LESS_NICE 10

static void run(char **command, const sigset_t *mask, pid_t parent)
{
	setsid();
	setpriority(PRIO_PROCESS, 0, LESS_NICE);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(128 + SIGTERM);
	/* A script's background has interrupts ignored; to a capture they are the orderly end, wherever it was started. */
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(command[0], command);
	fprintf(stderr, "nk-aside: %s: %s\n", command[0], strerror(errno));
	_exit(EX_UNAVAILABLE);
}

/* True if it ended, with the status as a shell has it. */
static bool has_ended(pid_t child, int *status)
{
	int wait_status;

	if (waitpid(child, &wait_status, WNOHANG) != child)
		return false;
	*status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
	return true;
}

int main(int argc, char **argv)
{
	static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	sigset_t wanted, before;
	pid_t parent = getpid();
	int status = 0;
	pid_t child;

	if (argc < 2) {
		fputs("usage: nk-aside PROGRAM [ARGUMENT]...\n", stderr);
		return EX_USAGE;
	}
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTSTP);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(&wanted, passed_on[i]);
	sigprocmask(SIG_BLOCK, &wanted, &before);
	child = fork();
	if (child < 0) {
		perror("nk-aside: fork");
		return EX_OSERR;
	}
	if (child == 0)
		run(argv + 1, &before, parent);
	while (!has_ended(child, &status)) {
		int number = sigwaitinfo(&wanted, NULL);

		if (number == SIGTSTP) {
			kill(child, SIGSTOP);
			raise(SIGSTOP);
			kill(child, SIGCONT);
		} else if (number > 0 && number != SIGCHLD) {
			kill(child, number);
		}
	}
	return status;
}
