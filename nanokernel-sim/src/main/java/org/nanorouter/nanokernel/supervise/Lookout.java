// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.config.RestartConfig.Reaction;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.watch.HeartbeatWatch;
import org.nanorouter.nanokernel.watch.ProgressWatch;

/**
 * Looks from outside at what the OSes show of themselves in their regions: panic records, heartbeats, and whether they
 * read what others sent to them. What it finds goes to the {@link Machine}.
 */
final class Lookout {
    /** An OS that says again and again that a peer is silent is heard so often. */
    private static final long MIN_SILENCE_NS = 1_000_000_000;

    private final Machine machine;
    private final Lifecycle lifecycle;
    private final ManagementRegion table;
    private final Collection<ManagedOs> oses;
    private final long periodNs;
    private final long stallDeadlineNs;
    /** By producer and consumer; null while they have no ring. */
    private final @Nullable ProgressWatch[][] rings = new ProgressWatch[AbiDescriptor.MAX_OS][AbiDescriptor.MAX_OS];
    /** What each OS said last of each other one: an OS may say it as often as it likes, and is heard once. */
    private final Report[][] silences = reports();
    private final Report[][] lies = reports();

    Lookout(Machine machine, Lifecycle lifecycle, ManagementRegion table, Collection<ManagedOs> oses, long periodNs,
            long stallDeadlineNs) {
        this.machine = machine;
        this.lifecycle = lifecycle;
        this.table = table;
        this.oses = oses;
        this.periodNs = periodNs;
        this.stallDeadlineNs = stallDeadlineNs;
    }

    /**
     * Looks at everything.
     *
     * @param late how much later than it should this look is
     * @return when to look again at the latest
     */
    long look(long now, long late) {
        long next = now + periodNs;
        for (ManagedOs os : oses) {
            lookForPanic(os);
            OsRegionObject region = os.region;
            if (region != null && os.isReady()) {
                judge(os, os.watch.look(now, late, region.view().heartbeat()), now);
                next = os.watch.deadlineAt() - next < 0 && os.watch.deadlineAt() - now >= 0
                        ? os.watch.deadlineAt() + 1 : next;
            }
        }
        for (ManagedOs producer : oses) {
            for (ManagedOs consumer : oses) {
                lookAtRing(producer, consumer, now, late);
            }
        }
        return next;
    }

    /** Whether the OS wrote a panic record, and then that it failed. */
    void lookForPanic(ManagedOs os) {
        OsRegionObject region = os.region;
        if (region != null && region.view().panicked()) {
            String text = region.view().panicText().replaceAll("\\p{Cntrl}", "?");
            machine.failed(os, Failure.PANIC, "panic " + region.view().panicCode() + ": " + text);
        }
    }

    private void judge(ManagedOs os, HeartbeatWatch.Verdict verdict, long now) {
        OsState state = lifecycle.state(os);
        long silentMs = os.watch.silence(now) / 1_000_000;
        if (verdict == HeartbeatWatch.Verdict.HUNG && state.mayBecome(OsState.HUNG)) {
            long starvedNs = os.starvation.excuse(endpoint(os), now);
            if (starvedNs > 0) {
                os.watch.excuse(now);
                if (os.starvation.excusedNs() == starvedNs) {
                    lifecycle.report(os, "is ready to run and gets next to no processor, which is not its fault");
                }
            } else {
                machine.failed(os, Failure.HEARTBEAT, "no heartbeat for " + silentMs + " ms");
            }
        } else if (verdict == HeartbeatWatch.Verdict.LATE && state == OsState.RUNNING) {
            os.starvation.late(endpoint(os), now);
            lifecycle.become(os, OsState.SUSPECT, "its heartbeat is late, " + silentMs + " ms");
        } else if (verdict == HeartbeatWatch.Verdict.ALIVE
                && (state == OsState.SUSPECT || state == OsState.HUNG)) {
            long starvedMs = os.starvation.excusedNs() / 1_000_000;
            os.starvation.alive();
            lifecycle.become(os, OsState.RUNNING, "it beats again"
                    + (starvedMs == 0 ? "" : ", " + starvedMs + " ms without a processor are excused"));
        }
    }

    /** The process that is to beat, 0 if it is not known. */
    private static long endpoint(ManagedOs os) {
        AttachSession session = os.session();
        return session == null ? 0 : session.peerPid();
    }

    private void lookAtRing(ManagedOs producer, ManagedOs consumer, long now, long late) {
        OsRegionObject from = producer.region;
        OsRegionObject to = consumer.region;
        if (from == null || to == null || !consumer.isReady()
                || from.view().peerEpoch(consumer.id()) != to.view().epoch()
                || to.view().peerEpoch(producer.id()) != from.view().epoch()) {
            rings[producer.id()][consumer.id()] = null;
            return;
        }
        RingPlace place = table.ring(producer.id(), consumer.id());
        if (place == null) {
            return;
        }
        ProgressWatch watch = rings[producer.id()][consumer.id()];
        if (watch == null) {
            watch = new ProgressWatch(stallDeadlineNs, place.capacity());
            rings[producer.id()][consumer.id()] = watch;
        }
        watch.forgive(late);
        if (watch.look(now, to.view().headFrom(producer.id()), from.view().tailTo(consumer.id()))) {
            react(consumer, consumer.config.restart().stalled(), Failure.STALL, "reads nothing of what "
                    + producer.name() + " sent, for " + stallDeadlineNs / 1_000_000 + " ms, though it beats");
        }
    }

    /** The epochs of both sides when one reported the other. */
    private static final class Report {
        private int reporterEpoch;
        private int accusedEpoch;
        private long at;

        /** Whether this is news: of other incarnations, or the last time is that long ago. */
        private boolean isNews(ManagedOs reporter, ManagedOs accused, long now, long minNs) {
            boolean news = reporterEpoch != reporter.epoch() || accusedEpoch != accused.epoch() || now - at >= minNs;
            if (news) {
                reporterEpoch = reporter.epoch();
                accusedEpoch = accused.epoch();
                at = now;
            }
            return news;
        }
    }

    private static Report[][] reports() {
        Report[][] reports = new Report[AbiDescriptor.MAX_OS][AbiDescriptor.MAX_OS];
        for (Report[] row : reports) {
            Arrays.setAll(row, at -> new Report());
        }
        return reports;
    }

    /** Whether an OS said of another one that it put their channel into quarantine, and both live on since. */
    boolean isQuarantined(ManagedOs reporter, ManagedOs accused) {
        Report report = lies[reporter.id()][accused.id()];
        return reporter.region != null && accused.region != null && report.reporterEpoch == reporter.epoch()
                && report.accusedEpoch == accused.epoch();
    }

    private @Nullable ManagedOs peer(ManagedOs reporter, int id, int epoch) {
        return oses.stream().filter(os -> os.id() == id && os != reporter && os.region != null && os.epoch() == epoch)
                .findFirst().orElse(null);
    }

    /** A peer says that it saw no beat. The verdict is that of the next look, which knows how late it is itself. */
    void silent(ManagedOs reporter, int peerId, int peerEpoch, long now) {
        ManagedOs silent = peer(reporter, peerId, peerEpoch);
        if (silent != null && silences[reporter.id()][silent.id()].isNews(reporter, silent, now, MIN_SILENCE_NS)) {
            lifecycle.report(silent, reporter.name() + " has seen no beat of it within the deadline");
        }
    }

    /** A peer says that the OS wrote what no OS may write. Nobody else can tell which of the two is right. */
    void lied(ManagedOs reporter, int peerId, int peerEpoch, long now) {
        ManagedOs liar = peer(reporter, peerId, peerEpoch);
        // A quarantine lasts for as long as both epochs do.
        if (liar == null || !lies[reporter.id()][liar.id()].isNews(reporter, liar, now, Long.MAX_VALUE)) {
            return;
        }
        react(liar, liar.config.restart().quarantined(), Failure.LIE,
                reporter.name() + " put its channel to it into quarantine");
    }

    private void react(ManagedOs os, Reaction reaction, Failure failure, String what) {
        if (reaction == Reaction.RESTART && lifecycle.mayBecome(os, OsState.HUNG)) {
            machine.failed(os, failure, what);
        } else {
            lifecycle.report(os, what);
        }
    }
}
