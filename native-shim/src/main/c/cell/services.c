/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.c - the services of a cell: commands that process 1 starts, and starts anew when they end.
 *
 * One that lived for a second or longer is started again at once. One that ended sooner is, too, the first time; then
 * it pauses 100 ms, and after each further early end twice as long, up to 5 s. Where another service with the same
 * command runs, that one serves, or is taking over, and needs the processors more than its successor does: then the
 * pause is 150 ms at least, and the session of what is started counts a ninth of another one (sched/session.h) until
 * that one has ended, for 3 s at most: what begins may come to lead while the other one lives. Each end is one line on
 * process 1's standard error, the console log. All of it belongs to process 1, which has one thread.
 */
#include "cell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sched/session.h"

/* Milliseconds. */
#define SETTLED 1000
#define FIRST_PAUSE 100
#define LONGEST_PAUSE 5000
#define TAKEOVER_PAUSE 150
#define STEP_BACK 3000
/* A kernel that refuses to weigh a session takes it a tenth of a second later. */
#define REWEIGH_PAUSE 100

/* The weight of nice 10 is a ninth of the usual one (sched_prio_to_weight of the kernel's sched/core.c). */
#define SUCCESSOR_NICE 10

struct service {
	pid_t pid; /* 0: it does not run */
	int64_t started; /* ms of CLOCK_MONOTONIC, as `due` */
	int64_t due; /* when to start it, while it does not run */
	unsigned int early_ends; /* one after the other */
	bool steps_back; /* its session has less weight than usual */
};

static struct service services[CELL_MAX_SERVICES];
static bool ending;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t left_until(int64_t time)
{
	int64_t left = time - now();

	return left > 0 ? left : 0;
}

static int pause_after(unsigned int early_ends)
{
	int pause = FIRST_PAUSE;

	if (early_ends < 2)
		return 0;
	while (early_ends-- > 2 && pause < LONGEST_PAUSE)
		pause *= 2;
	return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}

static bool is_same_command(char *const *one, char *const *other)
{
	while (*one && *other && !strcmp(*one, *other)) {
		one++;
		other++;
	}
	return !*one && !*other;
}

/* Whether another service that runs has the command of this one. */
static bool has_twin(const struct cell *cell, size_t index)
{
	for (size_t i = 0; i < cell->service_count; i++) {
		if (i != index && services[i].pid && is_same_command(cell->services[i], cell->services[index]))
			return true;
	}
	return false;
}

static void note_end(const struct cell *cell, size_t index, int64_t time)
{
	struct service *service = &services[index];
	int pause;

	service->pid = 0;
	service->early_ends = time - service->started < SETTLED ? service->early_ends + 1 : 0;
	pause = pause_after(service->early_ends);
	if (pause < TAKEOVER_PAUSE && has_twin(cell, index))
		pause = TAKEOVER_PAUSE;
	service->due = time + pause;
}

static void start(const struct cell *cell, size_t index)
{
	struct service *service = &services[index];
	bool steps_back = has_twin(cell, index);
	pid_t pid = cell_spawn(cell, cell->services[index], steps_back ? SUCCESSOR_NICE : NK_SESSION_USUAL);

	service->started = now();
	service->steps_back = steps_back;
	if (pid > 0) {
		service->pid = pid;
	} else {
		dprintf(STDERR_FILENO, "nk-cell: %s: service %zu cannot be started: %s\n", cell->name, index + 1,
			strerror(errno));
		note_end(cell, index, service->started);
	}
}

void cell_services_start(const struct cell *cell)
{
	for (size_t i = 0; i < cell->service_count; i++)
		start(cell, i);
}

/* Gives a service that runs the usual weight when it is time. Returns the milliseconds until then, as below. */
static int64_t step_forward(const struct cell *cell, size_t index)
{
	struct service *service = &services[index];
	int64_t left = left_until(service->started + STEP_BACK);

	if (!service->steps_back)
		return -1;
	if (left > 0 && has_twin(cell, index))
		return left;
	if (nk_weigh_session(service->pid, NK_SESSION_USUAL) == -EAGAIN)
		return REWEIGH_PAUSE;
	/* It may be about to take less only now, in cell_spawn: once more at the end. */
	service->steps_back = left > 0;
	return left > 0 ? left : -1;
}

int cell_services_restart(const struct cell *cell)
{
	int64_t next = -1;

	for (size_t i = 0; i < cell->service_count && !ending; i++) {
		int64_t left;

		if (!services[i].pid && services[i].due <= now())
			start(cell, i);
		left = services[i].pid ? step_forward(cell, i) : left_until(services[i].due);
		if (left >= 0 && (next < 0 || left < next))
			next = left;
	}
	return (int)next;
}

bool cell_services_ended(const struct cell *cell, pid_t pid, int status)
{
	for (size_t i = 0; i < cell->service_count; i++) {
		struct service *service = &services[i];
		int64_t time = now();
		int64_t lived = time - service->started;

		if (service->pid != pid)
			continue;
		note_end(cell, i, time);
		dprintf(STDERR_FILENO, "nk-cell: %s: service %zu (%s, process %d) %s %d after %lld.%03lld s%s\n", cell->name,
			i + 1, cell->services[i][0], pid, WIFEXITED(status) ? "ended with" : "was ended by signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), (long long)lived / 1000,
			(long long)lived % 1000, ending ? "" : ", to be started again");
		return true;
	}
	return false;
}

void cell_services_end(const struct cell *cell)
{
	ending = true;
	for (size_t i = 0; i < cell->service_count; i++) {
		if (services[i].pid)
			kill(services[i].pid, SIGTERM);
	}
}

bool cell_services_run(const struct cell *cell)
{
	for (size_t i = 0; i < cell->service_count; i++) {
		if (services[i].pid)
			return true;
	}
	return false;
}
