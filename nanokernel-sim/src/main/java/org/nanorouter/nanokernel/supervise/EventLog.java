// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsState;

/** The last events of all OSes, in the order in which they happened. One thread uses it. */
public final class EventLog {
    /** Events that are kept. */
    public static final int CAPACITY = 4_096;

    private final Deque<OsEvent> events = new ArrayDeque<>();
    private long last;

    /** Keeps an event; it takes the place of the oldest if there are too many. */
    OsEvent add(long now, String os, int epoch, @Nullable OsState from, @Nullable OsState to, String reason) {
        OsEvent event = new OsEvent(++last, now, os, epoch, from, to, reason);
        if (events.size() == CAPACITY) {
            events.removeFirst();
        }
        events.addLast(event);
        return event;
    }

    /** Sequence of the newest event, 0 if there was none. */
    public long last() {
        return last;
    }

    /** Those after a sequence number; fewer if older ones are no longer kept, which a gap in the numbers shows. */
    public List<OsEvent> since(long sequence) {
        List<OsEvent> found = new ArrayList<>();
        Iterator<OsEvent> newestFirst = events.descendingIterator();
        while (newestFirst.hasNext()) {
            OsEvent event = newestFirst.next();
            if (event.sequence() <= sequence) {
                break;
            }
            found.add(event);
        }
        Collections.reverse(found);
        return found;
    }

    /** Those of one OS. */
    public List<OsEvent> of(String os) {
        return events.stream().filter(event -> event.os().equals(os)).toList();
    }
}
