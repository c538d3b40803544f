// SPDX-License-Identifier: Apache-2.0
/*
 * intake_selftest.c - frames through an intake, with a socket in the TAP's place.
 *
 * Usage: intake-selftest [SEED [FRAMES]]. The seed is printed.
 */
#include "frame/intake.c"

#include <stdio.h>
#include <sys/socket.h>

#include "claims.h"

#define LARGEST 60000u

static int wire;
static int tap;
static struct nk_intake *intake;
static uint8_t sent[FRAME_LENGTH];
static uint8_t received[FRAME_LENGTH];

static void open_all(void)
{
	int ends[2];

	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	wire = ends[0];
	tap = ends[1];
	intake = nk_intake_open(tap);
	EXPECT(intake);
}

static void close_all(void)
{
	nk_intake_close(intake);
	close(wire);
	close(tap);
}

/* A frame is known by its number, with which all of it is filled. False: the wire takes no more. */
static bool send_frame(uint32_t number, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		sent[i] = (uint8_t)(number * 31 + i);
	return send(wire, sent, length, 0) == (ssize_t)length;
}

static bool comes(uint32_t number, uint32_t length)
{
	if (nk_intake_read(intake, received) != (int)length)
		return false;
	for (uint32_t i = 0; i < length; i++) {
		if (received[i] != (uint8_t)(number * 31 + i))
			return false;
	}
	return true;
}

static bool wire_is_empty(void)
{
	return recv(tap, received, sizeof(received), MSG_PEEK) < 0 && errno == EAGAIN;
}

static void small_frames_that_stream_in_are_read_many_at_once(void)
{
	open_all();
	for (uint32_t i = 0; i < NK_INTAKE_STREAM + FEWEST; i++)
		EXPECT(send_frame(i, 60 + i));
	for (uint32_t i = 0; i < NK_INTAKE_STREAM; i++)
		EXPECT(comes(i, 60 + i) && !wire_is_empty());
	EXPECT(comes(NK_INTAKE_STREAM, 60 + NK_INTAKE_STREAM));
	EXPECT(wire_is_empty() != intake->refused);
	for (uint32_t i = NK_INTAKE_STREAM + 1; i < NK_INTAKE_STREAM + FEWEST; i++)
		EXPECT(comes(i, 60 + i));
	EXPECT(nk_intake_read(intake, received) == -EAGAIN);
	close_all();
}

static void large_frames_are_read_one_by_one(void)
{
	open_all();
	for (uint32_t round = 0; round < 2 * NK_INTAKE_STREAM; round++) {
		EXPECT(send_frame(round, LARGEST) && send_frame(round, 60));
		EXPECT(comes(round, LARGEST) && !wire_is_empty() && comes(round, 60));
	}
	EXPECT(intake->uring == -1);
	close_all();
}

/* One frame now and then is not worth the call for many. */
static void a_trickle_is_read_one_by_one_again(void)
{
	open_all();
	for (uint32_t i = 0; i < NK_INTAKE_STREAM + 1; i++)
		EXPECT(send_frame(i, 60) && comes(i, 60));
	EXPECT(intake->small_ones == 0 && nk_intake_read(intake, received) == -EAGAIN);
	close_all();
}

/* Else each turn would begin with single reads again. */
static void a_stream_goes_on_behind_an_empty_tap(void)
{
	open_all();
	for (uint32_t i = 0; i < NK_INTAKE_STREAM + FEWEST - 1; i++)
		EXPECT(send_frame(i, 60));
	for (uint32_t i = 0; i < NK_INTAKE_STREAM + FEWEST - 1; i++)
		EXPECT(comes(i, 60));
	EXPECT(nk_intake_read(intake, received) == -EAGAIN);
	for (uint32_t i = 0; i < FEWEST; i++)
		EXPECT(send_frame(i, 60));
	EXPECT(comes(0, 60) && wire_is_empty() != intake->refused);
	for (uint32_t i = 1; i < FEWEST; i++)
		EXPECT(comes(i, 60));
	close_all();
}

static void a_kernel_that_refuses_is_asked_once(void)
{
	open_all();
	intake->refused = true;
	for (uint32_t i = 0; i < 3 * NK_INTAKE_STREAM; i++)
		EXPECT(send_frame(i, 60));
	for (uint32_t i = 0; i < 3 * NK_INTAKE_STREAM; i++)
		EXPECT(comes(i, 60));
	EXPECT(nk_intake_read(intake, received) == -EAGAIN && intake->uring == -1);
	close_all();
}

static void the_end_of_the_tap_is_told_behind_the_last_frame(void)
{
	open_all();
	for (uint32_t i = 0; i < 2 * NK_INTAKE_STREAM; i++)
		EXPECT(send_frame(i, 60));
	for (uint32_t i = 0; i < NK_INTAKE_STREAM + 1; i++)
		EXPECT(comes(i, 60));
	intake->tap = -1;
	for (uint32_t i = NK_INTAKE_STREAM + 1; i < NK_INTAKE_STREAM + FEWEST; i++)
		EXPECT(comes(i, 60));
	EXPECT(nk_intake_read(intake, received) == -EBADF);
	close_all();
}

static uint64_t state;
static uint32_t frames;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % limit;
}

/* Runs of small ones with a large one among them, written in bursts and read in turns that stop anywhere. */
static void every_frame_comes_once_and_in_order(void)
{
	static uint32_t lengths[1024];
	uint32_t written = 0, taken = 0;

	open_all();
	while (taken < frames) {
		for (uint32_t burst = below(100); burst && written < frames && written - taken < 1024; burst--) {
			uint32_t length = below(200) ? 13 + below(1500) : NK_INTAKE_SMALL + below(LARGEST - NK_INTAKE_SMALL);

			if (!send_frame(written, length))
				break;
			lengths[written++ % 1024] = length;
		}
		for (uint32_t turn = below(100); turn; turn--) {
			if (taken == written) {
				EXPECT(nk_intake_read(intake, received) == -EAGAIN);
				break;
			}
			EXPECT(comes(taken, lengths[taken % 1024]));
			taken++;
		}
	}
	close_all();
}

int main(int count, char **arguments)
{
	state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
	frames = count > 2 ? (uint32_t)strtoul(arguments[2], NULL, 10) : 100000;
	printf("seed=%llu\n", (unsigned long long)state);
	state |= UINT64_C(1) << 63;

	CLAIM(small_frames_that_stream_in_are_read_many_at_once);
	CLAIM(large_frames_are_read_one_by_one);
	CLAIM(a_trickle_is_read_one_by_one_again);
	CLAIM(a_stream_goes_on_behind_an_empty_tap);
	CLAIM(a_kernel_that_refuses_is_asked_once);
	CLAIM(the_end_of_the_tap_is_told_behind_the_last_frame);
	CLAIM(every_frame_comes_once_and_in_order);
	return failures ? 1 : 0;
}
