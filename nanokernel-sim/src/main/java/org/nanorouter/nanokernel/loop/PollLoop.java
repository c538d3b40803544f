// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.loop;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.ShimException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for descriptors and times, and calls who asked for them. Only {@link #execute} is for other threads. */
public final class PollLoop implements Executor, AutoCloseable {
    /** Told when a descriptor is readable, hung up or broken. Level-triggered: called again until that is over. */
    @FunctionalInterface
    public interface Handler {
        /** Reads some of what is there; a little at a time keeps the loop fair. */
        void ready();
    }

    /** A call that waits for its time. */
    public static final class Timer implements Comparable<Timer> {
        private final long at;
        private final long sequence;
        private @Nullable Runnable action;

        private Timer(long at, long sequence, Runnable action) {
            this.at = at;
            this.sequence = sequence;
            this.action = action;
        }

        /** Makes the call not happen; nothing if it did. */
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Timer other) {
            // Differences, since the clock may wrap.
            int order = Long.signum(at - other.at);
            return order != 0 ? order : Long.compare(sequence, other.sequence);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(PollLoop.class);
    private static final long NS_PER_MS = 1_000_000;
    private static final int FIRST_CAPACITY = 16;

    private final Map<Integer, Handler> handlers = new LinkedHashMap<>();
    private final Set<Integer> endsOnly = new HashSet<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final LongSupplier clock;
    private final int wakeFd;
    private NativeBuffer memory = NativeBuffer.allocate(FIRST_CAPACITY * Poll.ENTRY_LENGTH);
    private ByteBuffer entries = memory.buffer();
    private Handler[] polled = new Handler[0];
    private boolean changed = true;
    private boolean stopped;
    private boolean closed;
    private long timerSequence;

    public PollLoop() throws ShimException {
        this(System::nanoTime);
    }

    /**
     * A loop with a clock of its own, for tests.
     *
     * @param clock {@link #nanoTime}; how long {@link #run} sleeps is not measured by it
     */
    public PollLoop(LongSupplier clock) throws ShimException {
        this.clock = clock;
        this.wakeFd = Errno.check(EventFd.create(), "make the loop's wakeup");
        handlers.put(wakeFd, () -> EventFd.drain(wakeFd));
    }

    /** Calls the handler whenever the descriptor is readable; the descriptor stays the caller's. */
    public void add(int fd, Handler handler) {
        if (handlers.putIfAbsent(fd, handler) != null) {
            throw new IllegalStateException("fd=" + fd + " has a handler already");
        }
        changed = true;
    }

    /**
     * Calls the handler when the other end of a pipe or socket is closed; what comes before that is left alone, so that
     * the descriptor may be shared with other processes.
     */
    public void addForEnd(int fd, Handler handler) {
        add(fd, handler);
        endsOnly.add(fd);
    }

    /** Forgets a descriptor; to be called before it is closed. */
    public void remove(int fd) {
        endsOnly.remove(fd);
        changed |= handlers.remove(fd) != null;
    }

    /** The time by which timers run, {@link System#nanoTime} unless the loop was given another clock. */
    public long nanoTime() {
        return clock.getAsLong();
    }

    /** Calls the action on the loop's thread when the time has passed. */
    public Timer schedule(long delayNs, Runnable action) {
        Timer timer = new Timer(nanoTime() + delayNs, timerSequence++, action);
        timers.add(timer);
        return timer;
    }

    /** Runs the task on the loop's thread soon, or never if the loop is closed; for every thread. */
    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            // Once closed, the number of the descriptor may mean another one.
            if (!closed) {
                tasks.add(task);
                EventFd.ring(wakeFd);
            }
        }
    }

    /** Runs until {@link #stop}. */
    public void run() {
        while (!stopped) {
            turn(tasks.isEmpty() ? timeoutMs() : 0);
        }
    }

    /** Lets {@link #run} return after this turn. */
    public void stop() {
        stopped = true;
    }

    /** One turn: waits at most so long (-1: for ever), then calls everything that is due. */
    public void turn(int timeoutMs) {
        layOut();
        int ready = Poll.poll(memory.address(), polled.length, timeoutMs);
        if (ready > 0) {
            dispatch();
        } else if (ready < 0 && ready != -Errno.EINTR) {
            throw new IllegalStateException("poll: " + Errno.describe(ready));
        }
        runTasks();
        runTimers();
    }

    private void layOut() {
        if (!changed) {
            return;
        }
        changed = false;
        polled = handlers.values().toArray(new Handler[0]);
        if (entries.capacity() < polled.length * Poll.ENTRY_LENGTH) {
            memory.close();
            memory = NativeBuffer.allocate(2L * polled.length * Poll.ENTRY_LENGTH);
            entries = memory.buffer();
        }
        int at = 0;
        for (int fd : handlers.keySet()) {
            entries.putInt(at + Poll.FD_OFFSET, fd);
            entries.putShort(at + Poll.EVENTS_OFFSET, endsOnly.contains(fd) ? Poll.READ_HUP : Poll.IN);
            at += Poll.ENTRY_LENGTH;
        }
    }

    private void dispatch() {
        for (int i = 0; i < polled.length; i++) {
            int at = i * Poll.ENTRY_LENGTH;
            int fd = entries.getInt(at + Poll.FD_OFFSET);
            // A handler before this one may have removed the descriptor, and its number may mean another one by now.
            if (entries.getShort(at + Poll.RETURNED_EVENTS_OFFSET) != 0 && handlers.get(fd) == polled[i]) {
                try {
                    polled[i].ready();
                } catch (RuntimeException e) {
                    LOG.error("the handler of descriptor {} failed, it is not called again", fd, e);
                    remove(fd);
                }
            }
        }
    }

    private void runTasks() {
        // Those that tasks add wait for the next turn.
        for (int left = tasks.size(); left > 0; left--) {
            guarded(tasks.remove());
        }
    }

    private void runTimers() {
        long now = nanoTime();
        for (Timer next = timers.peek(); next != null && next.at - now <= 0; next = timers.peek()) {
            timers.remove();
            if (next.action != null) {
                guarded(next.action);
            }
        }
    }

    private static void guarded(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.error("a task of the loop failed", e);
        }
    }

    private int timeoutMs() {
        Timer next = timers.peek();
        if (next == null) {
            return -1;
        }
        long left = next.at - nanoTime();
        return left <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, (left + NS_PER_MS - 1) / NS_PER_MS);
    }

    /** Frees what the loop made itself; descriptors that were added stay open. */
    @Override
    public void close() {
        stopped = true;
        handlers.clear();
        synchronized (tasks) {
            closed = true;
            Fd.close(wakeFd);
        }
        memory.close();
    }
}
