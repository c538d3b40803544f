// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.forward.bridge.FdbEntry;
import org.nanorouter.router.port.Port;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the bridge learns for the next router, and has what the last one learned learned again as its ports come.
 * Pinned addresses are not kept: the nanokernel gives them anew. On the data loop; a thread of its own writes.
 */
final class FdbKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FdbKeeper.class);
    /** Ages in the file are at most this much too high, as long as nothing else changes. */
    private static final long REFRESH_MS = 10_000;
    private static final long CLOSE_WAIT_MS = 1_000;

    private final FdbFile file;
    private final Engine engine;
    /** What the last router had learned, by port, until that port comes. */
    private final Map<String, List<FdbFile.Entry>> inherited;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "fdb");
        thread.setDaemon(true);
        return thread;
    });
    private List<FdbFile.Entry> saved = List.of();
    private long savedAtMs;
    private boolean failureTold;

    FdbKeeper(FdbFile file, Engine engine, long nowMs) {
        this.file = file;
        this.engine = engine;
        inherited = file.read(nowMs).stream().collect(Collectors.groupingBy(FdbFile.Entry::port));
    }

    /** A port is in service, and what is pinned to it is pinned. */
    void adopt(Port port, long nowMs) {
        List<FdbFile.Entry> entries = inherited.remove(port.name());
        int index = engine.indexOf(port);
        if (entries != null && index >= 0) {
            Fdb fdb = engine.bridge().fdb();
            for (FdbFile.Entry entry : entries) {
                // With its old age: what is too old is not found, and goes with the next ageing.
                fdb.learn(entry.address(), entry.vlan(), index, entry.seenMs());
            }
            LOG.info("port {} goes on with {} learned addresses", port.name(), entries.size());
        }
    }

    /** Saves what is learned if it is not what was saved last; to be called about once a second. */
    void save(long nowMs) {
        List<FdbFile.Entry> entries = learned(nowMs);
        if (isSaved(entries) && (entries.isEmpty() || nowMs - savedAtMs < REFRESH_MS)) {
            return;
        }
        saved = entries;
        savedAtMs = nowMs;
        writer.execute(() -> write(entries));
    }

    private boolean isSaved(List<FdbFile.Entry> entries) {
        if (entries.size() != saved.size()) {
            return false;
        }
        for (int i = 0; i < entries.size(); i++) {
            FdbFile.Entry one = entries.get(i);
            FdbFile.Entry other = saved.get(i);
            if (one.address() != other.address() || one.vlan() != other.vlan() || !one.port().equals(other.port())) {
                return false;
            }
        }
        return true;
    }

    private List<FdbFile.Entry> learned(long nowMs) {
        List<FdbFile.Entry> entries = new ArrayList<>();
        for (FdbEntry entry : engine.bridge().snapshot(nowMs)) {
            Port port = engine.port(entry.port());
            if (!entry.pinned() && port != null && entries.size() < FdbFile.MAX_ENTRIES) {
                entries.add(new FdbFile.Entry(entry.address(), entry.vlan(), nowMs - entry.ageMs(), port.name()));
            }
        }
        return entries;
    }

    private void write(List<FdbFile.Entry> entries) {
        try {
            file.write(entries);
            failureTold = false;
        } catch (IOException e) {
            if (!failureTold) {
                LOG.warn("{} is not written, the next router learns addresses anew: {}", file.path(), e.toString());
                failureTold = true;
            }
        }
    }

    /** Waits until what was saved is written. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSE_WAIT_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("{} was not written in time", file.path());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
