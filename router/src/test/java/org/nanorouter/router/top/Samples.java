// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Samples of a machine whose clock and counters a test sets. */
final class Samples {
    static final long SECOND = 1_000_000_000;

    private Samples() {
    }

    static Sample.Os os(String name, String state, long epoch) {
        return new Sample.Os(name, "namespace", state, epoch, 100, 500, epoch - 1, 60, null, 0);
    }

    static Sample.Os failed(String name, long restarts, String failure) {
        return new Sample.Os(name, "namespace", "panicked", restarts + 1, -1, 500, restarts, -1, failure, 3);
    }

    static Sample.Kernel kernel(long pid, Sample.Os... oses) {
        return new Sample.Kernel("default", pid, 3725, List.of(oses), null);
    }

    /** A TAP through which so many bytes came, in frames of 100, and half as many went. */
    static Sample.Port tap(long bytes, Map<String, Long> drops) {
        return new Sample.Port("nk0", "tap", "up", 0, bytes, bytes / 100, bytes / 2, bytes / 200, drops, 0, 0);
    }

    static Sample.Port channel(String peer, long peerEpoch, long bytes, long used) {
        return new Sample.Port("peers:" + peer, "channel", "up", peerEpoch, bytes, bytes / 100, bytes / 2, bytes / 200,
                Map.of(), used, 1000);
    }

    static Sample.Router router(String os, long at, long life, Sample.Port... ports) {
        return new Sample.Router(os, at, null, life, 7, "ready", "attached", 60, 1, List.of(ports));
    }

    static Sample sample(long at, Sample.@Nullable Kernel kernel, Sample.Router... routers) {
        return new Sample(at, kernel, List.of(routers));
    }

    /** Two OSes and one router after two samples: 1 MB/s in by its TAP, 10 drops/s, a ring that is half full. */
    static TopModel busy() {
        TopModel model = new TopModel();
        for (int i = 1; i <= 2; i++) {
            model.add(sample(i * SECOND, kernel(1, os("host", "running", 1), os("guest", "booting", 2)),
                    router("host", i * SECOND, 1, tap(i * 1_000_000L, Map.of("ring_full", i * 10L)),
                            channel("guest", 2, i * 500_000L, 500))));
        }
        return model;
    }

    /** A model of many OSes, each with a router of two ports. */
    static TopModel large(int count) {
        TopModel model = new TopModel();
        List<Sample.Os> oses = new ArrayList<>();
        List<Sample.Router> routers = new ArrayList<>();
        for (int i = 10; i < 10 + count; i++) {
            oses.add(i == 10 + count - 1 ? failed("os" + i, 5, "panic") : os("os" + i, "running", 1));
            routers.add(router("os" + i, SECOND, 1, tap(0, Map.of()), channel("guest", 1, 0, 0)));
        }
        model.add(sample(SECOND, kernel(1, oses.toArray(new Sample.Os[0])), routers.toArray(new Sample.Router[0])));
        return model;
    }
}
