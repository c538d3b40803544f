// SPDX-License-Identifier: Apache-2.0
/* status.c - the counters as JSON. Every string in it is one of ours or a name of [a-z0-9-]. */
#include <inttypes.h>
#include <stdio.h>

#include "agent.h"

static const char *const drop_names[] = {
#define DROP_NAME(constant, name) [constant] = name,
	DROPS(DROP_NAME)
#undef DROP_NAME
};

static const char *const direction_names[] = {
	[TAP_TO_CHANNELS] = "tap_to_channels",
	[CHANNELS_TO_TAP] = "channels_to_tap",
};

static const char *const state_names[] = {
	[NK_CHANNEL_CLOSED] = "closed",
	[NK_CHANNEL_OPEN] = "open",
	[NK_CHANNEL_QUARANTINED] = "quarantined",
};

static void field(const char *name, uint64_t value)
{
	printf(",\"%s\":%" PRIu64, name, value);
}

static void print_traffic(const struct traffic *traffic, const char *name, uint64_t waiting)
{
	printf(",\"%s\":{\"received\":%" PRIu64, name, traffic->received);
	field("received_bytes", traffic->received_bytes);
	field("forwarded", traffic->forwarded);
	field("waiting", waiting);
	printf(",\"dropped\":{");
	for (int why = 0; why < DROP_COUNT; why++)
		printf("%s\"%s\":%" PRIu64, why ? "," : "", drop_names[why], traffic->dropped[why]);
	printf("}}");
}

static void print_channel(const struct nk_channel *channel)
{
	struct nk_channel_counters counters;

	nk_channel_counters(channel, &counters);
	printf("{\"peer\":\"%s\"", nk_peer_name(channel));
	field("id", nk_peer_id(channel));
	field("epoch", nk_peer_epoch(channel));
	printf(",\"state\":\"%s\",\"fault\":\"%s\"", state_names[nk_channel_state(channel)],
	       nk_fault_name(nk_channel_fault(channel)));
	field("records_sent", counters.records_sent);
	field("bytes_sent", counters.bytes_sent);
	field("ring_full", counters.ring_full);
	field("doorbells_sent", counters.doorbells_sent);
	field("records_received", counters.records_received);
	field("bytes_received", counters.bytes_received);
	field("sequence_gaps", counters.sequence_gaps);
	field("paddings", counters.paddings);
	field("undelivered", counters.undelivered);
	field("unread", counters.unread);
	printf(",\"quarantined\":{");
	for (int fault = NK_FAULT_NONE + 1; fault < NK_FAULT_COUNT; fault++)
		printf("%s\"%s\":%" PRIu64, fault > NK_FAULT_NONE + 1 ? "," : "", nk_fault_name((enum nk_fault)fault),
		       counters.quarantined[fault]);
	printf("}}");
}

/* Of closed channels, too, which the list does not have. */
static void print_losses(const struct agent *agent)
{
	uint64_t undelivered = 0, unread = 0;

	for (uint32_t id = 0; id < NK_MAX_OS; id++) {
		struct nk_channel_counters counters;

		nk_channel_counters(nk_channel(agent->nk, id), &counters);
		undelivered += counters.undelivered;
		unread += counters.unread;
	}
	field("undelivered", undelivered);
	field("unread", unread);
}

void print_status(const struct agent *agent)
{
	const char *separator = "";

	printf("{\"os\":\"%s\"", agent->options.attach.os_name);
	field("epoch", nk_epoch(agent->nk));
	printf(",\"attached\":%s", nk_fd(agent->nk) >= 0 ? "true" : "false");
	for (int direction = 0; direction < DIRECTION_COUNT; direction++)
		print_traffic(&agent->counters.traffic[direction], direction_names[direction],
			      direction == TAP_TO_CHANNELS && agent->pending_length);
	field("flooded", agent->counters.flooded);
	field("flood_skipped", agent->counters.flood_skipped);
	field("coalesced", agent->counters.coalesced);
	field("wrong_guesses", agent->counters.wrong_guesses);
	field("stalls", agent->counters.stalls);
	field("moderations", agent->counters.moderations);
	field("silent_nanokernel", agent->counters.silent_nanokernel);
	field("silent_peers", agent->counters.silent_peers);
	field("sleeps", agent->counters.sleeps);
	field("lost_nanokernel", agent->counters.lost_nanokernel);
	field("sessions_ended", agent->counters.sessions_ended);
	field("session_failures", agent->counters.session_failures);
	print_losses(agent);
	field("macs", macs_count(&agent->macs));
	printf(",\"channels\":[");
	for (struct nk_channel *c = nk_next_channel(agent->nk, NULL); c; c = nk_next_channel(agent->nk, c)) {
		printf("%s", separator);
		print_channel(c);
		separator = ",";
	}
	printf("]}\n");
	fflush(stdout);
}
