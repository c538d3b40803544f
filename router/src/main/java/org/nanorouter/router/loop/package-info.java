// SPDX-License-Identifier: Apache-2.0
/**
 * The data loop: one thread on Netty's epoll loop, which waits for all descriptors and runs the engine.
 *
 * <p>{@link org.nanorouter.router.loop.DataLoop} is the only class of the data path that knows Netty. It joins
 * foreign descriptors (TAPs, doorbells, sockets) to Netty's own epoll instance through the public {@code
 * EpollIoHandle}, so that one thread sleeps in one system call for all of them. {@link
 * org.nanorouter.router.loop.EngineLoop} ties an engine to it.
 *
 * <p>Every descriptor is watched <em>edge-triggered</em>. A doorbell then need never be read, which saves a system
 * call per wake; and a port that is held back need not be taken out of the epoll set and put back, which would be
 * two. The price is a rule: what is readable stays forgotten until something new arrives, so the engine remembers
 * which port may still have something, and asks each until it says that it has nothing.
 *
 * <p>What is waited on at a doorbell is not its eventfd but an epoll descriptor that holds it (docs/abi.md), so that
 * no peer can fill or clear it. An eventfd that nobody reads would stop ringing when its count reaches 2^64 - 2; at a
 * billion rings a second that takes 584 years.
 *
 * <p>The thread is one of {@code SCHED_BATCH}: it does not preempt whoever wakes it. A program that sends, or the
 * kernel's stack in the midst of a burst, thus goes on for a while, and the loop finds more to do at once. On a machine
 * of two processors it keeps to the second, as the agents do.
 *
 * <p>Traps of Netty 4.2 that this package keeps off: an exception that escapes a handler would stop the loop for a
 * second; a registration waits for its first {@code submit}; the handler is given an inner registration that is not
 * the one to cancel; a descriptor is cancelled before it is closed; masks are made once, since uncached ones
 * allocate.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.loop;
