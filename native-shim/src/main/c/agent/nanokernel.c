// SPDX-License-Identifier: Apache-2.0
/*
 * nanokernel.c - the agent's side of the attach socket: peers that come and go, the heartbeat, and the others' ones.
 *
 * When the nanokernel dies, frames go on through shared memory; the agent attaches again, with growing pauses,
 * until it is back. If it is another boot by then, all channels are new.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent.h"
#include "ip/announce.h"
#include "loop.h"
#include "tap.h"

#define HOUSEKEEPING_NS (1000 * NS_PER_MS)
#define LAST_RETRY_NS (5000 * NS_PER_MS)
/* They follow its first answer at once. */
#define PEERS_WAIT_NS (5000 * NS_PER_MS)
#define DEFAULT_PERIOD_MS 1000u

static void join_doorbell(struct agent *agent, struct nk_channel *channel)
{
	struct link *link = &agent->links[nk_peer_id(channel)];
	int error = loop_watch(agent, nk_wait_fd(channel), SOURCE_DOORBELL, EPOLLIN | EPOLLET);

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

void look_after_channels(struct agent *agent)
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

static void begin_to_beat(struct agent *agent)
{
	arm_timer(agent);
	nk_trap(agent->nk, "nk-agent");
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
		begin_to_beat(agent);
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
		agent->synced = true;
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

void nanokernel_dispatch(struct agent *agent)
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

/* A frame that is read before its peer is told is lost. */
static void await_peers(struct agent *agent)
{
	uint64_t deadline = nk_now() + PEERS_WAIT_NS;

	while (!agent->synced && nk_fd(agent->nk) >= 0 && nk_now() < deadline) {
		struct pollfd attach = {.fd = nk_fd(agent->nk), .events = POLLIN};

		poll(&attach, 1, PEERS_WAIT_NS / NS_PER_MS);
		nanokernel_dispatch(agent);
	}
}

void nanokernel_begin(struct agent *agent)
{
	begin_to_beat(agent);
	await_peers(agent);
}

void nanokernel_reattach(struct agent *agent)
{
	int error = nk_reattach(agent->nk);

	if (!error)
		error = loop_watch(agent, nk_fd(agent->nk), SOURCE_ATTACH, EPOLLIN);
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

static int shorten_queue(struct agent *agent)
{
	const char *tap = agent->options.tap.name;
	uint32_t length;
	int error = tap_queue(tap, &length);

	if (error || length <= TAP_SHORT_QUEUE)
		return error;
	agent->usual_queue = length;
	return tap_set_queue(tap, TAP_SHORT_QUEUE);
}

int lengthen_queue(struct agent *agent)
{
	const char *tap = agent->options.tap.name;
	uint32_t usual = agent->usual_queue, length;
	int error;

	if (!usual)
		return 0;
	agent->usual_queue = 0;
	error = tap_queue(tap, &length);
	if (error || length != TAP_SHORT_QUEUE)
		return error;
	return tap_set_queue(tap, usual);
}

static void limit_queue(struct agent *agent, uint64_t now)
{
	const struct arrivals sums = all_arrivals(agent);
	int error;

	if (!queue_is_to_change(&agent->queue_limit, now, &sums))
		return;
	error = agent->queue_limit.is_short ? shorten_queue(agent) : lengthen_queue(agent);
	if (error)
		complain("length of the TAP's queue", error);
}

void nanokernel_tick(struct agent *agent)
{
	uint64_t expirations;
	uint64_t now = nk_now();

	if (read(agent->timer, &expirations, sizeof(expirations)) < 0)
		return;
	nk_beat(agent->nk);
	watch_others(agent, now);
	limit_queue(agent, now);
	look_at_addresses(agent, now);
	if (now - agent->last_housekeeping < HOUSEKEEPING_NS)
		return;
	agent->last_housekeeping = now;
	macs_age(&agent->macs, now);
	tap_mtu(agent->options.tap.name, &agent->mtu);
}
