// SPDX-License-Identifier: Apache-2.0
/* shim_process_selftest.c - how processes and threads are scheduled, and how their end is seen. */
#include "shim/nk_shim.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claims.h"
#include "sched/supervisor.h"

/* The first processors of a set, at most n. */
static cpu_set_t first_of(const cpu_set_t *set, int n)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&first) < n; cpu++) {
		if (CPU_ISSET(cpu, set))
			CPU_SET(cpu, &first);
	}
	return first;
}

/* As sched_getattr(2) gives it: size, policy, flags, nice, priority, runtime, deadline, period. */
static uint64_t turn_of(pid_t thread)
{
	uint64_t attributes[6] = {0};

	EXPECT(syscall(SYS_sched_getattr, thread, attributes, sizeof(attributes), 0) == 0);
	return attributes[3];
}

static void endpoint_has_long_turns_and_keeps_its_nice_value(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct utsname kernel;
		int major, minor;

		if (setpriority(PRIO_PROCESS, 0, 3) || nks_process_endpoint_thread() || uname(&kernel) ||
		    sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
			_exit(1);
		if (getpriority(PRIO_PROCESS, 0) != 3)
			_exit(2);
		_exit(major * 1000 + minor < 6012 || turn_of(0) == 3000000 ? 0 : 3);
	}
	EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void endpoint_is_batch_and_on_the_second_of_two(void)
{
	const struct sched_param none = {0};
	cpu_set_t all, given, kept;

	EXPECT(sched_getaffinity(0, sizeof(all), &all) == 0);
	for (int n = 1; n <= CPU_COUNT(&all) && n <= 3; n++) {
		given = first_of(&all, n);
		EXPECT(sched_setaffinity(0, sizeof(given), &given) == 0);
		EXPECT(sched_getscheduler(0) == SCHED_OTHER);
		EXPECT(nks_process_endpoint_thread() == 0);
		EXPECT(sched_getscheduler(0) == SCHED_BATCH);
		EXPECT(sched_setscheduler(0, SCHED_OTHER, &none) == 0);
		EXPECT(sched_getaffinity(0, sizeof(kept), &kept) == 0);
		if (n == 2) {
			cpu_set_t first = first_of(&all, 1);

			CPU_XOR(&given, &given, &first);
		}
		EXPECT(CPU_EQUAL(&kept, &given));
	}
	EXPECT(sched_setaffinity(0, sizeof(all), &all) == 0);
}

static void *tell_and_stay(void *pipe)
{
	pid_t self = gettid();

	if (write(*(int *)pipe, &self, sizeof(self)) != sizeof(self))
		_exit(5);
	for (;;)
		pause();
}

/* Starts a thread; 0 if that failed. */
static pid_t other_thread(void)
{
	int ends[2];
	pthread_t thread;
	pid_t id;

	if (pipe(ends) || pthread_create(&thread, NULL, tell_and_stay, &ends[1]) ||
	    read(ends[0], &id, sizeof(id)) != sizeof(id))
		return 0;
	return id;
}

/* By real time, or where that is not allowed by its nice value. */
static bool goes_first(pid_t thread)
{
	return (sched_getscheduler(thread) & ~SCHED_RESET_ON_FORK) == SCHED_FIFO ||
	       getpriority(PRIO_PROCESS, (id_t)thread) == NK_SUPERVISOR_NICE;
}

static void supervisor_goes_first_and_its_children_do_not(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		pid_t thread = other_thread();
		int error = nks_process_supervisor();
		pid_t grandchild;

		if (error)
			_exit(error == -EPERM && getpriority(PRIO_PROCESS, 0) == 0 ? 0 : 1);
		if (!goes_first(0))
			_exit(2);
		if (!thread || !goes_first(thread))
			_exit(6);
		grandchild = fork();
		if (grandchild == 0)
			_exit(!goes_first(0) && getpriority(PRIO_PROCESS, 0) == 0 ? 0 : 3);
		_exit(waitpid(grandchild, &status, 0) == grandchild ? WEXITSTATUS(status) : 4);
	}
	EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void read_session_weight(char *weight, size_t size)
{
	int fd = open("/proc/self/autogroup", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, weight, size - 1);

	weight[length < 0 ? 0 : length] = '\0';
	if (fd >= 0)
		close(fd);
}

/* In its own session, whose weight it may lower, if `leads`; else in that of the test. Its exit status. */
static int be_bystander(bool leads)
{
	char before[64], after[64];
	pid_t thread = other_thread();
	cpu_set_t all, kept, first;

	if (leads && setsid() < 0)
		return 1;
	read_session_weight(before, sizeof(before));
	if (sched_getaffinity(0, sizeof(all), &all) || nks_process_bystander())
		return 2;
	read_session_weight(after, sizeof(after));
	first = CPU_COUNT(&all) == 2 ? first_of(&all, 1) : all;
	for (int i = 0; i < 2; i++) {
		if (sched_getaffinity(i ? thread : 0, sizeof(kept), &kept) || !CPU_EQUAL(&kept, &first))
			return 3;
		if (sched_getscheduler(i ? thread : 0) != SCHED_IDLE)
			return 6;
	}
	if (!leads || !*before)
		return strcmp(before, after) == 0 ? 0 : 4;
	return strstr(after, "nice 19") ? 0 : 5;
}

static void bystander_goes_last_and_leaves_its_users_session_alone(void)
{
	for (int leads = 0; leads < 2; leads++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(be_bystander(leads));
		EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
	}
}

static void pidfd_tells_the_end_of_a_process(void)
{
	pid_t child = fork();
	struct pollfd wait = { .events = POLLIN };

	if (!child) {
		pause();
		_exit(0);
	}
	wait.fd = nks_process_pidfd_open(child);
	EXPECT(wait.fd >= 0);
	EXPECT(nks_poll_poll(&wait, 1, 0) == 0);
	EXPECT(nks_process_pidfd_send_signal(wait.fd, 0) == 0);
	EXPECT(nks_process_pidfd_send_signal(wait.fd, SIGKILL) == 0);
	EXPECT(nks_poll_poll(&wait, 1, 10000) == 1);
	waitpid(child, NULL, 0);
	EXPECT(nks_process_pidfd_send_signal(wait.fd, SIGKILL) == -ESRCH);
	nks_fd_close(wait.fd);
}

int main(void)
{
	CLAIM(pidfd_tells_the_end_of_a_process);
	CLAIM(endpoint_is_batch_and_on_the_second_of_two);
	CLAIM(endpoint_has_long_turns_and_keeps_its_nice_value);
	CLAIM(supervisor_goes_first_and_its_children_do_not);
	CLAIM(bystander_goes_last_and_leaves_its_users_session_alone);
	return failures ? 1 : 0;
}
