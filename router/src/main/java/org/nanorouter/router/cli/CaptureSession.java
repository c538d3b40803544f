// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CaptureReader;
import org.nanorouter.router.capture.CaptureRequest;
import org.nanorouter.router.dump.Dump;
import org.nanorouter.shim.Process;

/** One capture of a command: goes on at the router's successor. */
final class CaptureSession {
    /** How long a successor is waited for. */
    private static final long SUCCESSOR_NS = 3_000_000_000L;
    private static final long PERIOD_NS = 20_000_000;
    private static final long NS_PER_S = 1_000_000_000;

    private final RouterOption router;
    private final Path socket;
    private final CaptureRequest request;
    private final boolean quiet;
    private volatile boolean stopping;
    private volatile @Nullable CaptureReader reader;

    CaptureSession(RouterOption router, Path socket, CaptureRequest request, boolean quiet) {
        this.router = router;
        this.socket = socket;
        this.request = request;
        this.quiet = quiet;
    }

    /** What is to be added to CLOCK_MONOTONIC for nanoseconds since 1970. */
    static long wallOffset() {
        Instant now = Instant.now();
        return now.getEpochSecond() * NS_PER_S + now.getNano() - System.nanoTime();
    }

    /** Ends it in order; on any thread. */
    void stop() {
        stopping = true;
        CaptureReader current = reader;
        if (current != null) {
            current.stop();
        }
    }

    /** Captures until there is enough, it is stopped, or no router is there any more. */
    void run(Dump dump) throws IOException {
        CaptureReader next;
        try {
            next = CaptureReader.open(socket, request, CaptureReader.PATIENT_MS);
        } catch (IOException e) {
            throw new CommandFailure(KernelCalls.exitStatus(e), String.valueOf(e.getMessage()), e);
        }
        if (!quiet) {
            System.err.println("capturing at " + (request.ports().isEmpty() ? "all ports" : String.join(", ",
                request.ports())) + ", Ctrl-C ends it");
        }
        // Where it is refused, frames and capture take turns.
        Process.bystander();
        Path kernel = router.kernelSocket();
        if (kernel != null) {
            EventFollower.start(kernel, dump::tell);
        }
        while (next != null) {
            try (CaptureReader current = next) {
                reader = current;
                if (stopping) {
                    current.stop();
                }
                current.read(dump);
                Map<String, Object> counts = current.counts();
                if (counts != null && counts.get("dropped_by_port") instanceof List<?> lost
                        && counts.get("dropped") instanceof Number all) {
                    dump.losses(all.longValue(), lost);
                }
                reader = null;
                next = null;
                if (current.isOver() && !stopping) {
                    dump.routerGone();
                    next = successor();
                }
            }
        }
        dump.end();
    }

    private @Nullable CaptureReader successor() {
        long begin = System.nanoTime();
        while (!stopping && System.nanoTime() - begin < SUCCESSOR_NS) {
            try {
                return CaptureReader.open(socket, request, CaptureReader.PATIENT_MS);
            } catch (IOException e) {
                LockSupport.parkNanos(PERIOD_NS);
            }
        }
        return null;
    }
}
