/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.pml - one ring in one epoch (docs/abi.md 4.2 to 4.4): a producer and a consumer on two processors with store
 * queues, both doorbells, and the death of either process between any two of its steps, after which its successor goes
 * on from the cursors in its own region.
 *
 * Claims, checked in every reachable state:
 *
 *   - No wakeup is lost. Nobody sleeps for good while there is work: that would be an invalid end state.
 *   - FIFO: the record that is read at a position is the one that was published there, whole, until it is given back;
 *     positions are read in order, none is skipped. A consumer that dies makes its successor repeat what it had read
 *     and not given back, at most one batch; nothing else is ever read twice. A producer that dies loses the frames
 *     that it had taken and not published, at most one batch, and leaves at most one gap in the sequence numbers, none
 *     of which is ever used twice.
 *   - Each check of section 4.2 holds: no honest side is ever quarantined.
 *   - Nothing is read outside head..tail.
 *
 * A position counts units; a record is one or two of them long, and the third does not fit before the ring's end. What is read is
 * looked at twice, when it is polled and before the step over it: its bytes must stay.
 *
 * -DBUG_... puts one mistake in; the list is in seeded-bugs. -DPRODUCER_DEATHS=n and -DCONSUMER_DEATHS=n bound the
 * deaths.
 */

#ifndef PRODUCER_DEATHS
#define PRODUCER_DEATHS 1
#endif
#ifndef CONSUMER_DEATHS
#define CONSUMER_DEATHS 1
#endif
#ifndef FRAMES
#define FRAMES 4
#endif

#define CAPACITY 4
#define QUARTER  1 /* CAPACITY / 4 */
#ifdef BUG_SPACE_WANTED_BEYOND_THE_TAIL
#define SPACE_WANTED CAPACITY
#else
#define SPACE_WANTED QUARTER
#endif

#define BATCH    2 /* frames taken at once, and records read before they are given back */

/* Words of the producer's region, then of the consumer's. */
#define TAIL          0
#define NEXT_SEQUENCE 1
#define SPACE_WAKE_AT 2
#define DATA          3
#define HEAD          (DATA + CAPACITY)
#define WAKE_AT       (HEAD + 1)
#define WORDS         (WAKE_AT + 1)

#include "tso.pml"

/* A record's word: which frame it carries, its sequence number, its span; PADDING for what fills the rest. */
#define RECORD(frame, sequence, span) ((frame) * 64 + (sequence) * 4 + (span))
#define FRAME_OF(record)    ((record) / 64)
#define SEQUENCE_OF(record) (((record) / 4) % 16)
#define SPAN_OF(record)     ((record) % 4)
#define PADDING 3

#define SPAN_OF_FRAME(frame) (1 + (frame) % 2)

#define PLACE(position) ((position) % CAPACITY)

/* The event index: the step from `from` to `to` passed `wanted`. */
#ifdef BUG_DOORBELL_TEST_EXCLUDES_WAKE_AT
#define PASSED(wanted, from, to) ((from) < (wanted) && (wanted) < (to))
#else
#define PASSED(wanted, from, to) ((from) <= (wanted) && (wanted) < (to))
#endif

bool bell_of_consumer, bell_of_producer; /* rung and not yet noticed: eventfds, waited on edge-triggered */
bool kill_producer, kill_consumer;
bool producer_done;

/* What the claims are checked against; no step of the protocol looks at it. */
byte frames_taken;
byte frames_laid_out;              /* taken and not published: what the producer's death loses */
byte last_sequence;                /* published last, counted from 1 */
byte producer_deaths, consumer_deaths;
short published[3 * FRAMES + CAPACITY]; /* by position, until given back */
byte read_up_to;                   /* behind the newest position that was read */
byte given_back;                   /* head as the consumer last stored it */

inline ring_consumer_if_asked()
{
	/* One fence and one look for what was published since the last look. */
	if
	:: looked != tail ->
#ifndef BUG_NO_FENCE_BEFORE_LOOK_AT_WAKE_AT
		FENCE(producer_stores);
#endif
		d_step {
			bell_of_consumer = bell_of_consumer || PASSED(memory[WAKE_AT], looked, tail);
			looked = tail
		}
	:: else
	fi
}

inline look_at_head()
{
	d_step {
		assert(memory[HEAD] >= head && memory[HEAD] <= tail);
		head = memory[HEAD]
	}
}

inline claim()
{
	d_step {
		span = SPAN_OF_FRAME(frames_taken - frames_laid_out + 1);
		padding = (PLACE(tail) + span > CAPACITY -> CAPACITY - PLACE(tail) : 0)
	}
	do
	:: tail + padding + span - head <= CAPACITY -> break
	:: else ->
		look_at_head();
		if
		:: tail + padding + span - head > CAPACITY ->
			ring_consumer_if_asked();
			ask_for_space()
		:: else
		fi
	od
}

inline ask_for_space()
{
	wanted = head + SPACE_WANTED;
#ifdef BUG_SPACE_WAKE_AT_AFTER_LOOK
	look_at_head();
	STORE(producer_stores, SPACE_WAKE_AT, wanted);
	FENCE(producer_stores);
#else
	STORE(producer_stores, SPACE_WAKE_AT, wanted);
#ifndef BUG_NO_FENCE_BEFORE_LOOK_AT_HEAD
	FENCE(producer_stores);
#endif
	look_at_head();
#endif
	/* C claims again as soon as the head moved, Java once it passed: with the first alternative, either. */
	if
	:: head + QUARTER > wanted -> skip
	:: head <= wanted ->
		atomic { bell_of_producer -> bell_of_producer = false }
	fi;
	wanted = 0
}

inline store_record()
{
	if
	:: padding -> STORE(producer_stores, DATA + PLACE(tail), PADDING)
	:: else
	fi;
	STORE(producer_stores, DATA + PLACE(tail + padding),
	      RECORD(frames_taken - frames_laid_out + 1, sequence, span))
}

/* The store of tail, and what it means. */
inline store_tail()
{
	atomic {
		nfull(producer_stores) ->
		assert(sequence + 1 > last_sequence && sequence + 1 <= last_sequence + 1 + producer_deaths);
		last_sequence = sequence + 1;
		if
		:: padding -> published[tail] = PADDING
		:: else
		fi;
		published[tail + padding] = RECORD(frames_taken - frames_laid_out + 1, sequence, span);
		tail = tail + padding + span;
		sequence++;
		frames_laid_out--;
		producer_stores ! TAIL, tail;
		span = 0;
		padding = 0
	}
}

inline publish()
{
#ifdef BUG_TAIL_BEFORE_RECORD
	STORE(producer_stores, NEXT_SEQUENCE, sequence + 1);
	if
	:: padding -> STORE(producer_stores, DATA + PLACE(tail), PADDING)
	:: else
	fi;
	d_step { late_place = PLACE(tail + padding); late = RECORD(frames_taken - frames_laid_out + 1, sequence, span) }
	store_tail();
	STORE(producer_stores, DATA + late_place, late)
#else
#ifdef BUG_SEQUENCE_AFTER_TAIL
	store_record();
	store_tail();
	STORE(producer_stores, NEXT_SEQUENCE, sequence)
#else
	store_record();
	STORE(producer_stores, NEXT_SEQUENCE, sequence + 1);
	store_tail()
#endif
#endif
}

active proctype producer()
{
	byte tail, head, looked, sequence, span, padding, wanted;
#ifdef BUG_TAIL_BEFORE_RECORD
	byte late_place;
	short late;
#endif

start:
	{
		d_step {
			tail = memory[TAIL];
			sequence = memory[NEXT_SEQUENCE];
			looked = tail;
#ifdef BUG_RESTART_BELIEVES_RING_EMPTY
			head = tail
#else
			head = (tail > CAPACITY -> tail - CAPACITY : 0)
#endif
		}
#ifndef BUG_PRODUCER_OPENS_WITHOUT_RING
		bell_of_consumer = true;
#endif
		do
		:: frames_laid_out == 0 && frames_taken < FRAMES ->
			/* One read of the TAP after another into the records to come. */
			d_step { frames_taken++; frames_laid_out++ }
			if
			:: frames_taken < FRAMES -> d_step { frames_taken++; frames_laid_out++ }
			:: true
			fi;
			do
			:: frames_laid_out > 0 -> claim(); publish()
			:: else -> break
			od;
			ring_consumer_if_asked()
		/* The frames may end at any time: then no later ring hides a lost one. */
		:: frames_laid_out == 0 -> producer_done = true; break
		od
	} unless {
		atomic {
			kill_producer -> kill_producer = false;
			assert(frames_laid_out <= BATCH);
			frames_laid_out = 0;
			tail = 0; head = 0; looked = 0; sequence = 0; span = 0; padding = 0; wanted = 0
		}
		DRAINED(producer_stores);
		goto start
	}
}

inline look_at_tail()
{
	d_step {
		assert(memory[TAIL] >= tail && memory[TAIL] - released <= CAPACITY);
		tail = memory[TAIL]
	}
}

inline release()
{
	atomic {
		nfull(consumer_stores) ->
		released = position;
		consumer_stores ! HEAD, released;
		do
		:: given_back < released -> published[given_back] = 0; given_back++
		:: else -> break
		od
	}
}

inline ring_producer_if_asked()
{
	if
	:: looked != released ->
#ifndef BUG_NO_FENCE_BEFORE_LOOK_AT_SPACE_WAKE_AT
		FENCE(consumer_stores);
#endif
		d_step {
			bell_of_producer = bell_of_producer || PASSED(memory[SPACE_WAKE_AT], looked, released);
			looked = released
		}
	:: else
	fi
}

inline ask_for_wake()
{
#ifdef BUG_WAKE_AT_AFTER_LOOK
	look_at_tail();
	STORE(consumer_stores, WAKE_AT, position);
	FENCE(consumer_stores)
#else
	STORE(consumer_stores, WAKE_AT, position);
#ifndef BUG_NO_FENCE_BEFORE_LOOK_AT_TAIL
	FENCE(consumer_stores);
#endif
	look_at_tail()
#endif
}

inline read_record()
{
	d_step {
		record = memory[DATA + PLACE(position)];
		span = (SPAN_OF(record) == PADDING -> CAPACITY - PLACE(position) : SPAN_OF(record));
		assert(record != 0 && position + span <= tail && PLACE(position) + span <= CAPACITY);
		assert(position <= read_up_to);
		assert(position == read_up_to || consumer_deaths > 0)
	}
#ifdef BUG_RELEASE_BEFORE_READ
	d_step { position = position + span }
	release();
	ring_producer_if_asked();
	assert(memory[DATA + PLACE(position - span)] == record);
#else
	d_step {
		assert(memory[DATA + PLACE(position)] == record && published[position] == record);
		position = position + span
	}
#endif
	d_step {
		if
		:: SPAN_OF(record) != PADDING ->
			records++;
			/* Each death loses a batch at most. */
			assert(last_frame == 0 || FRAME_OF(record) > last_frame &&
			       FRAME_OF(record) <= last_frame + 1 + BATCH * producer_deaths);
			last_frame = FRAME_OF(record)
		:: else
		fi;
		read_up_to = (position > read_up_to -> position : read_up_to);
		record = 0;
		span = 0
	}
}

active proctype consumer()
{
	byte tail, position, released, looked, span, records, last_frame;
	short record;

start:
	{
		d_step {
#ifdef BUG_RESTART_FROM_TAIL
			released = memory[TAIL];
#else
			released = memory[HEAD];
#endif
			position = released;
			tail = released;
			looked = released
		}
#ifndef BUG_CONSUMER_OPENS_WITHOUT_RING
		bell_of_producer = true;
#endif
		do
		:: position == tail ->
			look_at_tail();
			if
			:: position == tail ->
				if
				:: position != released -> release(); records = 0; ring_producer_if_asked()
				:: else
				fi;
				ask_for_wake();
				if
				:: position == tail ->
					if
					:: atomic { bell_of_consumer -> bell_of_consumer = false }
					/* The end of a run: all was read, and nothing will come any more. */
					:: atomic {
						producer_done && DRAINED(producer_stores) && memory[TAIL] == position ->
						break
					}
					fi
				:: else
				fi
			:: else
			fi
		:: position != tail && records < BATCH -> read_record()
		:: records > 0 ->
			if
			:: position != released -> release()
			:: else
			fi;
			records = 0;
			ring_producer_if_asked()
		od
	} unless {
		atomic {
			kill_consumer -> kill_consumer = false;
			/* What the successor reads again. */
			assert(records <= BATCH);
			tail = 0; position = 0; released = 0; looked = 0; span = 0; records = 0; record = 0; last_frame = 0
		}
		DRAINED(consumer_stores);
		goto start
	}
}

active proctype machine()
{
	byte word;
	short value;

end:
	do
	MEMORY_MOVES
	:: atomic { producer_deaths < PRODUCER_DEATHS && !kill_producer && !producer_done ->
		producer_deaths++; kill_producer = true }
	:: atomic { consumer_deaths < CONSUMER_DEATHS && !kill_consumer -> consumer_deaths++; kill_consumer = true }
	od
}
