// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.engine.Tap;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.channel.ChannelPort;

/** The captures of a router; the engine has this tap only while there is one. On the data loop. */
final class Captures implements Tap {
    /** At the same time: each may copy every frame. */
    static final int MAX = 8;

    private final Engine engine;
    private final FilterScratch scratch = new FilterScratch();
    private final SchedStat times = new SchedStat();
    private final CopyBudget budget = new CopyBudget(times);
    private final @Nullable RingProducer[] toPeers = new RingProducer[Engine.MAX_PORTS];
    private final long[] taken = new long[Engine.MAX_PORTS];
    private Capture[] captures = {};
    private boolean follows;
    private long frames;

    Captures(Engine engine) {
        this.engine = engine;
    }

    /** The ports in service, a line {@code NAME KIND} each. */
    String ports() {
        StringBuilder lines = new StringBuilder();
        for (Port port : engine.ports()) {
            lines.append(port.name()).append(' ').append(port.kind().label()).append('\n');
        }
        return lines.toString();
    }

    /** Begins one; answers why not, or nothing. */
    String add(Capture capture) {
        if (captures.length == MAX) {
            return "there are " + MAX + " captures already";
        }
        List<String> names = engine.ports().stream().map(Port::name).toList();
        if (!capture.wants(names)) {
            return "none of the ports " + String.join(", ", capture.ports()) + " is there; there are "
                + String.join(", ", names);
        }
        for (Port port : engine.ports()) {
            int index = engine.indexOf(port);
            if (captures.length == 0) {
                meet(index, port);
            }
            capture.added(index, port);
        }
        List<Capture> all = new ArrayList<>(List.of(captures));
        all.add(capture);
        set(all);
        return "";
    }

    /** Ends one. */
    void remove(Capture capture) {
        List<Capture> all = new ArrayList<>(List.of(captures));
        all.remove(capture);
        set(all);
    }

    private void set(List<Capture> all) {
        captures = all.toArray(Capture[]::new);
        follows = all.stream().anyMatch(Capture::follows);
        for (int index = 0; index < toPeers.length; index++) {
            if (toPeers[index] != null) {
                toPeers[index].wantTimes(follows);
            }
            if (captures.length == 0) {
                toPeers[index] = null;
            }
        }
        engine.tap(captures.length == 0 ? NONE : this);
    }

    @Override
    public void batch(FrameBatch batch, int ingress, long now, long sentAt) {
        int sentNs = Capture.saturated(sentAt - now);
        budget.at(now);
        for (Capture capture : captures) {
            capture.batch(batch, ingress, now, sentNs, frames, scratch, budget);
        }
        frames += batch.count();
        if (follows) {
            look();
        }
    }

    /** Looks what the peers have taken, and tells who follows it. */
    void look() {
        for (int index = 0; index < toPeers.length; index++) {
            RingProducer producer = toPeers[index];
            if (producer == null || producer.taken() == taken[index]) {
                continue;
            }
            long position = producer.taken();
            long at = producer.takenAt();
            if (producer.taken() != position) {
                // It takes right now; the next look finds a pair.
                continue;
            }
            taken[index] = position;
            for (Capture capture : captures) {
                if (capture.follows()) {
                    capture.taken(index, position, at);
                }
            }
        }
    }

    private void meet(int index, Port port) {
        if (port instanceof ChannelPort channel) {
            toPeers[index] = channel.channel().producer();
            toPeers[index].wantTimes(follows);
            taken[index] = toPeers[index].taken();
        }
    }

    @Override
    public void added(int index, Port port) {
        meet(index, port);
        for (Capture capture : captures) {
            capture.added(index, port);
        }
    }

    @Override
    public void removed(int index, Port port) {
        toPeers[index] = null;
        for (Capture capture : captures) {
            capture.removed(index, port);
        }
    }

    /** Ends all. */
    void close() {
        set(List.of());
        scratch.close();
        times.close();
    }
}
