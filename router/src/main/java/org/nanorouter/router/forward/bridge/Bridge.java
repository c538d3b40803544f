// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

import java.util.Arrays;
import java.util.List;
import org.nanorouter.router.frame.EthernetFrame;

/**
 * Decides for each frame where it goes, and learns where it came from.
 *
 * <p>An answer is one int: a port index, {@link #FLOOD}, or a drop below it, named by {@link #dropReason}. On a flood
 * the caller sends the frame to each port for which {@link #floodsTo} holds.
 *
 * <p>Not safe for concurrent use.
 */
public final class Bridge {

    /** The frame goes to every port for which {@link #floodsTo} holds. */
    public static final int FLOOD = -1;

    /** The horizon of a port that may exchange frames with every other. */
    public static final int NO_HORIZON = 0;

    private static final int FIRST_DROP = FLOOD - 1;
    private static final int ABSENT = -1;
    private static final long LINK_LOCAL = 0x0180_C200_0000L;
    private static final long LINK_LOCAL_MASK = 0xFFFF_FFFF_FFF0L;

    private final Fdb fdb;
    private final int[] horizons;
    private final long[] learned = new long[Learned.values().length];

    /**
     * A bridge without ports.
     *
     * @param maxPorts as the table was made with
     */
    public Bridge(Fdb fdb, int maxPorts) {
        this.fdb = fdb;
        horizons = new int[maxPorts];
        Arrays.fill(horizons, ABSENT);
    }

    /**
     * Adds a port.
     *
     * @param horizon ports of one horizon never exchange frames; {@link #NO_HORIZON} for none
     */
    public void addPort(int port, int horizon) {
        if (horizon < NO_HORIZON || horizons[port] != ABSENT) {
            throw new IllegalArgumentException("bad port: port=" + port + " horizon=" + horizon);
        }
        horizons[port] = horizon;
    }

    /** Removes a port and forgets what is behind it. */
    public void removePort(int port) {
        horizons[port] = ABSENT;
        fdb.removePort(port);
    }

    /** Where a frame goes; see the class. */
    public int forward(int ingress, long destination, long source, int vlan,
            long nowMs) {
        if (!isPort(ingress)) {
            return drop(BridgeDrop.UNKNOWN_PORT);
        }
        if (EthernetFrame.isGroup(source)) {
            return drop(BridgeDrop.GROUP_SOURCE);
        }
        if (source == 0) {
            return drop(BridgeDrop.ZERO_SOURCE);
        }
        Learned outcome = fdb.learn(source, vlan, ingress, nowMs);
        learned[outcome.ordinal()]++;
        if (outcome == Learned.PINNED_ELSEWHERE) {
            return drop(BridgeDrop.SPOOFED_SOURCE);
        }
        if (EthernetFrame.isGroup(destination)) {
            return (destination & LINK_LOCAL_MASK) == LINK_LOCAL ? drop(BridgeDrop.LINK_LOCAL) : FLOOD;
        }
        int egress = fdb.find(destination, vlan, nowMs);
        if (egress == Fdb.NONE) {
            return FLOOD;
        }
        if (egress == ingress) {
            return drop(BridgeDrop.INGRESS);
        }
        return sharesHorizon(ingress, egress) ? drop(BridgeDrop.SPLIT_HORIZON) : egress;
    }

    private boolean sharesHorizon(int one, int other) {
        return horizons[one] != NO_HORIZON && horizons[one] == horizons[other];
    }

    /** Whether a flooded frame from one port goes to another. */
    public boolean floodsTo(int ingress, int egress) {
        return egress != ingress && isPort(egress) && isPort(ingress) && !sharesHorizon(ingress, egress);
    }

    private boolean isPort(int port) {
        return port >= 0 && port < horizons.length && horizons[port] != ABSENT;
    }

    private static int drop(BridgeDrop reason) {
        return FIRST_DROP - reason.ordinal();
    }

    /** Whether an answer of {@link #forward} is a drop. */
    public static boolean isDrop(int answer) {
        return answer <= FIRST_DROP;
    }

    /** The reason of an answer that is a drop. */
    public static BridgeDrop dropReason(int answer) {
        return BridgeDrop.of(FIRST_DROP - answer);
    }

    /** How often learning came to an outcome. */
    public long learned(Learned outcome) {
        return learned[outcome.ordinal()];
    }

    /** Forgets what aged; to be called now and then, at best once in a few seconds. */
    public int age(long nowMs) {
        return fdb.age(nowMs);
    }

    /** The live entries of the table. */
    public List<FdbEntry> snapshot(long nowMs) {
        return fdb.snapshot(nowMs);
    }

    public Fdb fdb() {
        return fdb;
    }
}
