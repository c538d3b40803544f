// SPDX-License-Identifier: Apache-2.0
/*
 * loop.c - one thread, one epoll set. Each round moves up to a batch from the TAP and from every channel, and only a
 * round in which nothing moved asks every channel to be woken, looks once more (that is what nk_ask_for_wake()
 * returns), and sleeps. The TAP and the doorbells are edge-triggered: the TAP is read until EAGAIN, a doorbell needs
 * no reading at all. While small frames stream in, the TAP is muted between batches (moderation.h).
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define NS_PER_S INT64_C(1000000000)
#define EVENTS 16

int loop_watch(struct agent *agent, int fd, enum source source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = source};

	return epoll_ctl(agent->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* False: the agent is to end. */
static bool take_signal(struct agent *agent)
{
	struct signalfd_siginfo signal;

	while (read(agent->signals, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo != SIGUSR1)
			return false;
		print_status(agent);
	}
	return true;
}

/* Leaves the TAP alone for so long, in which it wakes nobody; 0: not at all. */
static void leave_tap_alone(struct agent *agent, uint64_t now, uint64_t pause)
{
	agent->tap_paused_until = pause ? now + pause : 0;
	agent->counters.moderations += pause > 0;
	if (agent->tap_muted != (pause > 0)) {
		struct epoll_event event = {.events = pause ? 0 : EPOLLIN | EPOLLET, .data.u32 = SOURCE_TAP};

		agent->tap_muted = pause > 0;
		/* Unmuted, it calls at once if something came meanwhile. */
		epoll_ctl(agent->epoll, EPOLL_CTL_MOD, agent->tap, &event);
	}
}

/* The TAP was read until it was empty. While frames stream in, it is left alone for a moment. */
static void moderate(struct agent *agent)
{
	const struct arrivals total = all_arrivals(agent);
	const struct arrivals since = {
		.frames = total.frames - agent->when_empty.frames,
		.bytes = total.bytes - agent->when_empty.bytes,
		.answers = total.answers - agent->when_empty.answers,
	};
	uint64_t now = nk_now();

	agent->when_empty = total;
	leave_tap_alone(agent, now, moderation_pause(&agent->moderation, now, &since));
}

/* A batch was read of a flood, in a turn that began then, and there may be more. */
static void rest(struct agent *agent, uint64_t began)
{
	uint64_t now = nk_now();
	uint64_t pause = moderation_rest(now - began);

	if (pause) {
		agent->tap_readable = false;
		leave_tap_alone(agent, now, pause);
	}
}

static void end_pause(struct agent *agent)
{
	if (agent->tap_paused_until && nk_now() >= agent->tap_paused_until) {
		agent->tap_paused_until = 0;
		agent->tap_readable = true;
	}
}

/*
 * How long to sleep in nanoseconds after a round in which nothing moved, -1 until something comes; everybody was asked
 * to wake us.
 */
static int64_t sleep_time(struct agent *agent)
{
	uint64_t until = UINT64_MAX, now;

	for (uint32_t i = 0; i < agent->open_count; i++) {
		int result = nk_ask_for_wake(agent->open[i]);

		if (result < 0)
			forget_channel(agent, agent->open[i]);
		if (result)
			return 0;
	}
	if (agent->ending)
		return 0;
	if (agent->blocked)
		until = agent->blocked_until;
	else if (agent->tap_readable)
		return 0;
	else if (agent->tap_paused_until)
		until = agent->tap_paused_until;
	if (until == UINT64_MAX)
		return -1;
	now = nk_now();
	return now < until ? (int64_t)(until - now) : 0;
}

static bool wait_for_events(struct agent *agent, int64_t timeout)
{
	const struct timespec time = {.tv_sec = timeout / NS_PER_S, .tv_nsec = timeout % NS_PER_S};
	struct epoll_event events[EVENTS];
	int count = epoll_pwait2(agent->epoll, events, EVENTS, timeout < 0 ? NULL : &time, NULL);
	bool go_on = true;

	if (count < 0 && errno == ENOSYS) /* Linux before 5.11 */
		count = epoll_wait(agent->epoll, events, EVENTS,
				   timeout < 0 ? -1 : (int)((timeout + (int64_t)NS_PER_MS - 1) / (int64_t)NS_PER_MS));
	agent->counters.sleeps += timeout != 0;
	for (int i = 0; i < count; i++) {
		switch (events[i].data.u32) {
		case SOURCE_TAP:
			agent->tap_readable = !agent->tap_paused_until;
			break;
		case SOURCE_ATTACH:
			nanokernel_dispatch(agent);
			break;
		case SOURCE_SIGNAL:
			go_on &= take_signal(agent);
			break;
		case SOURCE_TIMER:
			nanokernel_tick(agent);
			break;
		default:
			/* A doorbell says only: look again. */
			break;
		}
	}
	return go_on;
}

int loop_run(struct agent *agent)
{
	for (;;) {
		uint64_t began;
		bool readable;
		int moved;

		if (agent->open_changed)
			look_after_channels(agent);
		end_pause(agent);
		readable = agent->tap_readable;
		began = agent->queue_limit.is_short ? nk_now() : 0;
		moved = tap_to_channels(agent);
		if (moved < 0) {
			complain(agent->options.tap.name, moved);
			return EX_IOERR;
		}
		if (readable && !agent->tap_readable)
			moderate(agent);
		else if (moved && began && agent->tap_readable && !agent->blocked)
			rest(agent, began);
		moved += channels_to_tap(agent);
		if (agent->ending)
			end_sessions(agent);
		if (!wait_for_events(agent, moved ? 0 : sleep_time(agent)))
			return EX_OK;
		if (nk_fd(agent->nk) < 0 && nk_now() >= agent->reattach_at)
			nanokernel_reattach(agent);
	}
}

int loop_make(struct agent *agent)
{
	sigset_t signals;
	int error;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	agent->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	agent->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	agent->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (agent->signals < 0 || agent->timer < 0 || agent->epoll < 0) {
		complain("event loop", -errno);
		return EX_OSERR;
	}
	error = loop_watch(agent, agent->signals, SOURCE_SIGNAL, EPOLLIN);
	if (!error)
		error = loop_watch(agent, agent->timer, SOURCE_TIMER, EPOLLIN);
	if (!error)
		error = loop_watch(agent, agent->tap, SOURCE_TAP, EPOLLIN | EPOLLET);
	if (!error)
		error = loop_watch(agent, nk_fd(agent->nk), SOURCE_ATTACH, EPOLLIN);
	if (error) {
		complain("event loop", error);
		return EX_OSERR;
	}
	return EX_OK;
}
