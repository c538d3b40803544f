// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - nk-agent, the light endpoint of an OS: a TAP on one side, the channels to the other OSes on the other.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent.h"
#include "loop.h"
#include "sched/endpoint.h"

void complain(const char *what, int error)
{
	fprintf(stderr, "nk-agent: %s: %s\n", what, strerror(-error));
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
	uint32_t queue;
	int error;

	if (!options->mac_given)
		nk_mac(agent->nk, options->mac);
	options->tap.mac = options->mac;
	/* One that is up was its predecessor's, who has announced it. */
	agent->unannounced = !tap_is_up(options->tap.name);
	error = tap_open(&options->tap, &agent->tap);
	if (error)
		return tap_failure(error == -ENOENT ? "/dev/net/tun" : options->tap.name, error);
	/* So short it was left by one who was killed under a flood. */
	if (tap_queue(options->tap.name, &queue) == 0 && queue == TAP_SHORT_QUEUE)
		tap_set_queue(options->tap.name, TAP_USUAL_QUEUE);
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
	agent->intake = nk_intake_open(agent->tap);
	if (!agent->intake)
		return tap_failure(options->tap.name, -ENOMEM);
	agent->mtu = options->tap.mtu;
	agent->tap_readable = true;
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
		status = loop_make(agent);
	if (!status) {
		/* Where it is refused, frames cross as well, only more slowly. */
		nk_schedule_endpoint();
		nanokernel_begin(agent);
		status = loop_run(agent);
	}
	if (agent->tap >= 0) {
		lengthen_queue(agent);
		nk_intake_close(agent->intake);
		close(agent->tap);
	}
	nk_detach(agent->nk);
	free(agent->pending);
	free(agent);
	return status;
}
