// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.chaos.Kernel.Event;

/** Follows the nanokernel's events on a thread of its own. */
final class EventWatch implements AutoCloseable {
    /** An event has its own time, so a late look at it costs no accuracy. */
    private static final long PERIOD_MS = 20;

    private final Kernel kernel;
    private final List<Event> events = new ArrayList<>();
    private @Nullable String failure;
    private boolean closed;

    EventWatch(Kernel kernel, long since) {
        this.kernel = kernel;
        Thread thread = new Thread(() -> follow(since), "events");
        thread.setDaemon(true);
        thread.start();
    }

    private void follow(long since) {
        long last = since;
        while (awaitNextLook()) {
            try {
                List<Event> fresh = kernel.events(last);
                last = fresh.isEmpty() ? last : fresh.get(fresh.size() - 1).sequence();
                add(fresh, null);
            } catch (IOException | ControlException e) {
                add(List.of(), "the nanokernel does not answer: " + e.getMessage());
                return;
            }
        }
    }

    /** False once it is closed. */
    private synchronized boolean awaitNextLook() {
        try {
            wait(PERIOD_MS);
        } catch (InterruptedException e) {
            closed = true;
        }
        return !closed;
    }

    private synchronized void add(List<Event> fresh, @Nullable String reason) {
        events.addAll(fresh);
        failure = reason;
        notifyAll();
    }

    /** How many there are by now: a place from which on to look. */
    synchronized int size() {
        return events.size();
    }

    synchronized List<Event> from(int place) {
        return List.copyOf(events.subList(place, events.size()));
    }

    /**
     * Waits for an event at or behind a place.
     *
     * @return null if none came in time
     */
    synchronized @Nullable Event await(int place, long timeoutMs, Predicate<Event> wanted)
        throws InterruptedException, IOException {
        long deadline = System.nanoTime() + timeoutMs * 1_000_000;
        int looked = place;
        while (true) {
            for (; looked < events.size(); looked++) {
                if (wanted.test(events.get(looked))) {
                    return events.get(looked);
                }
            }
            long leftMs = (deadline - System.nanoTime()) / 1_000_000;
            if (failure != null) {
                throw new IOException(failure);
            } else if (leftMs <= 0) {
                return null;
            }
            wait(leftMs);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
