/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tso.pml - the memory of a machine with total store order, as x86 has it: what a processor stores waits in a queue of
 * its own and reaches the memory later, in order; loads go past it to the memory. (Sewell, Sarkar, Owens, Zappa Nardelli,
 * Myreen: "x86-TSO: a rigorous and usable programmer's model for x86 multiprocessors", 2010.)
 *
 * A word is stored by one side alone, and no side loads its own words except when it starts, so nothing is forwarded
 * from the queue to loads. A queue that is full makes its processor wait. A process that dies leaves its queue to the
 * processor, which empties it before anybody else runs there: who starts again waits for DRAINED.
 *
 * Who includes this defines WORDS.
 */

#ifndef STORES
#define STORES 4 /* in one queue */
#endif

short memory[WORDS];

chan producer_stores = [STORES] of { byte, short };
chan consumer_stores = [STORES] of { byte, short };

#define STORE(queue, word, value) queue ! word, value

/* Loads are atomic, so one is the plain memory[word]. */

#define DRAINED(queue) empty(queue)

/* A full fence: goes on once all earlier stores can be seen. */
#define FENCE(queue) DRAINED(queue)

/* Alternatives for the loop of the process that stands for the machine. */
#define MEMORY_MOVES \
	:: atomic { producer_stores ? word, value -> memory[word] = value; word = 0; value = 0 } \
	:: atomic { consumer_stores ? word, value -> memory[word] = value; word = 0; value = 0 }
