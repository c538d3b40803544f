// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - nk-agent, the light endpoint of an OS: a TAP on one side, the channels to the other OSes on the other.
 *
 * One thread, one epoll set. Each round moves up to a batch from the TAP and from every channel, and only a round
 * in which nothing moved asks every channel to be woken, looks once more (that is what nk_ask_for_wake() returns),
 * and sleeps. The TAP and the doorbells are edge-triggered: the TAP is read until EAGAIN, a doorbell needs no
 * reading at all. While small frames stream in, the TAP is muted between batches (moderation.h).
 *
 * When the nanokernel dies, frames go on through shared memory; the agent attaches again, with growing pauses,
 * until it is back. If it is another boot by then, all channels are new.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "ip/announce.h"
#include "sched/endpoint.h"

#define HOUSEKEEPING_NS (1000 * NS_PER_MS)
#define FIRST_RETRY_NS (100 * NS_PER_MS)
#define LAST_RETRY_NS (5000 * NS_PER_MS)
#define DEFAULT_PERIOD_MS 1000u
#define NS_PER_S INT64_C(1000000000)
#define EVENTS 16

enum source { SOURCE_TAP, SOURCE_ATTACH, SOURCE_SIGNAL, SOURCE_TIMER, SOURCE_DOORBELL };

static void complain(const char *what, int error)
{
	fprintf(stderr, "nk-agent: %s: %s\n", what, strerror(-error));
}

static int watch(struct agent *agent, int fd, enum source source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = source};

	return epoll_ctl(agent->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void join_doorbell(struct agent *agent, struct nk_channel *channel)
{
	struct link *link = &agent->links[nk_peer_id(channel)];
	int error = watch(agent, nk_wait_fd(channel), SOURCE_DOORBELL, EPOLLIN | EPOLLET);

	if (error)
		complain("doorbell", error);
	link->joined = !error;
	link->watch = (struct heartbeat_watch){0};
}

/* A quarantined peer that goes on ringing wakes nobody. */
static void leave_doorbell(struct agent *agent, struct nk_channel *channel)
{
	struct link *link = &agent->links[nk_peer_id(channel)];

	if (link->joined)
		epoll_ctl(agent->epoll, EPOLL_CTL_DEL, nk_wait_fd(channel), NULL);
	link->joined = false;
}

static void look_after_channels(struct agent *agent)
{
	for (struct nk_channel *c = nk_next_channel(agent->nk, NULL); c; c = nk_next_channel(agent->nk, c)) {
		if (nk_channel_state(c) == NK_CHANNEL_QUARANTINED && agent->links[nk_peer_id(c)].joined) {
			fprintf(stderr, "nk-agent: channel to %s quarantined: %s\n", nk_peer_name(c),
				nk_fault_name(nk_channel_fault(c)));
			nk_report_lied(agent->nk, c);
			leave_doorbell(agent, c);
		}
	}
	refresh_channels(agent);
}

/* Once all channels are open, so that every peer hears it. */
static void announce(struct agent *agent)
{
	int error;

	if (!agent->unannounced)
		return;
	agent->unannounced = false;
	error = nk_announce(agent->options.tap.name);
	if (error)
		complain("the addresses are not announced", error);
}

static void arm_timer(struct agent *agent)
{
	uint32_t period_ms = nk_heartbeat_period_ms(agent->nk);
	struct itimerspec when = {0};

	if (!period_ms)
		period_ms = DEFAULT_PERIOD_MS;
	when.it_interval.tv_sec = period_ms / 1000;
	when.it_interval.tv_nsec = (long)(period_ms % 1000) * 1000000;
	when.it_value = when.it_interval;
	timerfd_settime(agent->timer, 0, &when, NULL);
	nk_beat(agent->nk);
}

static void plan_reattach(struct agent *agent)
{
	agent->reattach_at = nk_now() + agent->reattach_delay;
	agent->reattach_delay *= 2;
	if (agent->reattach_delay > LAST_RETRY_NS)
		agent->reattach_delay = LAST_RETRY_NS;
}

static void take_event(struct agent *agent, const struct nk_event *event)
{
	switch (event->type) {
	case NK_EVENT_ATTACHED:
		arm_timer(agent);
		nk_trap(agent->nk, "nk-agent");
		break;
	case NK_EVENT_PEER:
		join_doorbell(agent, event->channel);
		remember_peer(agent, event->channel);
		agent->open_changed = true;
		break;
	case NK_EVENT_PEER_GONE:
		leave_doorbell(agent, event->channel);
		forget_channel(agent, event->channel);
		part_from_peer(agent, event->channel);
		break;
	case NK_EVENT_PEER_REFUSED:
		fprintf(stderr, "nk-agent: peer id=%u refused: %s\n", nk_peer_id(event->channel),
			strerror(-event->error));
		break;
	case NK_EVENT_SYNCED:
		agent->reattach_delay = FIRST_RETRY_NS;
		announce(agent);
		nk_ready(agent->nk);
		break;
	case NK_EVENT_LOST:
		/* One line for the loss; the attempts that fail after it are quiet. */
		if (!agent->reattach_at)
			complain("nanokernel lost, attaching again", event->error);
		agent->counters.lost_nanokernel += !agent->reattach_at;
		plan_reattach(agent);
		break;
	default:
		break;
	}
}

static void dispatch(struct agent *agent)
{
	struct nk_event event;

	while (nk_dispatch(agent->nk, &event) != NK_EVENT_NONE) {
		if (event.type == NK_EVENT_SYNCED && agent->reattach_at) {
			fputs("nk-agent: attached again\n", stderr);
			agent->reattach_at = 0;
		}
		take_event(agent, &event);
	}
}

static void reattach(struct agent *agent)
{
	int error = nk_reattach(agent->nk);

	if (!error)
		error = watch(agent, nk_fd(agent->nk), SOURCE_ATTACH, EPOLLIN);
	if (error)
		plan_reattach(agent);
}

/* The OSes watch each other, and the nanokernel: who looks later than it should has no right to complain. */
static void watch_others(struct agent *agent, uint64_t now)
{
	uint64_t period = nk_heartbeat_period_ms(agent->nk) * NS_PER_MS;
	uint64_t deadline = nk_heartbeat_deadline_ms(agent->nk) * NS_PER_MS;
	uint64_t elapsed = agent->last_tick ? now - agent->last_tick : period;
	uint64_t late = elapsed > period ? elapsed - period : 0;

	agent->last_tick = now;
	for (uint32_t i = 0; i < agent->open_count; i++) {
		struct nk_channel *channel = agent->open[i];

		if (heartbeat_missed(&agent->links[nk_peer_id(channel)].watch, now, nk_peer_heartbeat(channel), deadline,
				     late)) {
			agent->counters.silent_peers++;
			nk_report_silent(agent->nk, channel);
		}
	}
	if (nk_fd(agent->nk) >= 0 &&
	    heartbeat_missed(&agent->nanokernel_watch, now, nk_nanokernel_heartbeat(agent->nk), deadline, late)) {
		agent->counters.silent_nanokernel++;
		fputs("nk-agent: the nanokernel does not beat\n", stderr);
	}
}

static void tick(struct agent *agent)
{
	uint64_t expirations;
	uint64_t now = nk_now();

	if (read(agent->timer, &expirations, sizeof(expirations)) < 0)
		return;
	nk_beat(agent->nk);
	watch_others(agent, now);
	look_at_addresses(agent, now);
	if (now - agent->last_housekeeping < HOUSEKEEPING_NS)
		return;
	agent->last_housekeeping = now;
	macs_age(&agent->macs, now);
	tap_mtu(agent->options.tap.name, &agent->mtu);
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

/* The TAP was read until it was empty. While frames stream in, it is left alone for a moment, and wakes nobody. */
static void moderate(struct agent *agent)
{
	const struct traffic *in = &agent->counters.traffic[TAP_TO_CHANNELS];
	const struct arrivals total = {
		.frames = in->received,
		.bytes = in->received_bytes,
		.answers = agent->counters.traffic[CHANNELS_TO_TAP].forwarded,
	};
	const struct arrivals since = {
		.frames = total.frames - agent->when_empty.frames,
		.bytes = total.bytes - agent->when_empty.bytes,
		.answers = total.answers - agent->when_empty.answers,
	};
	uint64_t now = nk_now();
	uint64_t pause = moderation_pause(&agent->moderation, now, &since);

	agent->when_empty = total;
	agent->tap_paused_until = pause ? now + pause : 0;
	agent->counters.moderations += pause > 0;
	if (agent->tap_muted != (pause > 0)) {
		struct epoll_event event = {.events = pause ? 0 : EPOLLIN | EPOLLET, .data.u32 = SOURCE_TAP};

		agent->tap_muted = pause > 0;
		/* Unmuted, it calls at once if something came meanwhile. */
		epoll_ctl(agent->epoll, EPOLL_CTL_MOD, agent->tap, &event);
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
			dispatch(agent);
			break;
		case SOURCE_SIGNAL:
			go_on &= take_signal(agent);
			break;
		case SOURCE_TIMER:
			tick(agent);
			break;
		default:
			/* A doorbell says only: look again. */
			break;
		}
	}
	return go_on;
}

static int run(struct agent *agent)
{
	for (;;) {
		bool readable;
		int moved;

		if (agent->open_changed)
			look_after_channels(agent);
		end_pause(agent);
		readable = agent->tap_readable;
		moved = tap_to_channels(agent);
		if (moved < 0) {
			complain(agent->options.tap.name, moved);
			return EX_IOERR;
		}
		if (readable && !agent->tap_readable)
			moderate(agent);
		moved += channels_to_tap(agent);
		if (agent->ending)
			end_sessions(agent);
		if (!wait_for_events(agent, moved ? 0 : sleep_time(agent)))
			return EX_OK;
		if (nk_fd(agent->nk) < 0 && nk_now() >= agent->reattach_at)
			reattach(agent);
	}
}

/* Worth trying again: the nanokernel is not there yet, or our predecessor is not gone yet. */
static bool may_pass(int error, const struct nk_refusal *refusal)
{
	if (error == -ECONNREFUSED)
		return !refusal->error || refusal->error == NK_BUSY || refusal->error == NK_NOT_RUNNING;
	return error == -ENOENT || error == -EAGAIN || error == -ETIMEDOUT || error == -ECONNRESET;
}

static int attach(struct agent *agent)
{
	uint64_t deadline = nk_now() + agent->options.attach_wait_ns;
	struct nk_refusal refusal;

	for (;;) {
		int error = nk_attach(&agent->options.attach, &agent->nk, &refusal);

		if (!error)
			return EX_OK;
		if (!may_pass(error, &refusal) || nk_now() >= deadline) {
			if (refusal.error)
				fprintf(stderr, "nk-agent: attach refused: %s\n", refusal.text);
			else
				complain(agent->options.attach.socket_path, error);
			return EX_UNAVAILABLE;
		}
		poll(NULL, 0, (int)(FIRST_RETRY_NS / NS_PER_MS));
	}
}

static int tap_failure(const char *what, int error)
{
	complain(what, error);
	if (error == -EPERM || error == -EACCES)
		return EX_NOPERM;
	return error == -EINVAL ? EX_USAGE : EX_CANTCREAT;
}

static int make_tap(struct agent *agent)
{
	struct options *options = &agent->options;
	int error;

	if (!options->mac_given)
		nk_mac(agent->nk, options->mac);
	options->tap.mac = options->mac;
	/* One that is up was its predecessor's, who has announced it. */
	agent->unannounced = !tap_is_up(options->tap.name);
	error = tap_open(&options->tap, &agent->tap);
	if (error)
		return tap_failure(error == -ENOENT ? "/dev/net/tun" : options->tap.name, error);
	error = link_up(&options->tap);
	if (error)
		return tap_failure(options->tap.name, error);
	for (int i = 0; i < options->address_count; i++) {
		error = address_add(options->tap.name, options->addresses[i]);
		if (error)
			return tap_failure(options->addresses[i], error);
	}
	for (int i = 0; i < options->route_count; i++) {
		error = route_add(options->tap.name, options->routes[i]);
		if (error)
			return tap_failure(options->routes[i], error);
	}
	agent->mtu = options->tap.mtu;
	agent->tap_readable = true;
	return EX_OK;
}

static int make_loop(struct agent *agent)
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
	error = watch(agent, agent->signals, SOURCE_SIGNAL, EPOLLIN);
	if (!error)
		error = watch(agent, agent->timer, SOURCE_TIMER, EPOLLIN);
	if (!error)
		error = watch(agent, agent->tap, SOURCE_TAP, EPOLLIN | EPOLLET);
	if (!error)
		error = watch(agent, nk_fd(agent->nk), SOURCE_ATTACH, EPOLLIN);
	if (error) {
		complain("event loop", error);
		return EX_OSERR;
	}
	return EX_OK;
}

int main(int count, char **arguments)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int status;

	if (!agent)
		return EX_OSERR;
	parse_options(&agent->options, count, arguments);
	agent->pending = malloc(NK_VNET_HDR_LENGTH + NK_MAX_PAYLOAD);
	if (!agent->pending)
		return EX_OSERR;
	agent->reattach_delay = FIRST_RETRY_NS;
	agent->tap = -1;

	status = attach(agent);
	if (!status)
		status = make_tap(agent);
	if (!status)
		status = make_loop(agent);
	if (!status) {
		/* Where it is refused, frames cross as well, only more slowly. */
		nk_schedule_endpoint();
		arm_timer(agent);
		nk_trap(agent->nk, "nk-agent");
		status = run(agent);
	}
	if (agent->tap >= 0)
		close(agent->tap);
	nk_detach(agent->nk);
	free(agent->pending);
	free(agent);
	return status;
}
