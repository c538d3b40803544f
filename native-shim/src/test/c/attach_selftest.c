// SPDX-License-Identifier: Apache-2.0
/* attach_selftest.c - the attach socket and the states of channels, against a nanokernel that can also lie. */
#include <poll.h>

#include "small_nanokernel.h"

static int attach_answered_by(void (*answer)(struct machine *), struct nk **nk, struct nk_refusal *refusal)
{
	struct nk_options options = {
		.socket_path = socket_path,
		.os_name = "alpha",
		.token_path = token_path,
	};
	pthread_t thread;
	int error;

	machine.answer = answer;
	pthread_create(&thread, NULL, answer_once, NULL);
	error = nk_attach(&options, nk, refusal);
	pthread_join(thread, NULL);
	return error;
}

static void answer_with_all(struct machine *m)
{
	(void)m;
	send_attached();
	send_peer(1);
	send_peer(2);
	send_synced();
}

static struct nk_event next_event(struct nk *nk)
{
	struct nk_event event;

	nk_dispatch(nk, &event);
	return event;
}

static bool event_is(struct nk *nk, enum nk_event_type type, uint32_t peer)
{
	struct nk_event event = next_event(nk);

	return event.type == type && (!event.channel || nk_peer_id(event.channel) == peer);
}

static struct nk *attach_to_all(void)
{
	struct nk *nk = NULL;

	EXPECT(attach_answered_by(answer_with_all, &nk, NULL) == 0);
	EXPECT(event_is(nk, NK_EVENT_PEER, 1));
	EXPECT(event_is(nk, NK_EVENT_PEER, 2));
	EXPECT(event_is(nk, NK_EVENT_SYNCED, 0));
	EXPECT(event_is(nk, NK_EVENT_NONE, 0));
	return nk;
}

static void attached_program_sees_itself_and_its_peers(void)
{
	struct nk_attach_header ready;
	uint8_t mac[6];
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	nk_mac(nk, mac);
	EXPECT(machine.token_was_right);
	EXPECT(nk_os_id(nk) == 0 && nk_epoch(nk) == 1 && mac[5] == 0x10 && nk_heartbeat_period_ms(nk) == 250);
	EXPECT(!strcmp(nk_peer_name(nk_channel(nk, 2)), "gamma"));
	EXPECT((uint64_t)(uintptr_t)nk_management(nk) == NK_MANAGEMENT_ADDRESS);
	EXPECT(nk_ready(nk) == 0);
	EXPECT(recv(machine.connection, &ready, sizeof(ready), 0) == sizeof(ready) && ready.type == NK_READY);
	nk_beat(nk);
	EXPECT(machine.regions[0]->header.heartbeat > 0);
	nk_panic(nk, 7, "the end");
	EXPECT(machine.regions[0]->header.panic_state == 1 && machine.regions[0]->header.panic_code == 7);
	EXPECT(!strcmp(machine.regions[0]->header.panic_text, "the end"));
	nk_detach(nk);
	halt();
}

static void answer_with_refusal(struct machine *m)
{
	struct nk_refused packet = {.header = header_of(NK_REFUSED, sizeof(packet)), .error = NK_BUSY};

	(void)m;
	memset(packet.text, 'x', sizeof(packet.text));
	memcpy(packet.text, "attached already", 16);
	send_raw(&packet, sizeof(packet), NULL, 0);
}

static void refusal_comes_with_its_text(void)
{
	struct nk_refusal refusal;
	struct nk *nk;

	boot(1);
	EXPECT(attach_answered_by(answer_with_refusal, &nk, &refusal) == -ECONNREFUSED);
	EXPECT(refusal.error == NK_BUSY && !strncmp(refusal.text, "attached already", 16));
	EXPECT(refusal.text[sizeof(refusal.text) - 1] == '\0');
	halt();
}

static void answer_with_unsealed_region(struct machine *m)
{
	int fd = memfd_create("unsealed", MFD_CLOEXEC);

	EXPECT(ftruncate(fd, REGION_LENGTH) == 0);
	send_attached_with(m->management_fd, fd, REGION_LENGTH);
	close(fd);
}

static void answer_with_wrong_length(struct machine *m)
{
	send_attached_with(m->management_fd, m->region_fds[0], REGION_LENGTH + 4096);
}

static void answer_with_wrong_revision(struct machine *m)
{
	m->management->header.revision = NK_REVISION + 1;
	send_attached();
}

static void answer_with_foreign_region(struct machine *m)
{
	send_attached_with(m->management_fd, m->region_fds[1], REGION_LENGTH);
}

static void answer_with_surplus_descriptors(struct machine *m)
{
	struct nk_attached packet = {.header = header_of(NK_ATTACHED, sizeof(packet))};
	int fds[8] = {m->management_fd, m->region_fds[0], m->region_fds[0], m->region_fds[0],
		      m->region_fds[0], m->region_fds[0], m->region_fds[0], m->region_fds[0]};

	send_raw(&packet, sizeof(packet), fds, 8);
}

static void answer_with_wrong_magic(struct machine *m)
{
	struct nk_attach_header packet = header_of(NK_SYNCED, sizeof(packet));

	(void)m;
	packet.magic++;
	send_raw(&packet, sizeof(packet), NULL, 0);
}

static void answer_with_peer_first(struct machine *m)
{
	(void)m;
	send_peer(1);
}

static void answer_with_too_long_a_packet(struct machine *m)
{
	uint8_t packet[1000] = {0};
	struct nk_attach_header header = header_of(NK_REFUSED, sizeof(packet));

	(void)m;
	memcpy(packet, &header, sizeof(header));
	send_raw(packet, sizeof(packet), NULL, 0);
}

static void answer_with_nothing(struct machine *m)
{
	(void)m;
	disconnect();
}

static void what_breaks_the_abi_is_refused_and_leaks_nothing(void)
{
	static const struct {
		void (*answer)(struct machine *);
		int error;
	} answers[] = {
		{answer_with_unsealed_region, -EPERM},
		{answer_with_wrong_length, -EOVERFLOW},
		{answer_with_wrong_revision, -EPROTO},
		{answer_with_foreign_region, -EPROTO},
		{answer_with_surplus_descriptors, -EPROTO},
		{answer_with_wrong_magic, -EPROTO},
		{answer_with_peer_first, -EPROTO},
		{answer_with_too_long_a_packet, -EPROTO},
		{answer_with_nothing, -ECONNRESET},
	};

	boot(1);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		int descriptors = open_descriptors();
		struct nk *nk;

		EXPECT(attach_answered_by(answers[i].answer, &nk, NULL) == answers[i].error);
		disconnect();
		machine.management->header.revision = NK_REVISION;
		EXPECT(open_descriptors() == descriptors);
	}
	halt();
}

static void token_file_of_another_length_is_refused(void)
{
	struct nk_options options = {.socket_path = socket_path, .os_name = "alpha", .token_path = "/dev/null"};
	struct nk *nk;

	EXPECT(nk_attach(&options, &nk, NULL) == -EBADMSG);
	options.token_path = "/dev/zero";
	EXPECT(nk_attach(&options, &nk, NULL) == -EBADMSG);
}

static void frames_cross_and_ring_the_doorbell(void)
{
	struct nk_ring_consumer consumer;
	struct nk_cursors *cursors;
	const uint8_t *ring;
	struct nk_message message;
	struct nk_record *record;
	struct nk_channel *channel;
	uint64_t bells;
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	channel = nk_channel(nk, 1);
	cursors = &machine.regions[1]->cursors[0];
	ring = (uint8_t *)machine.regions[0] + NK_RINGS_OFFSET + CAPACITY;
	nk_cursors_join(cursors, 1);
	EXPECT(nk_ring_consumer_init(&consumer, ring, CAPACITY, cursors, &machine.regions[0]->cursors[1], 1) == 0);
	EXPECT(read(machine.bells[0][1], &bells, sizeof(bells)) == sizeof(bells) && bells == 1);
	EXPECT(nk_claim(channel, 100, &record) == 0);
	memset(nk_record_frame(record), 3, NK_VNET_HDR_LENGTH + 100);
	EXPECT(nk_publish(channel, NK_RECORD_ETHERNET, 100, nk_now()) == 0);
	EXPECT(nk_doorbell(channel) == 1 && nk_doorbell(channel) == 0);
	EXPECT(read(machine.bells[0][1], &bells, sizeof(bells)) == sizeof(bells) && bells == 1);
	EXPECT(nk_ring_poll(&consumer, &message) == 1 && message.length == 100 && message.payload[99] == 3);
	EXPECT(nk_undelivered(channel) == 1);
	nk_detach(nk);
	halt();
}

static void next_epoch_of_a_peer_is_reported_as_gone_and_come(void)
{
	struct nk_channel_counters counters;
	struct nk_record *record;
	struct nk_channel *channel;
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	channel = nk_channel(nk, 1);
	EXPECT(nk_claim(channel, 10, &record) == 0 && nk_publish(channel, NK_RECORD_MESSAGE, 10, 0) == 0);
	end_region(1);
	make_region(1, 2);
	send_peer(1);
	EXPECT(event_is(nk, NK_EVENT_PEER_GONE, 1));
	EXPECT(nk_channel_state(channel) == NK_CHANNEL_CLOSED && nk_wait_fd(channel) >= 0);
	EXPECT(nk_claim(channel, 10, &record) == -ENOTCONN);
	EXPECT(event_is(nk, NK_EVENT_PEER, 1));
	EXPECT(nk_peer_epoch(channel) == 2);
	nk_channel_counters(channel, &counters);
	EXPECT(counters.records_sent == 1 && counters.undelivered == 1);
	EXPECT(machine.regions[0]->cursors[1].tail == 0 && machine.regions[0]->cursors[1].peer_epoch == 2);
	send_peer_gone(1, 1);
	EXPECT(event_is(nk, NK_EVENT_NONE, 0));
	send_peer_gone(1, 2);
	EXPECT(event_is(nk, NK_EVENT_PEER_GONE, 1));
	EXPECT(event_is(nk, NK_EVENT_NONE, 0));
	EXPECT(nk_next_channel(nk, NULL) == nk_channel(nk, 2));
	nk_detach(nk);
	halt();
}

static void directory_that_leads_out_of_a_region_opens_nothing(void)
{
	static const struct {
		uint64_t data_offset, capacity;
	} lies[] = {
		{NK_RINGS_OFFSET + 8, CAPACITY},	      {0, CAPACITY},
		{REGION_LENGTH - CAPACITY + 4096, CAPACITY},  {NK_RINGS_OFFSET, CAPACITY / 2},
		{NK_RINGS_OFFSET, CAPACITY + 4096},	      {NK_RINGS_OFFSET, UINT64_C(1) << 63},
		{UINT64_MAX - 4095, CAPACITY},
	};
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		send_peer_gone(1, machine.regions[1]->header.epoch);
		next_event(nk);
		machine.management->ring[1][0].data_offset = lies[i].data_offset;
		machine.management->ring[1][0].capacity = lies[i].capacity;
		end_region(1);
		make_region(1, 2 + (uint32_t)i);
		send_peer(1);
		EXPECT(event_is(nk, NK_EVENT_PEER_REFUSED, 1));
		EXPECT(nk_channel_state(nk_channel(nk, 1)) == NK_CHANNEL_CLOSED);
	}
	nk_detach(nk);
	halt();
}

static void reattach(struct nk *nk)
{
	EXPECT(nk_reattach(nk) == 0);
	accept_attach();
	send_attached();
}

static void channels_outlive_the_nanokernel_and_keep_their_quarantine(void)
{
	struct nk_record *record;
	struct nk_message message;
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	machine.regions[1]->cursors[0].peer_epoch = 1;
	machine.regions[1]->cursors[0].tail = 5;
	EXPECT(nk_poll(nk_channel(nk, 1), &message) == -EPROTO);
	EXPECT(nk_channel_fault(nk_channel(nk, 1)) == NK_FAULT_TAIL_MISALIGNED);
	disconnect();
	EXPECT(event_is(nk, NK_EVENT_LOST, 0));
	EXPECT(nk_fd(nk) == -1 && event_is(nk, NK_EVENT_NONE, 0));
	EXPECT(nk_claim(nk_channel(nk, 2), 10, &record) == 0);
	EXPECT(nk_publish(nk_channel(nk, 2), NK_RECORD_MESSAGE, 10, 0) == 0);

	reattach(nk);
	send_peer(1);
	send_peer(2);
	send_synced();
	EXPECT(event_is(nk, NK_EVENT_ATTACHED, 0));
	EXPECT(event_is(nk, NK_EVENT_SYNCED, 0));
	EXPECT(nk_channel_state(nk_channel(nk, 1)) == NK_CHANNEL_QUARANTINED);
	EXPECT(nk_undelivered(nk_channel(nk, 2)) == 1);

	disconnect();
	EXPECT(event_is(nk, NK_EVENT_LOST, 0));
	reattach(nk);
	send_peer(1);
	send_synced();
	EXPECT(event_is(nk, NK_EVENT_ATTACHED, 0));
	EXPECT(event_is(nk, NK_EVENT_SYNCED, 0));
	EXPECT(event_is(nk, NK_EVENT_PEER_GONE, 2));
	EXPECT(event_is(nk, NK_EVENT_NONE, 0));
	nk_detach(nk);
	halt();
}

static void another_boot_closes_every_channel(void)
{
	struct nk *nk;

	boot(1);
	nk = attach_to_all();
	halt();
	EXPECT(event_is(nk, NK_EVENT_LOST, 0));
	boot(2);
	reattach(nk);
	send_peer(1);
	send_synced();
	EXPECT(event_is(nk, NK_EVENT_ATTACHED, 0));
	EXPECT(event_is(nk, NK_EVENT_PEER_GONE, 1));
	EXPECT(event_is(nk, NK_EVENT_PEER_GONE, 2));
	EXPECT(event_is(nk, NK_EVENT_PEER, 1));
	EXPECT(event_is(nk, NK_EVENT_SYNCED, 0));
	EXPECT(event_is(nk, NK_EVENT_NONE, 0));
	nk_beat(nk);
	EXPECT(machine.regions[0]->header.heartbeat > 0);
	nk_detach(nk);
	halt();
}

int main(void)
{
	begin();

	CLAIM(attached_program_sees_itself_and_its_peers);
	CLAIM(refusal_comes_with_its_text);
	CLAIM(what_breaks_the_abi_is_refused_and_leaks_nothing);
	CLAIM(token_file_of_another_length_is_refused);
	CLAIM(frames_cross_and_ring_the_doorbell);
	CLAIM(next_epoch_of_a_peer_is_reported_as_gone_and_come);
	CLAIM(directory_that_leads_out_of_a_region_opens_nothing);
	CLAIM(channels_outlive_the_nanokernel_and_keep_their_quarantine);
	CLAIM(another_boot_closes_every_channel);

	end();
	return failures ? 1 : 0;
}
