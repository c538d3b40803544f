/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.pml - one side of a ring against a peer that writes anything at any moment (docs/abi.md 4.2): each load from
 * the peer's memory gives any value at all, another one each time.
 *
 * Cursors count modulo MODULUS, which stands for 2^64, and begin anywhere, so that all cases of their arithmetic occur.
 * Without a macro the honest side consumes; with -DHONEST_PRODUCES it produces.
 *
 * Claims: every byte that is read lies between head and tail and inside the ring; every byte that is written lies in
 * room that the consumer gave back; the cursors keep head <= tail <= head + capacity; a poll ends after a bounded number
 * of steps; after the first lie nothing is loaded any more; the checks as C and as Java write them accept the same
 * values.
 *
 * -DBUG_... puts one mistake in; the list is in seeded-bugs.
 */

#define MODULUS  32
#define HALF     16
#define CAPACITY 8
#define ALIGNMENT 2
#define MAX_SPAN 4
#define PADDINGS_PER_POLL 2

#define SUM(a, b)        (((a) + (b)) % MODULUS)
#define DIFFERENCE(a, b) (((a) + MODULUS - (b)) % MODULUS)
#define NEGATIVE(a)      ((a) >= HALF)
#define PLACE(position)  ((position) % CAPACITY)

#define PADDING  0
#define ETHERNET 1
#define UNKNOWN  2

/* What a load from the peer's memory gives. */
inline any(variable, from, to)
{
	select(variable : from .. to);
	/* The loop that this is ends here: a d_step cannot be jumped into. */
	skip
}

#ifndef HONEST_PRODUCES

inline look_at_tail()
{
	any(loaded, 0, MODULUS - 1);
	d_step {
		assert(!quarantined);
		accepted = loaded % ALIGNMENT == 0 && DIFFERENCE(loaded, released) <= CAPACITY &&
			   DIFFERENCE(loaded, released) >= DIFFERENCE(tail, released);
		assert(accepted == (loaded % ALIGNMENT == 0 && !NEGATIVE(DIFFERENCE(loaded, tail)) &&
				    DIFFERENCE(loaded, released) <= CAPACITY));
#ifdef BUG_TAIL_WITHOUT_BOUND
		accepted = loaded % ALIGNMENT == 0;
#endif
		if
		:: accepted -> tail = loaded
		:: else -> quarantined = true
		fi;
		loaded = 0; accepted = false
	}
}

/* The word with length and type, once. */
inline load_extent()
{
	any(loaded, 0, MODULUS - 1);
	any(type, PADDING, UNKNOWN);
	d_step { span = loaded; loaded = 0 }
}

inline read_record()
{
#ifdef BUG_LENGTH_LOADED_TWICE
	any(loaded, 0, MODULUS - 1);
	d_step { span = loaded; loaded = 0 };
#endif
	d_step {
		assert(!quarantined);
		assert(span <= DIFFERENCE(tail, position) && PLACE(position) + span <= CAPACITY);
		assert(DIFFERENCE(position, released) + span <= CAPACITY)
	}
}

active proctype consumer()
{
	byte tail, position, released, loaded, span, type, skipped;
	bool quarantined, accepted;

	any(released, 0, MODULUS / ALIGNMENT - 1);
	d_step { released = released * ALIGNMENT; position = released; tail = released };
	do
	:: !quarantined ->
		/* A poll. */
		skipped = 0;
		do
		:: quarantined -> break
#ifdef BUG_PADDING_WITHOUT_BOUND
		:: !quarantined ->
#else
		:: !quarantined && skipped == PADDINGS_PER_POLL -> break
		:: !quarantined && skipped < PADDINGS_PER_POLL ->
#endif
			assert(skipped < PADDINGS_PER_POLL);
			if
			:: tail == position -> look_at_tail()
			:: else
			fi;
			if
			:: quarantined || tail == position -> break
			:: else
			fi;
			load_extent();
			d_step {
				if
				:: type == UNKNOWN -> quarantined = true
				:: type == PADDING && (span == 0 || span % ALIGNMENT != 0) -> quarantined = true
				:: type == ETHERNET && (span == 0 || span > MAX_SPAN) -> quarantined = true
				:: else ->
					/* The span of a record is rounded up. */
					span = (span + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
					if
#ifndef BUG_SPAN_BEYOND_TAIL
					:: span > DIFFERENCE(tail, position) -> quarantined = true
#endif
#ifndef BUG_SPAN_BEYOND_RING_END
					:: span > CAPACITY - PLACE(position) -> quarantined = true
#endif
					:: else
					fi
				fi
			}
			if
			:: quarantined -> break
			:: else
			fi;
			if
			:: type == PADDING -> d_step { position = SUM(position, span); skipped++; span = 0 }
			:: else ->
				read_record();
				d_step { position = SUM(position, span); span = 0; type = 0 };
				break
			fi
		od;
		span = 0;
		d_step { type = 0; skipped = 0 };
		assert(quarantined || DIFFERENCE(tail, released) <= CAPACITY);
		assert(quarantined || DIFFERENCE(position, released) <= DIFFERENCE(tail, released));
		if
		:: !quarantined -> released = position
		:: true
		fi
	:: true -> break
	od
}

#else

inline look_at_head()
{
	any(loaded, 0, MODULUS - 1);
	d_step {
		assert(!quarantined);
		accepted = loaded % ALIGNMENT == 0 && DIFFERENCE(tail, loaded) <= CAPACITY &&
			   DIFFERENCE(tail, loaded) <= DIFFERENCE(tail, head);
		assert(accepted == (loaded % ALIGNMENT == 0 && DIFFERENCE(loaded, head) <= DIFFERENCE(tail, head)));
#ifdef BUG_HEAD_MAY_GO_BACK
		accepted = loaded % ALIGNMENT == 0 && DIFFERENCE(tail, loaded) <= CAPACITY;
#endif
#ifdef BUG_HEAD_WITHOUT_BOUND
		accepted = loaded % ALIGNMENT == 0;
#endif
		if
		:: accepted ->
			assert(DIFFERENCE(loaded, head) <= CAPACITY);
			head = loaded
		:: else -> quarantined = true
		fi;
		loaded = 0; accepted = false
	}
}

active proctype producer()
{
	byte tail, head, loaded, span, padding;
	bool quarantined, accepted;

	any(head, 0, MODULUS / ALIGNMENT - 1);
	/* What is in the ring when a producer starts. */
	any(span, 0, CAPACITY / ALIGNMENT);
	d_step { head = head * ALIGNMENT; tail = SUM(head, span * ALIGNMENT); span = 0 };
	do
	:: !quarantined ->
		any(span, 1, MAX_SPAN / ALIGNMENT);
		d_step {
			span = span * ALIGNMENT;
			padding = (PLACE(tail) + span > CAPACITY -> CAPACITY - PLACE(tail) : 0)
		}
		if
		:: DIFFERENCE(tail, head) + padding + span > CAPACITY -> look_at_head()
		:: else
		fi;
		if
		:: !quarantined && DIFFERENCE(tail, head) + padding + span <= CAPACITY ->
			d_step {
				assert(PLACE(SUM(tail, padding)) + span <= CAPACITY);
				tail = SUM(tail, padding + span);
				assert(DIFFERENCE(tail, head) <= CAPACITY)
			}
		:: else
		fi;
		d_step { span = 0; padding = 0 }
	:: true -> break
	od
}

#endif
