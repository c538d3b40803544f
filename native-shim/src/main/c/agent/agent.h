/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - what the agent's files know of one another. */
#ifndef NK_AGENT_H
#define NK_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "frame/intake.h"
#include "ip/sessions.h"
#include "macs.h"
#include "moderation.h"
#include "nk.h"
#include "options.h"
#include "queue.h"
#include "watch.h"

/* Frames that one direction moves before the other has its turn. */
#define BATCH_FRAMES 64

/* What the agent remembers of a channel. */
struct link {
	bool dropping;	/* the bound of a stall passed: frames are dropped until the peer makes room */
	bool joined;	/* its doorbell is in the epoll set */
	struct heartbeat_watch watch;
	bool ending;	/* its epoch ended, and not all TCP sessions with it */
	uint8_t mac[6];	/* the peer's, as it was when the channel opened */
};

struct agent {
	struct options options;
	struct nk *nk;
	int tap;
	struct nk_intake *intake;	/* of the TAP */
	int epoll;
	int signals;
	int timer;
	uint32_t mtu;
	bool unannounced;	/* the peers were not told the addresses of the TAP */
	bool tap_readable;	/* false only after the TAP said EAGAIN: its edge will come, or its pause will end */
	bool tap_muted;		/* its edges wake nobody */
	uint64_t tap_paused_until; /* 0: it is not left alone */
	struct moderation moderation;
	struct queue_limit queue_limit;
	uint32_t usual_queue;	/* length of the TAP's queue before it was made short; 0: it was not */
	struct arrivals when_empty; /* the totals of them when the TAP was empty the last time */
	struct nk_channel *open[NK_MAX_OS]; /* channels that frames go through now */
	uint32_t open_count;
	bool open_changed;
	struct link links[NK_MAX_OS];
	struct nk_channel *predicted; /* the channel of the last destination */
	/* A full ring that the TAP waits for, until when, and the frame that is for it, if one was read already. */
	struct nk_channel *blocked;
	uint64_t blocked_until;
	uint32_t pending_length;
	uint8_t *pending;	/* vnet_hdr and frame; also where frames are read that have no ring to be read into */
	struct macs macs;
	struct nk_addresses addresses; /* the IP addresses of the peers, for sessions.c */
	uint64_t last_look;
	bool ending;		/* that of at least one link is set */
	struct counters counters;
	struct heartbeat_watch nanokernel_watch;
	uint64_t last_tick;
	uint64_t last_housekeeping;
	bool synced;		/* the nanokernel has told of every peer that there is, at least once */
	uint64_t reattach_at;
	uint64_t reattach_delay;
};

/* main.c: one line on standard error; the error as a negative errno. */
void complain(const char *what, int error);

/* The pause before the first attempt to attach again; they grow. */
#define FIRST_RETRY_NS (100 * NS_PER_MS)

/*
 * nanokernel.c: the agent begins to beat, and waits until its peers are told; the attach socket is readable; it is lost
 * and it is time; the timer expired.
 */
void nanokernel_begin(struct agent *agent);
void nanokernel_dispatch(struct agent *agent);
void nanokernel_reattach(struct agent *agent);
void nanokernel_tick(struct agent *agent);

/* The TAP's queue is as long again as before a flood. One that somebody else has set meanwhile stays so. */
int lengthen_queue(struct agent *agent);

/* Reports channels that came into quarantine, and looks again which ones are open. */
void look_after_channels(struct agent *agent);

/* forward.c. Both return the number of frames that moved; negative: the TAP is gone. */
int tap_to_channels(struct agent *agent);
int channels_to_tap(struct agent *agent);

/* What came from the TAP since the begin. */
struct arrivals all_arrivals(const struct agent *agent);

/* Looks again which channels are open. */
void refresh_channels(struct agent *agent);

/* The TAP's wait for this channel and what was predicted of it end: its peer is gone. */
void forget_channel(struct agent *agent, struct nk_channel *channel);

/* sessions.c: a channel has opened; and, the epoch of its peer has ended. */
void remember_peer(struct agent *agent, const struct nk_channel *channel);
void part_from_peer(struct agent *agent, const struct nk_channel *channel);

/*
 * Ends TCP sessions with peers whose epoch ended, up to a bound, so that frames wait for a few
 * milliseconds at most; as long as agent->ending is set there are more.
 */
void end_sessions(struct agent *agent);

/* Looks which IP addresses the peers have, if it is time for that. */
void look_at_addresses(struct agent *agent, uint64_t now);

/* status.c: the counters as one line of JSON on standard output. */
void print_status(const struct agent *agent);

#endif
