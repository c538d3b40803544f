/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - process 1 of a cell.
 *
 * It stays nk-cell's own code: it reaps every orphan, keeps the services running, forwards TERM and INT to the init
 * command and the services as TERM, and ends with the init command's status; the kernel then kills whatever is left
 * in the pid namespace. Told to end, it waits for the services too, and without an init command ends with 0.
 */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sched/session.h"

#define MAX_ENVIRONMENT (16 + CELL_MAX_SETENV)

static void become_root(const struct cell *cell)
{
	/* With a single uid the kernel forbids setgroups; the caller's groups then stay and show as nogroup. */
	if (cell->uid_base && setgroups(0, NULL) < 0)
		cell_die(cell, CELL_OSERR, "cannot drop the groups: %s", strerror(errno));
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		cell_die(cell, CELL_OSERR, "cannot become the root of the cell: %s", strerror(errno));
	/* The change of uid cleared both. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		cell_die(cell, CELL_OSERR, "prctl: %s", strerror(errno));
}

static void raise_loopback(const struct cell *cell)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		cell_die(cell, CELL_OSERR, "cannot set lo up: %s", strerror(errno));
	close(fd);
}

static void check_tun(const struct cell *cell)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	else if (errno == EACCES || errno == EPERM)
		cell_die(cell, CELL_UNAVAILABLE, "/dev/net/tun may not be opened; as root: chmod 0666 /dev/net/tun");
	else
		cell_die(cell, CELL_UNAVAILABLE, "/dev/net/tun cannot be opened (%s); as root: modprobe tun",
			 strerror(errno));
}

static char *join(const struct cell *cell, const char *first, const char *second, const char *third)
{
	char *text;

	if (asprintf(&text, "%s%s%s", first, second, third) < 0)
		cell_die(cell, CELL_OSERR, "no memory");
	return text;
}

static char **environment(const struct cell *cell)
{
	static char *list[MAX_ENVIRONMENT];
	const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *term = getenv("TERM");
	size_t n = 0;

	/* The first of two entries of one name wins in most programs, so those from the command line come first. */
	for (size_t i = 0; i < cell->setenv_count; i++)
		list[n++] = cell->setenv[i];
	list[n++] = join(cell, "NK_OS=", cell->name, "");
	list[n++] = join(cell, "NK_RUN=", cell->dir, "");
	list[n++] = join(cell, "NK_ATTACH=", cell->dir, "/attach.sock");
	list[n++] = join(cell, "NK_TOKEN_FILE=", cell->dir, "/token");
	if (cell->home) {
		list[n++] = join(cell, "NANOROUTER_HOME=", cell->home, "");
		list[n++] = join(cell, "PATH=", path, join(cell, ":", cell->home, "/bin"));
	} else {
		list[n++] = join(cell, "PATH=", path, "");
	}
	list[n++] = join(cell, "HOME=", "/root", "");
	list[n++] = join(cell, "USER=", "root", "");
	list[n++] = join(cell, "SHELL=", "/bin/sh", "");
	list[n++] = join(cell, "LANG=", "C.UTF-8", "");
	list[n++] = join(cell, "TERM=", term ? term : "dumb", "");
	list[n] = NULL;
	return list;
}

/*
 * The kernel may want a tenth of a second between two such changes, whoever made the first. If none comes through, the
 * start only disturbs more.
 */
static void step_back(int nice)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000000L };

	for (int tries = 0; nk_weigh_session(getpid(), nice) == -EAGAIN && tries < 20; tries++)
		nanosleep(&pause, NULL);
}

__attribute__((noreturn))
static void run(const struct cell *cell, char **command, int nice)
{
	char **list = environment(cell);
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (nice != NK_SESSION_USUAL)
		step_back(nice);
	/* execvpe looks the command up in this process's PATH. */
	for (char **entry = list; *entry; entry++) {
		if (strncmp(*entry, "PATH=", 5) == 0) {
			putenv(*entry);
			break;
		}
	}
	execvpe(command[0], command, list);
	cell_die(cell, errno == ENOENT ? 127 : 126, "cannot run %s: %s", command[0], strerror(errno));
}

pid_t cell_spawn(const struct cell *cell, char **command, int nice)
{
	pid_t pid = fork();

	if (pid == 0)
		run(cell, command, nice);
	return pid;
}

static void redirect(const struct cell *cell)
{
	/* The lifeline is the watcher's; with a log nothing of the caller's stays open in the cell. */
	if (cell->lifeline || cell->log >= 0)
		dup2(cell->null, STDIN_FILENO);
	if (cell->log >= 0) {
		dup2(cell->log, STDOUT_FILENO);
		dup2(cell->log, STDERR_FILENO);
	}
	close_range(3, ~0u, 0);
}

/* A number that is no child's pid: there is no init command, or it has ended. */
#define NO_CHILD (-1)

__attribute__((noreturn))
static void reap(const struct cell *cell, pid_t init, const sigset_t *signals)
{
	bool ending = false;
	int result = 0;

	for (;;) {
		int pause = cell_services_restart(cell);
		struct timespec timeout = { .tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000L };
		int signal_number = pause < 0 ? sigwaitinfo(signals, NULL) : sigtimedwait(signals, NULL, &timeout);
		int status;
		pid_t pid;

		if (signal_number == SIGTERM || signal_number == SIGINT) {
			ending = true;
			cell_services_end(cell);
			if (init != NO_CHILD)
				kill(init, SIGTERM);
		}
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid == init) {
				init = NO_CHILD;
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
				if (!ending)
					_exit(result);
			} else {
				cell_services_ended(cell, pid, status);
			}
		}
		if (ending && init == NO_CHILD && !cell_services_run(cell))
			_exit(result);
	}
}

void cell_init(const struct cell *cell, int go, int ready)
{
	sigset_t signals;
	char byte = 1;
	pid_t init = NO_CHILD;

	if (read(go, &byte, 1) != 1)
		_exit(CELL_OSERR);
	become_root(cell);
	if (setsid() < 0 || sethostname(cell->name, strlen(cell->name)) < 0)
		cell_die(cell, CELL_OSERR, "cannot name the cell: %s", strerror(errno));
	raise_loopback(cell);
	cell_finish_mounts(cell);
	if (chdir("/") < 0)
		cell_die(cell, CELL_OSERR, "cannot enter /: %s", strerror(errno));
	if (cell->tun)
		check_tun(cell);
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(CELL_OSERR);

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	redirect(cell);
	if (cell->init[0]) {
		init = cell_spawn(cell, cell->init, NK_SESSION_USUAL);
		if (init < 0)
			cell_die(cell, CELL_OSERR, "cannot fork: %s", strerror(errno));
	}
	cell_services_start(cell);
	reap(cell, init, &signals);
}
