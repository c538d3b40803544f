/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk-cell - makes one namespace cell, runs an OS's init command and its services in it, and ends with the init command.
 *
 *     nk-cell --name OS --dir DIR [--home DIR] [--uid-base N] [--bind SRC:DST[:ro]]... [--setenv K=V]...
 *             [--service N COMMAND ARGUMENT...]... [--cgroup FILE]... [--registry DIR --owner TEXT [--claim F:D]...]
 *             [--interface NAME]... [--device PATH]... [--no-tun] [--lifeline] [--log FILE]
 *             -- [INIT [ARGUMENT]...]
 *     nk-cell --bare --name OS [--cgroup FILE]... -- INIT [ARGUMENT]...
 *
 *     --name OS        host name of the cell; NK_OS
 *     --dir DIR        the OS's run directory: the same path in the cell, writable. It must belong to the cell's root
 *     --home DIR       the program's home: the same path in the cell, read-only; DIR/bin ends PATH
 *     --uid-base N     the cell's uids and gids 0 to 65535 are N to N+65535 outside (root only). Without it
 *                      the cell's root is the caller, and the cell has no other uid
 *     --bind S:D[:ro]  a file or directory of the machine in the cell. A D that does not exist is made where
 *                      that is possible: in /tmp, /var/tmp, /run, /home and /root, which are fresh in each
 *                      cell. Whatever the cell needs from those five on the machine (a JDK in /root, say) has
 *                      to be bound
 *     --service N ...  the N words that follow are a command that process 1 starts, and starts anew when it ends
 *                      (services.c). With services INIT may be missing: the cell then lives until it is told to end
 *     --setenv K=V     for the init command and the services, whose environment is otherwise NK_OS, NK_RUN, NK_ATTACH,
 *                      NK_TOKEN_FILE, NANOROUTER_HOME, PATH, HOME, USER, SHELL, LANG and TERM
 *     --cgroup FILE    the cgroup.procs of a control group that process 1 is put into before it runs anything, and with
 *                      it all that it starts; the watcher stays outside. One that refuses it is a line in the log
 *     --claim F:D      the device D, as people call it, belongs to this cell: the watcher locks the file F of the
 *                      directory --registry, and writes the text --owner into it (devices.c)
 *     --interface NAME a network interface of the caller's network namespace that is moved into the cell's, and back
 *     --device PATH    a device node below /dev of the machine in the cell's /dev, the cell's root alone its owner where
 *                      the machine's root calls
 *     --bare           make no cell: enter the control groups, and become INIT in the environment that there is
 *     --no-tun         do not insist on /dev/net/tun
 *     --lifeline       end the cell when standard input ends
 *     --log FILE       stdout and stderr of the init command and the services, appended to; else they are nk-cell's own
 *
 * Three processes: the *watcher*, which is the one that the caller started; *process 1* of the cell; the *init
 * command*. The watcher prints "pid N" on stdout, and writes N to DIR/init.pid, before the init command starts: N
 * is process 1 as the machine numbers it, for nsenter and pidfd_open. DIR/init.pid can be changed by root in the
 * cell; the line on stdout cannot.
 *
 * The way down. The init command ends: process 1 ends with its status (128 + signal), the kernel kills the rest of
 * the cell, the watcher moves interfaces back, removes DIR/init.pid and ends with that status. TERM or INT to the watcher, or the end of
 * its standard input with --lifeline: TERM goes to the init command and the services, process 1 ends once they all
 * have, and five seconds later it gets KILL. The
 * watcher is killed: process 1 gets KILL by its parent-death signal. Whoever started the watcher dies: nothing
 * happens, unless it held the lifeline.
 *
 * A process that came into the cell from outside, by nsenter(1) say, is its parent's to reap, and the kernel lets
 * process 1 go only then. The watcher does not wait for it: process 1 that has been at its end for a second or two
 * has ended. All that the cell had is free by then, but for what a process has that no signal ends.
 *
 * The way up. (1) A mount namespace, as root directly, else inside a user namespace whose only uid is the
 * caller's. (2) mounts.c lays the file tree there. (3) clone() of process 1 into a user namespace of its own and
 * with it new mount, pid, network, uts and ipc namespaces, which it owns; the mounts of step 2 are locked in it.
 * (4) The watcher writes the uid and gid maps, and puts process 1 into the control groups (cgroup.c). (5) init.c
 * mounts proc, sysfs and devpts and reports. (6) The watcher moves interfaces into the cell. A failure on the way is one line on stderr and a code of sysexits.h: 64
 * usage, 69 the kernel does not allow it here or a device is not to
 * be had, 71 an unexpected error, 73 no log, 77 not root, 78 a path that is not
 * there.
 */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often it is looked whether process 1 is at its end, and how many times before it is killed. */
#define LOOK_MS 1000
#define GRACE_LOOKS 5
/* Of the flags in /proc/PID/stat: include/linux/sched.h of the kernel. */
#define PF_EXITING 0x4
#define PID_FILE "init.pid"

void cell_die(const struct cell *cell, int status, const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (cell->name)
		dprintf(STDERR_FILENO, "nk-cell: %s: %s\n", cell->name, text);
	else
		dprintf(STDERR_FILENO, "nk-cell: %s\n", text);
	_exit(status);
}

static long read_sysctl(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

/* Says which switch of the machine forbids it, since the error number alone rarely does. */
__attribute__((noreturn))
static void no_namespaces(const struct cell *cell, int error)
{
	if (read_sysctl("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		cell_die(cell, CELL_UNAVAILABLE,
			 "user namespaces are for root alone here; as root: sysctl kernel.unprivileged_userns_clone=1");
	if (read_sysctl("/proc/sys/user/max_user_namespaces") == 0)
		cell_die(cell, CELL_UNAVAILABLE,
			 "user namespaces are switched off here; as root: sysctl user.max_user_namespaces=10000");
	if (read_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		cell_die(cell, CELL_UNAVAILABLE, "AppArmor restricts user namespaces here; as root: "
			 "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	cell_die(cell, CELL_UNAVAILABLE, "cannot make namespaces: %s%s", strerror(error),
		 error == EINVAL ? " (this kernel was built without user namespaces)" :
		 error == EPERM ? " (forbidden here, as by a container's seccomp filter)" : "");
}

static bool write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;
	bool written;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

static void write_maps(const struct cell *cell, pid_t pid, uint32_t uid, uint32_t gid, uint32_t count)
{
	char uids[64];
	char gids[64];

	snprintf(uids, sizeof(uids), "0 %u %u\n", uid, count);
	snprintf(gids, sizeof(gids), "0 %u %u\n", gid, count);
	/* A single gid goes with setgroups denied: that is the kernel's rule for those who are not root. */
	if (!write_proc(pid, "uid_map", uids) || (count == 1 && !write_proc(pid, "setgroups", "deny")) ||
	    !write_proc(pid, "gid_map", gids)) {
		int error = errno;

		if (pid != getpid())
			kill(pid, SIGKILL);
		if (error == EPERM && cell->uid_base)
			cell_die(cell, CELL_NOPERM, "uids %u to %u are not this root's to give", uid, uid + count - 1);
		no_namespaces(cell, error);
	}
}

/* Leaves the caller in a mount namespace in which it may mount. */
static void enter_mount_namespace(const struct cell *cell)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(CLONE_NEWNS) == 0)
		return;
	if (cell->uid_base)
		cell_die(cell, CELL_NOPERM, "--uid-base needs CAP_SYS_ADMIN");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		no_namespaces(cell, errno);
	write_maps(cell, getpid(), uid, gid, 1);
}

static pid_t clone_cell(const struct cell *cell, int go[2], int ready[2])
{
	const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
				    CLONE_NEWIPC;
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		no_namespaces(cell, errno);
	if (pid == 0) {
		close(go[1]);
		close(ready[0]);
		cell_init(cell, go[0], ready[1]);
	}
	close(go[0]);
	close(ready[1]);
	return pid;
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return CELL_OSERR;
	}
	return exit_status(status);
}

static bool write_pid_file(int dir, pid_t pid)
{
	int fd;

	/* Root in the cell may write in this directory: never through what an earlier cell left there. */
	unlinkat(dir, PID_FILE, 0);
	fd = openat(dir, PID_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	dprintf(fd, "%d\n", pid);
	close(fd);
	return true;
}

/* Whether the process only waits for others to be gone; then with what it ended, as waitpid(2) says it. */
static bool is_exiting(pid_t pid, int *status)
{
	char path[64];
	char text[1024];
	const char *field;
	unsigned int flags;
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	/* The name, which may be anything, ends with the last parenthesis. */
	field = strrchr(text, ')');
	if (!field || sscanf(field, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1 || !(flags & PF_EXITING))
		return false;
	/* The last field, 0 where the kernel does not tell us. */
	field = strrchr(text, ' ');
	return sscanf(field, "%d", status) == 1;
}

/* Until process 1 has ended. */
static int watch(const struct cell *cell, pid_t pid, int signals)
{
	struct pollfd polled[2] = {
		{ .fd = signals, .events = POLLIN },
		/* Never read: others share it, and what poll has seen one of them may have taken. */
		{ .fd = cell->lifeline ? STDIN_FILENO : -1, .events = POLLRDHUP },
	};
	bool was_exiting = false;
	int grace = 0;
	int status;

	for (;;) {
		int n = poll(polled, 2, LOOK_MS);
		bool end = false;

		if (n == 0) {
			bool exiting = is_exiting(pid, &status);

			if (grace && --grace == 0)
				kill(pid, SIGKILL);
			if (exiting && was_exiting) {
				dprintf(cell->log >= 0 ? cell->log : STDERR_FILENO, "nk-cell: %s: process 1 has ended; "
					"what entered the cell has not been reaped by its parent\n", cell->name);
				return exit_status(status);
			}
			was_exiting = exiting;
		}
		if (n > 0 && polled[0].revents) {
			struct signalfd_siginfo info;

			if (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
				end = info.ssi_signo != SIGCHLD;
			if (waitpid(pid, &status, WNOHANG) == pid)
				return exit_status(status);
		}
		if (n > 0 && polled[1].revents) {
			polled[1].fd = -1;
			end = true;
		}
		if (end) {
			kill(pid, SIGTERM);
			grace = GRACE_LOOKS;
		}
	}
}

int main(int argc, char **argv)
{
	struct cell cell = { .log = -1, .tun = true };
	sigset_t blocked;
	int signals;
	int dir;
	int go[2];
	int ready[2];
	int status;
	char byte = 1;
	pid_t pid;

	cell_parse(&cell, argc, argv);
	if (cell.bare)
		cell_become(&cell);
	umask(022);
	cell.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dir = open(cell.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cell.null < 0 || dir < 0 || pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		cell_die(&cell, CELL_OSERR, "cannot open what the watcher needs: %s", strerror(errno));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		cell_die(&cell, CELL_OSERR, "signalfd: %s", strerror(errno));
	/* Away from the caller's terminal, whose interrupts are not meant for the cell. Fails for a group's leader. */
	(void)setsid();

	cell_cgroups_open(&cell);
	cell_devices_claim(&cell);
	enter_mount_namespace(&cell);
	cell_prepare_mounts(&cell);
	pid = clone_cell(&cell, go, ready);
	if (cell.uid_base)
		write_maps(&cell, pid, cell.uid_base, cell.uid_base, CELL_UID_RANGE);
	else
		write_maps(&cell, pid, 0, 0, 1);
	cell_cgroups_enter(&cell, pid);
	if (write(go[1], &byte, 1) != 1 || read(ready[0], &byte, 1) != 1) {
		status = wait_for(pid);
		cell_devices_release(&cell);
		return status;
	}
	cell_devices_give(&cell, pid);
	if (!write_pid_file(dir, pid)) {
		kill(pid, SIGKILL);
		cell_die(&cell, CELL_CANTCREAT, "cannot write %s/%s: %s", cell.dir, PID_FILE, strerror(errno));
	}
	dprintf(STDOUT_FILENO, "pid %d\n", pid);
	if (write(go[1], &byte, 1) == 1) {
		close(go[1]);
		close(ready[0]);
		status = watch(&cell, pid, signals);
	} else {
		status = wait_for(pid);
	}
	cell_devices_return(&cell);
	unlinkat(dir, PID_FILE, 0);
	cell_devices_release(&cell);
	return status;
}
