// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.Tap;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The standby's side: a thread that holds a connection to whoever leads, and duplicates of the leader's TAPs. While
 * nobody listens it tries again every 20 ms, which is between a leader's death and the next one's first second.
 *
 * <p>{@link #hangUp} ends the thread; then {@link #take} hands the TAPs out, on whatever thread, and {@link #close}
 * closes the rest.
 */
public final class LeaderLine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderLine.class);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int POLL_MS = 1_000;

    private final Path path;
    private final Thread thread = new Thread(this::run, "leader-line");
    private final Map<String, Integer> taps = new LinkedHashMap<>();
    private volatile boolean hungUp;

    private LeaderLine(Path path) {
        this.path = path;
    }

    /** A line that was never connected: there is nothing to take over. */
    public static LeaderLine none() {
        return new LeaderLine(Path.of(""));
    }

    /** Starts the thread. */
    public static LeaderLine open(Path controlSocket) {
        LeaderLine line = new LeaderLine(StandbyDoor.beside(controlSocket));
        line.thread.setDaemon(true);
        line.thread.start();
        return line;
    }

    /** Whether its router stood by, rather than led from its start. */
    public boolean isOfStandby() {
        return thread.getState() != Thread.State.NEW;
    }

    private void run() {
        try (StandbyMessage message = new StandbyMessage();
                NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            while (!hungUp) {
                int socket = UnixSocket.connectSeqPacket(path.toString());
                if (socket >= 0) {
                    String pid = Long.toString(ProcessHandle.current().pid());
                    if (message.send(socket, StandbyMessage.HELLO, pid, StandbyMessage.NO_DESCRIPTOR)) {
                        listen(socket, message, entry);
                    }
                    Fd.close(socket);
                }
                if (!hungUp) {
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
        }
    }

    /** Until the leader is gone. What it had given stays: the next one has the same, or says otherwise. */
    private void listen(int socket, StandbyMessage message, NativeBuffer entry) {
        ByteBuffer memory = entry.buffer();
        Set<String> told = new HashSet<>();
        while (true) {
            char type = message.receive(socket);
            switch (type) {
                case StandbyMessage.TAP -> {
                    told.add(message.text());
                    put(message.text(), message.descriptor());
                }
                case StandbyMessage.GONE -> forget(message.text());
                case StandbyMessage.ALL -> forgetAllBut(told);
                case StandbyMessage.NOTHING -> {
                    if (hungUp) {
                        return;
                    }
                    memory.putInt(Poll.FD_OFFSET, socket).putShort(Poll.EVENTS_OFFSET, Poll.IN);
                    Poll.poll(entry.address(), 1, POLL_MS);
                }
                default -> {
                    return;
                }
            }
        }
    }

    private synchronized void put(String port, int descriptor) {
        forget(port);
        if (descriptor != StandbyMessage.NO_DESCRIPTOR) {
            taps.put(port, descriptor);
        }
    }

    private synchronized void forgetAllBut(Set<String> told) {
        List.copyOf(taps.keySet()).stream().filter(port -> !told.contains(port)).forEach(this::forget);
    }

    private synchronized void forget(String port) {
        Integer descriptor = taps.remove(port);
        if (descriptor != null) {
            Fd.close(descriptor);
        }
    }

    /** Ends the thread; after the leader has died, that takes no time. */
    public void hangUp() throws InterruptedException {
        hungUp = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    /**
     * The duplicate of a port's TAP, which is the caller's from now on.
     *
     * @return a descriptor, or -1 if there is none of a TAP with this device name
     */
    public synchronized int take(String port, String device) {
        Integer descriptor = taps.get(port);
        try {
            if (descriptor == null || !Tap.name(descriptor).equals(device)) {
                return StandbyMessage.NO_DESCRIPTOR;
            }
        } catch (IOException e) {
            LOG.info("the TAP of port {} was lost with its interface", port);
            return StandbyMessage.NO_DESCRIPTOR;
        }
        taps.remove(port);
        return descriptor;
    }

    /** Closes what nobody took. */
    @Override
    public synchronized void close() {
        List.copyOf(taps.keySet()).forEach(this::forget);
    }
}
