/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch.pml - a peer's next epoch (docs/abi.md 3.2): OS R runs in epoch 1, ends at any moment, and runs again in epoch 2
 * with a new region and new doorbells, all zero. OS S lives on, with what it has for epoch 1 in its region, is told at
 * some moment, and joins. Meanwhile the endpoint of either may die between any two of its steps and start again in its
 * epoch.
 *
 * One ring is modelled: from S to R, or with -DSURVIVOR_CONSUMES from R to S. The other side of each block is there
 * as words that have to be zeroed.
 *
 * Claims: nothing of epoch 1 is delivered in epoch 2, and nothing twice but what a dead consumer's successor repeats;
 * no honest side is quarantined; no wakeup is lost: what is published in epoch 2 is read, or sides stay that can go on.
 *
 * -DBUG_... puts one mistake in; the list is in seeded-bugs.
 */

#ifndef DEATHS
#define DEATHS 1 /* of each side's endpoint, its OS living on */
#endif

#define CAPACITY 2
#define QUARTER  1
#ifndef OLD_RECORDS
#define OLD_RECORDS 2 /* published in epoch 1 at most */
#endif
#define RECORDS     3 /* published in epoch 2 at most */

/* Regions: of S; of R in epoch 1 and in epoch 2. Each has one cursor block and one ring. */
#define S 0
#define R(epoch) (epoch)

#define TAIL          0
#define SPACE_WAKE_AT 1
#define HEAD          2
#define WAKE_AT       3
#define PEER_EPOCH    4
#define DATA          5
#define REGION        (DATA + CAPACITY)
#define WORDS         (3 * REGION)
#define WORD(region, word) ((region) * REGION + (word))

#define EPOCH_OF_S 3 /* no epoch of R */

#include "tso.pml"

#define RECORD(epoch, number) ((epoch) * 8 + (number) + 1)

#define PASSED(wanted, from, to) ((from) <= (wanted) && (wanted) < (to))

/* By R's epoch, as a new one has new ones. */
bool bell_of_producer[3], bell_of_consumer[3];

byte epoch = 1;  /* of R, as the nanokernel has it */
byte told = 1;   /* the epoch of the last PEER message to S */
bool kill_producer, kill_consumer;
byte producer_deaths, consumer_deaths;
bool producer_done;

/* What the claims are checked against. */
byte number_sent;        /* in epoch 2 */
byte number_read;        /* behind the newest one read in epoch 2 */

/* Makes the own block hold for `peer_epoch`. The own words that later steps start from are then known to be zero. */
inline join(queue, region, peer_epoch)
{
	if
	:: memory[WORD(region, PEER_EPOCH)] == peer_epoch -> fresh = false
	:: else ->
		fresh = true;
#ifdef BUG_PEER_EPOCH_BEFORE_ZEROES
		STORE(queue, WORD(region, PEER_EPOCH), peer_epoch);
#endif
#ifndef BUG_WORDS_NOT_ZEROED
		STORE(queue, WORD(region, TAIL), 0);
		STORE(queue, WORD(region, SPACE_WAKE_AT), 0);
		STORE(queue, WORD(region, HEAD), 0);
		STORE(queue, WORD(region, WAKE_AT), 0);
#endif
#ifndef BUG_PEER_EPOCH_BEFORE_ZEROES
		STORE(queue, WORD(region, PEER_EPOCH), peer_epoch);
#endif
	fi
}

/* A word of the peer, or 0 as long as the peer has not joined. */
inline load_from_peer(region, word, own_epoch)
{
#ifdef BUG_WORDS_TAKEN_BEFORE_JOINED
	joined = true;
#else
	if
	:: joined
	:: else -> joined = (memory[WORD(region, PEER_EPOCH)] == own_epoch)
	fi;
#endif
	loaded = (joined -> memory[WORD(region, word)] : 0)
}

#ifdef SURVIVOR_CONSUMES
#define PRODUCER_REGION R(life)
#define CONSUMER_REGION S
#define PRODUCER_EPOCH  life
#define CONSUMER_EPOCH  EPOCH_OF_S
#define PRODUCER_MUST_MOVE (epoch != life)
#define CONSUMER_MUST_MOVE (told != life)
#else
#define PRODUCER_REGION S
#define CONSUMER_REGION R(life)
#define PRODUCER_EPOCH  EPOCH_OF_S
#define CONSUMER_EPOCH  life
#define PRODUCER_MUST_MOVE (told != life)
#define CONSUMER_MUST_MOVE (epoch != life)
#endif
/* What the own block is to hold for, and what the peer's has to name. */
#ifdef SURVIVOR_CONSUMES
#define PEER_OF_PRODUCER EPOCH_OF_S
#define PEER_OF_CONSUMER life
#else
#define PEER_OF_PRODUCER life
#define PEER_OF_CONSUMER EPOCH_OF_S
#endif

inline look_at_head()
{
	load_from_peer(CONSUMER_REGION, HEAD, PRODUCER_EPOCH);
	d_step {
		assert(loaded >= head && loaded <= tail);
		head = loaded;
		loaded = 0
	}
}

inline publish()
{
	STORE(producer_stores, WORD(PRODUCER_REGION, DATA) + tail % CAPACITY, RECORD(life, tail));
	atomic {
		nfull(producer_stores) ->
		producer_stores ! WORD(PRODUCER_REGION, TAIL), tail + 1;
		tail++;
		number_sent = (life == 2 -> tail : 0)
	}
	FENCE(producer_stores);
	load_from_peer(CONSUMER_REGION, WAKE_AT, PRODUCER_EPOCH);
	d_step {
		bell_of_consumer[life] = bell_of_consumer[life] || PASSED(loaded, tail - 1, tail);
		loaded = 0
	}
}

inline wait_for_space()
{
	wanted = head + QUARTER;
	STORE(producer_stores, WORD(PRODUCER_REGION, SPACE_WAKE_AT), wanted);
	FENCE(producer_stores);
	look_at_head();
	if
	:: head <= wanted ->
		if
		:: atomic { bell_of_producer[life] -> bell_of_producer[life] = false }
		:: PRODUCER_MUST_MOVE
		fi
	:: head > wanted - QUARTER
	fi;
	wanted = 0
}

active proctype producer()
{
	byte life, tail, head, wanted, loaded;
	bool joined, fresh;

	life = 1;
start:
	{
		do
		:: true ->
			/* Opens the channel. */
			join(producer_stores, PRODUCER_REGION, PEER_OF_PRODUCER);
			d_step {
				tail = (fresh -> 0 : memory[WORD(PRODUCER_REGION, TAIL)]);
				head = (tail > CAPACITY -> tail - CAPACITY : 0);
				joined = false
			}
#ifndef BUG_PRODUCER_OPENS_WITHOUT_RING
			bell_of_consumer[life] = true;
#endif
			do
			:: PRODUCER_MUST_MOVE -> break
			:: !PRODUCER_MUST_MOVE && tail < (life == 1 -> OLD_RECORDS : RECORDS) ->
				if
				:: tail - head == CAPACITY -> look_at_head()
				:: else
				fi;
				if
				:: tail - head == CAPACITY -> wait_for_space()
				:: else -> publish()
				fi
			:: life == 2 && !PRODUCER_MUST_MOVE -> producer_done = true; goto done
			:: life == 1 && !PRODUCER_MUST_MOVE && tail == OLD_RECORDS -> PRODUCER_MUST_MOVE -> break
			od;
			atomic { life++; tail = 0; head = 0; joined = false }
		od;
done:		skip
	} unless {
		atomic {
			kill_producer -> kill_producer = false;
			tail = 0; head = 0; wanted = 0; loaded = 0; joined = false; fresh = false
		}
		DRAINED(producer_stores);
		/* Attaches anew, and is told of what lives now. */
#ifdef SURVIVOR_CONSUMES
		life = epoch;
#else
		life = told;
#endif
		goto start
	}
}

inline look_at_tail()
{
	load_from_peer(PRODUCER_REGION, TAIL, CONSUMER_EPOCH);
	d_step {
		assert(loaded >= tail && loaded - position <= CAPACITY);
		tail = loaded;
		loaded = 0
	}
}

inline consume()
{
	d_step {
		assert(memory[WORD(PRODUCER_REGION, DATA) + position % CAPACITY] == RECORD(life, position));
		assert(life == 1 || position == number_read || position < number_read && consumer_deaths > 0);
		position++;
		number_read = (life == 2 && position > number_read -> position : number_read)
	}
	STORE(consumer_stores, WORD(CONSUMER_REGION, HEAD), position);
	FENCE(consumer_stores);
	load_from_peer(PRODUCER_REGION, SPACE_WAKE_AT, CONSUMER_EPOCH);
	d_step {
		bell_of_producer[life] = bell_of_producer[life] || PASSED(loaded, position - 1, position);
		loaded = 0
	}
}

active proctype consumer()
{
	byte life, tail, position, loaded;
	bool joined, fresh;

	life = 1;
start:
	{
		do
		:: true ->
			join(consumer_stores, CONSUMER_REGION, PEER_OF_CONSUMER);
			d_step {
				position = (fresh -> 0 : memory[WORD(CONSUMER_REGION, HEAD)]);
				tail = position;
				joined = false
			}
			bell_of_producer[life] = true;
			do
			:: CONSUMER_MUST_MOVE -> break
			:: !CONSUMER_MUST_MOVE && position != tail -> consume()
			:: !CONSUMER_MUST_MOVE && position == tail ->
				look_at_tail();
				if
				:: position == tail ->
					STORE(consumer_stores, WORD(CONSUMER_REGION, WAKE_AT), position);
					FENCE(consumer_stores);
					look_at_tail();
					if
					:: position == tail ->
						if
						:: atomic { bell_of_consumer[life] -> bell_of_consumer[life] = false }
						:: CONSUMER_MUST_MOVE
						:: atomic {
							producer_done && life == 2 && number_sent == position -> goto done
						}
						fi
					:: else
					fi
				:: else
				fi
			od;
			atomic { life++; tail = 0; position = 0; joined = false }
		od;
done:		skip
	} unless {
		atomic {
			kill_consumer -> kill_consumer = false;
			tail = 0; position = 0; loaded = 0; joined = false; fresh = false
		}
		DRAINED(consumer_stores);
#ifdef SURVIVOR_CONSUMES
		life = told;
#else
		life = epoch;
#endif
		goto start
	}
}

/* The machine and the nanokernel. */
active proctype machine()
{
	byte word;
	short value;

end:
	do
	MEMORY_MOVES
	/* R ends with its process, wherever that is; its successor begins once the stores of the old one are done. */
	:: atomic { epoch == 1 -> epoch = 2;
#ifdef SURVIVOR_CONSUMES
		kill_producer = true }
#else
		kill_consumer = true }
#endif
	:: atomic { told != epoch -> told = epoch }
	:: atomic { producer_deaths < DEATHS && !kill_producer && !producer_done ->
		producer_deaths++; kill_producer = true }
	:: atomic { consumer_deaths < DEATHS && !kill_consumer -> consumer_deaths++; kill_consumer = true }
	od
}
