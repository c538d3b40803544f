// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a machine: samples go in, rates come out. Pure: its only clock is that of the samples. Holds no more
 * than the last sample says, and a minute of history of each port.
 */
public final class TopModel {
    private static final String RUNNING = "running";
    private static final Set<String> BAD_STATES = Set.of("panicked", "hung", "failed");

    private final Map<String, PortTrack> ports = new LinkedHashMap<>();
    private final Map<String, RouterTrack> routers = new LinkedHashMap<>();
    private final History total = new History();
    private @Nullable Sample last;
    private Sample.@Nullable Kernel kernel;
    private @Nullable String kernelFailure;
    private long kernelSilentAt;
    private List<Flow> flows = List.of();
    private boolean hasFlows;
    private @Nullable Notice notice;

    /** A router over time. */
    public static final class RouterTrack {
        private Sample.Router router;
        private @Nullable String failure;
        private long silentAt;

        RouterTrack(Sample.Router router) {
            this.router = router;
        }

        /** As it answered last. */
        public Sample.Router router() {
            return router;
        }

        /** Why it does not answer; null if it does. */
        public @Nullable String failure() {
            return failure;
        }

        double silentS(long now) {
            return failure == null ? 0 : (now - silentAt) / 1e9;
        }
    }

    /** Takes a sample, which is newer than the one before. */
    public void add(Sample sample) {
        Sample before = last;
        last = sample;
        if (sample.kernel() != null) {
            addKernel(sample.kernel(), sample.atNs());
        }
        Set<String> seen = new HashSet<>();
        double bytes = 0;
        for (Sample.Router router : sample.routers()) {
            seen.add(router.os());
            bytes += addRouter(router, before == null);
        }
        for (Map.Entry<String, RouterTrack> entry : routers.entrySet()) {
            if (!seen.contains(entry.getKey())) {
                silence(entry.getValue(), "its socket is gone", sample.atNs());
            }
        }
        if (before != null) {
            total.add(before.atNs(), sample.atNs(), bytes * ((sample.atNs() - before.atNs()) / 1e9));
        }
    }

    /** Takes the flows that are seen now, the largest first. */
    public void add(List<Flow> seen) {
        flows = List.copyOf(seen);
        hasFlows = true;
    }

    private void addKernel(Sample.Kernel now, long atNs) {
        String failure = now.failure();
        Sample.Kernel before = kernel;
        if (failure != null) {
            if (kernelFailure == null) {
                kernelSilentAt = atNs;
                notice = new Notice(atNs, "the nanokernel does not answer: " + failure, true);
            }
            kernelFailure = failure;
            return;
        }
        if (before != null && before.pid() != now.pid()) {
            notice = new Notice(atNs, "another nanokernel answers, process " + now.pid(), false);
        } else if (before != null && kernelFailure != null) {
            notice = new Notice(atNs, "the nanokernel answers again", false);
        }
        kernelFailure = null;
        kernel = now;
        if (before != null) {
            noticeChanges(before, now, atNs);
        }
    }

    private void noticeChanges(Sample.Kernel before, Sample.Kernel now, long atNs) {
        Map<String, Sample.Os> former = new HashMap<>();
        before.oses().forEach(os -> former.put(os.name(), os));
        for (Sample.Os os : now.oses()) {
            Sample.Os was = former.get(os.name());
            if (was == null || was.epoch() == os.epoch() && was.state().equals(os.state())) {
                continue;
            }
            String text = os.name() + ": " + os.state() + ", epoch " + os.epoch();
            boolean failed = os.lastFailure() != null && (os.restarts() > was.restarts() || isBad(os));
            notice = new Notice(atNs, failed ? text + "; " + os.lastFailure() : text,
                    !RUNNING.equals(os.state()));
        }
    }

    /** Returns the bytes that come in by its ports each second. */
    private double addRouter(Sample.Router router, boolean first) {
        RouterTrack track = routers.get(router.os());
        String failure = router.failure();
        if (failure != null) {
            // What a killed router left behind is no router.
            if (track != null) {
                silence(track, failure, router.atNs());
            }
            return 0;
        }
        if (track == null) {
            track = new RouterTrack(router);
            routers.put(router.os(), track);
            if (!first) {
                notice = new Notice(router.atNs(), "a router of " + router.os() + " is there", false);
            }
        } else if (track.router.life() != router.life()) {
            notice = new Notice(router.atNs(), "another router leads in " + router.os(), false);
        } else if (track.failure != null) {
            notice = new Notice(router.atNs(), "the router of " + router.os() + " answers again", false);
        }
        track.router = router;
        track.failure = null;
        return addPorts(router);
    }

    private void silence(RouterTrack track, String failure, long atNs) {
        if (track.failure == null) {
            track.silentAt = atNs;
            notice = new Notice(atNs, "the router of " + track.router.os() + " does not answer: " + failure, true);
        }
        track.failure = failure;
    }

    private double addPorts(Sample.Router router) {
        double bytes = 0;
        Set<String> present = new HashSet<>();
        for (Sample.Port port : router.ports()) {
            String key = router.os() + "/" + port.name();
            present.add(key);
            PortTrack track = ports.get(key);
            if (track == null) {
                ports.put(key, new PortTrack(router, port));
            } else {
                track.add(router, port);
                Rates rates = track.rates();
                bytes += rates == null ? 0 : rates.inBytes();
            }
        }
        ports.values().removeIf(track -> track.os().equals(router.os())
                && !present.contains(router.os() + "/" + track.port().name()));
        return bytes;
    }

    static boolean isBad(Sample.Os os) {
        return BAD_STATES.contains(os.state());
    }

    static boolean isRunning(Sample.Os os) {
        return RUNNING.equals(os.state());
    }

    /** When the last sample was over, on its clock; 0 if there was none. */
    public long nowNs() {
        return last == null ? 0 : last.atNs();
    }

    boolean isEmpty() {
        return last == null;
    }

    /** As it answered last; null if it was not asked, or has not answered yet. */
    public Sample.@Nullable Kernel kernel() {
        return kernel;
    }

    /** Why the nanokernel does not answer; null if it does, or is not asked. */
    public @Nullable String kernelFailure() {
        return kernelFailure;
    }

    double kernelSilentS() {
        return (nowNs() - kernelSilentAt) / 1e9;
    }

    /** The OSes as they were seen last, in the nanokernel's order. */
    public List<Sample.Os> oses() {
        Sample.Kernel known = kernel;
        return known == null ? List.of() : known.oses();
    }

    /** Every router that has answered. */
    public List<RouterTrack> routers() {
        return new ArrayList<>(routers.values());
    }

    /** The ports of one router. */
    public List<PortTrack> ports(String os) {
        List<PortTrack> found = new ArrayList<>();
        for (PortTrack track : ports.values()) {
            if (track.os().equals(os)) {
                found.add(track);
            }
        }
        return found;
    }

    /** The ports of all routers that answer. */
    List<PortTrack> ports() {
        List<PortTrack> found = new ArrayList<>();
        for (PortTrack track : ports.values()) {
            RouterTrack router = routers.get(track.os());
            if (router != null && router.failure == null) {
                found.add(track);
            }
        }
        return found;
    }

    /** Bytes that came in by all ports. */
    History total() {
        return total;
    }

    /** The sum of all ports' rates. */
    Rates totals() {
        double bytes = 0;
        double frames = 0;
        double drops = 0;
        double outBytes = 0;
        double outFrames = 0;
        for (PortTrack track : ports()) {
            Rates rates = track.rates();
            if (rates != null) {
                bytes += rates.inBytes();
                frames += rates.inFrames();
                drops += rates.drops();
                outBytes += rates.outBytes();
                outFrames += rates.outFrames();
            }
        }
        return new Rates(bytes, frames, outBytes, outFrames, drops, Map.of());
    }

    /** False if nobody says what the flows are. */
    public boolean hasFlows() {
        return hasFlows;
    }

    /** The largest flows, the largest first. */
    public List<Flow> flows() {
        return flows;
    }

    /** The last thing that happened; null if nothing did. */
    @Nullable Notice notice() {
        return notice;
    }
}
