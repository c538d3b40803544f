// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.TcpSessions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the TCP sessions of this OS with a peer whose epoch has ended. It may take some milliseconds, in which frames go
 * on: so it is done on a thread of its own, in the order of the calls. That thread also looks every five seconds which
 * IP addresses the peers have, since the kernel forgets those of a peer that is silent before it is declared dead.
 * Methods are for the data loop, but for the counters, which any thread may read.
 */
final class PeerSessions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerSessions.class);
    private static final long CLOSE_WAIT_S = 2;

    private final ScheduledThreadPoolExecutor thread;
    /** By name of the TAP; on the thread. */
    private final Map<String, TcpSessions> devices = new LinkedHashMap<>();
    private final AtomicLong ended = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private boolean looking;

    PeerSessions() {
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "sessions");
            made.setDaemon(true);
            return made;
        });
    }

    /** At which TAPs the peers are neighbours. */
    void at(List<String> names) {
        thread.execute(() -> {
            for (String gone : List.copyOf(devices.keySet())) {
                if (!names.contains(gone)) {
                    devices.remove(gone).close();
                }
            }
            for (String name : names) {
                devices.computeIfAbsent(name, TcpSessions::new);
            }
        });
        if (!looking && !names.isEmpty()) {
            looking = true;
            thread.scheduleWithFixedDelay(this::look, 0, TcpSessions.LOOK_PERIOD_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        devices.forEach((name, sessions) -> report(name, sessions.look()));
    }

    /** The epoch of a peer has ended. */
    void end(String peer, byte[] mac) {
        thread.execute(() -> devices.forEach((name, sessions) -> {
            int count = sessions.end(mac);
            if (count > 0) {
                ended.addAndGet(count);
                LogFields.with(
                    () -> LOG.info("the epoch of peer {} is over; TCP sessions with it by {} that were ended: {}", peer,
                        name, count),
                    LogFields.PEER, peer);
            }
            report(name, count);
        }));
    }

    private void report(String device, int result) {
        // An interface that is just being made or removed has no sessions.
        if (result >= 0 || result == -Errno.ENODEV) {
            return;
        }
        if (failures.getAndIncrement() == 0) {
            LOG.warn("TCP sessions by {} with dead peers cannot be ended: {}; programs have to notice it themselves",
                device, Errno.describe(result));
        }
    }

    /** TCP sessions that were ended. */
    long ended() {
        return ended.get();
    }

    /** Times that the kernel refused. */
    long failures() {
        return failures.get();
    }

    /** Waits for what was asked for, and ends the thread. */
    @Override
    public void close() {
        thread.execute(() -> {
            devices.values().forEach(TcpSessions::close);
            devices.clear();
        });
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_WAIT_S, TimeUnit.SECONDS)) {
                LOG.warn("TCP sessions are still being ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
