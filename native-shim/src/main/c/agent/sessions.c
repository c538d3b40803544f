// SPDX-License-Identifier: Apache-2.0
/* sessions.c - when to look for the addresses of peers, and when to end the TCP sessions with them. */
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "frame.h"

/* Sessions that are ended before frames have their turn again; to find them takes longer than to end so many. */
#define SESSIONS_PER_ROUND 128

static void fail(struct agent *agent, const char *what, int error)
{
	/* Said once: the next time it fails for the same reason. */
	if (!agent->counters.session_failures++)
		fprintf(stderr, "nk-agent: %s: %s; programs that talk with a dead OS have to notice it themselves\n", what,
			strerror(-error));
}

void remember_peer(struct agent *agent, const struct nk_channel *channel)
{
	uint32_t id = nk_peer_id(channel);

	/* Kept: when the peer goes, the table of OSes may be another boot's. */
	memcpy(agent->links[id].mac, nk_management(agent->nk)->os[id].mac, MAC_LENGTH);
}

void part_from_peer(struct agent *agent, const struct nk_channel *channel)
{
	if (!agent->options.keep_sessions) {
		agent->links[nk_peer_id(channel)].ending = true;
		agent->ending = true;
	}
}

void end_sessions(struct agent *agent)
{
	bool more = false;

	for (struct link *link = agent->links; link < agent->links + NK_MAX_OS; link++) {
		int result;

		if (!link->ending)
			continue;
		result = nk_sessions_end(&agent->addresses, agent->options.tap.name, link->mac, SESSIONS_PER_ROUND);
		link->ending = result == SESSIONS_PER_ROUND;
		more |= link->ending;
		if (result < 0)
			fail(agent, "TCP sessions cannot be ended", result);
		else
			agent->counters.sessions_ended += (uint64_t)result;
	}
	agent->ending = more;
}

void look_at_addresses(struct agent *agent, uint64_t now)
{
	int error;

	if (agent->options.keep_sessions || now - agent->last_look < NK_ADDRESSES_LOOK_NS)
		return;
	agent->last_look = now;
	error = nk_addresses_look(&agent->addresses, agent->options.tap.name);
	if (error)
		fail(agent, "the addresses of peers cannot be read", error);
}
