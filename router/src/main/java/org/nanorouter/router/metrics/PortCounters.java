// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The counters of one port: written by the data loop alone, readable by anyone. */
public final class PortCounters {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int DROPS = PortCounter.values().length;

    /** {@link #port} of counters that are no port's of an engine. */
    public static final int NO_PORT = -1;

    private final long[] cells = new long[DROPS + Drop.count()];
    private int port = NO_PORT;

    /** The port whose counters these are has got this index in the engine. */
    public void belongTo(int index) {
        port = index;
    }

    /** Index in the engine of the port whose counters these are, or {@link #NO_PORT}. */
    public int port() {
        return port;
    }

    /** Adds to a counter; data loop only. */
    public void add(PortCounter counter, long amount) {
        addAt(counter.ordinal(), amount);
    }

    /** Counts dropped frames; data loop only. */
    public void add(Drop reason, long frames) {
        addAt(DROPS + reason.ordinal(), frames);
    }

    public long get(PortCounter counter) {
        return (long) CELL.getOpaque(cells, counter.ordinal());
    }

    public long get(Drop reason) {
        return (long) CELL.getOpaque(cells, DROPS + reason.ordinal());
    }

    /** Frames that came in and went nowhere, over all reasons. */
    public long drops() {
        long sum = 0;
        for (int i = DROPS; i < cells.length; i++) {
            sum += (long) CELL.getOpaque(cells, i);
        }
        return sum;
    }

    /** Adds all counters of another port to this one; data loop only. */
    public void addAll(PortCounters other) {
        for (int i = 0; i < cells.length; i++) {
            addAt(i, (long) CELL.getOpaque(other.cells, i));
        }
    }

    private void addAt(int index, long amount) {
        // Opaque, not plain: the compiler may neither split the store nor keep it back for ever. One writer needs no
        // more.
        CELL.setOpaque(cells, index, cells[index] + amount);
    }
}
