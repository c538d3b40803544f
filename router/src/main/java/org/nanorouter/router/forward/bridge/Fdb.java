// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The forwarding database: (address, VLAN) to port, with ageing (IEEE 802.1Q section 8.8).
 *
 * <pre>
 *   key:   63      62..60   59..48   47..0
 *          used    0        VLAN id  address
 * </pre>
 *
 * <p>Open addressing with linear probing over a power of two of slots, at most half of them used, so that probes stay
 * short; removal shifts the following entries back, so that there are no tombstones. The hash is keyed by a number that
 * the caller draws, so that nobody outside can aim at one slot.
 *
 * <p>Not safe for concurrent use.
 */
public final class Fdb {

    public static final int DEFAULT_CAPACITY = 4096;
    public static final long DEFAULT_AGEING_MS = 300_000;

    /** No port. */
    public static final int NONE = -1;

    /** The VLAN of frames without a tag. */
    public static final int NO_VLAN = 0;

    private static final long USED = 1L << 63;
    private static final long ADDRESS_MASK = 0xFFFF_FFFF_FFFFL;
    private static final int VLAN_SHIFT = 48;
    private static final int VLAN_MASK = 0xFFF;
    private static final long PINNED_FOREVER = Long.MAX_VALUE;
    /** A full table is searched for aged entries at most this often, or a flood of sources would buy a scan each. */
    private static final long SWEEP_INTERVAL_MS = 1_000;

    private final int capacity;
    private final int portLimit;
    private final long ageingMs;
    private final long hashKey;
    private final int mask;
    private final long[] keys;
    private final int[] ports;
    private final long[] seenAt;
    private final int[] perPort;
    private int size;
    private long sweptAt = Long.MIN_VALUE / 2;

    /**
     * An empty table.
     *
     * @param capacity entries, pinned ones included
     * @param portLimit entries that one port can learn
     * @param ageingMs after which an entry that was not seen again is forgotten
     * @param maxPorts port indices are 0 to this, exclusive
     * @param hashKey any random number
     */
    public Fdb(int capacity, int portLimit, long ageingMs, int maxPorts, long hashKey) {
        if (capacity < 1 || capacity > 1 << 24 || portLimit < 1 || portLimit > capacity || ageingMs < 1
                || maxPorts < 1) {
            throw new IllegalArgumentException("bad limits: capacity=" + capacity + " portLimit=" + portLimit
                    + " ageingMs=" + ageingMs + " maxPorts=" + maxPorts);
        }
        this.capacity = capacity;
        this.portLimit = portLimit;
        this.ageingMs = ageingMs;
        this.hashKey = hashKey;
        int slots = Math.max(2, Integer.highestOneBit(capacity * 2 - 1) * 2);
        mask = slots - 1;
        keys = new long[slots];
        ports = new int[slots];
        seenAt = new long[slots];
        perPort = new int[maxPorts];
    }

    private static long key(long address, int vlan) {
        return USED | (long) (vlan & VLAN_MASK) << VLAN_SHIFT | address & ADDRESS_MASK;
    }

    private int home(long key) {
        long hash = (key ^ hashKey) * 0x9E37_79B9_7F4A_7C15L;
        hash ^= hash >>> 32;
        hash *= 0xD6E8_FEB8_6659_FD93L;
        return (int) (hash >>> 40) & mask;
    }

    /** The slot of a key, or the complement of the free slot where it would go. */
    private int slot(long key) {
        int slot = home(key);
        while (keys[slot] != 0) {
            if (keys[slot] == key) {
                return slot;
            }
            slot = slot + 1 & mask;
        }
        return ~slot;
    }

    private boolean isAged(int slot, long nowMs) {
        return seenAt[slot] != PINNED_FOREVER && nowMs - seenAt[slot] >= ageingMs;
    }

    /** The port behind which an address is, or {@link #NONE}. */
    public int find(long address, int vlan, long nowMs) {
        int slot = slot(key(address, vlan));
        return slot < 0 || isAged(slot, nowMs) ? NONE : ports[slot];
    }

    /** Notes that a frame from an address came in by a port. */
    public Learned learn(long address, int vlan, int port, long nowMs) {
        if (vlan != NO_VLAN && isPinnedElsewhere(address, port)) {
            return Learned.PINNED_ELSEWHERE;
        }
        long key = key(address, vlan);
        int slot = slot(key);
        if (slot < 0) {
            return learnNew(key, slot, port, nowMs);
        }
        if (seenAt[slot] == PINNED_FOREVER) {
            return ports[slot] == port ? Learned.PINNED : Learned.PINNED_ELSEWHERE;
        }
        if (ports[slot] == port) {
            seenAt[slot] = nowMs;
            return Learned.KNOWN;
        }
        if (perPort[port] >= portLimit) {
            return Learned.PORT_FULL;
        }
        perPort[ports[slot]]--;
        perPort[port]++;
        ports[slot] = port;
        seenAt[slot] = nowMs;
        return Learned.MOVED;
    }

    /** Whether an address is pinned, without a VLAN, to another port than this. */
    public boolean isPinnedElsewhere(long address, int port) {
        int slot = slot(key(address, NO_VLAN));
        return slot >= 0 && seenAt[slot] == PINNED_FOREVER && ports[slot] != port;
    }

    private Learned learnNew(long key, int missing, int port, long nowMs) {
        int slot = missing;
        if (size >= capacity || perPort[port] >= portLimit) {
            if (nowMs - sweptAt >= SWEEP_INTERVAL_MS) {
                age(nowMs);
                slot = slot(key);
            }
            if (perPort[port] >= portLimit) {
                return Learned.PORT_FULL;
            }
            if (size >= capacity) {
                return Learned.TABLE_FULL;
            }
        }
        put(~slot, key, port, nowMs);
        return Learned.NEW;
    }

    private void put(int slot, long key, int port, long time) {
        keys[slot] = key;
        ports[slot] = port;
        seenAt[slot] = time;
        perPort[port]++;
        size++;
    }

    /**
     * Pins an address to a port, whatever is learned about it. What is pinned without a VLAN is learned behind no other
     * port in any VLAN.
     *
     * @return false if the table is full
     */
    public boolean pin(long address, int vlan, int port, long nowMs) {
        long key = key(address, vlan);
        remove(address, vlan);
        if (size >= capacity) {
            age(nowMs);
        }
        if (size >= capacity) {
            return false;
        }
        put(~slot(key), key, port, PINNED_FOREVER);
        return true;
    }

    /** Forgets one address, pinned or not; false if it was not there. */
    public boolean remove(long address, int vlan) {
        int slot = slot(key(address, vlan));
        if (slot < 0) {
            return false;
        }
        removeSlot(slot);
        return true;
    }

    /** Forgets everything behind a port, pinned entries included; returns how many there were. */
    public int removePort(int port) {
        int removed = 0;
        for (int slot = 0; slot <= mask; slot++) {
            while (keys[slot] != 0 && ports[slot] == port) {
                removeSlot(slot);
                removed++;
            }
        }
        return removed;
    }

    /** Forgets what was not seen for the ageing time; returns how many. */
    public int age(long nowMs) {
        sweptAt = nowMs;
        int removed = 0;
        for (int slot = 0; slot <= mask; slot++) {
            while (keys[slot] != 0 && isAged(slot, nowMs)) {
                removeSlot(slot);
                removed++;
            }
        }
        return removed;
    }

    /** Empties a slot and closes the gap in the probe sequences that went over it. */
    private void removeSlot(int slot) {
        perPort[ports[slot]]--;
        size--;
        int gap = slot;
        int next = slot + 1 & mask;
        while (keys[next] != 0) {
            // An entry may fill the gap unless its home lies behind it, cyclically in (gap, next].
            if ((next - home(keys[next]) & mask) >= (next - gap & mask)) {
                keys[gap] = keys[next];
                ports[gap] = ports[next];
                seenAt[gap] = seenAt[next];
                gap = next;
            }
            next = next + 1 & mask;
        }
        keys[gap] = 0;
    }

    /** Forgets everything but pinned entries. */
    public void clear() {
        List<FdbEntry> pinned = new ArrayList<>();
        for (FdbEntry entry : snapshot(0)) {
            if (entry.pinned()) {
                pinned.add(entry);
            }
        }
        Arrays.fill(keys, 0);
        Arrays.fill(perPort, 0);
        size = 0;
        for (FdbEntry entry : pinned) {
            pin(entry.address(), entry.vlan(), entry.port(), 0);
        }
    }

    /** Entries in the table, aged ones that were not yet forgotten included. */
    public int size() {
        return size;
    }

    /** Entries that point to a port, pinned ones included. */
    public int size(int port) {
        return perPort[port];
    }

    public int capacity() {
        return capacity;
    }

    /** The live entries, by port, VLAN and address. */
    public List<FdbEntry> snapshot(long nowMs) {
        List<FdbEntry> entries = new ArrayList<>(size);
        for (int slot = 0; slot <= mask; slot++) {
            if (keys[slot] != 0 && !isAged(slot, nowMs)) {
                boolean pinned = seenAt[slot] == PINNED_FOREVER;
                entries.add(new FdbEntry(keys[slot] & ADDRESS_MASK, (int) (keys[slot] >>> VLAN_SHIFT) & VLAN_MASK,
                        ports[slot], pinned ? 0 : nowMs - seenAt[slot], pinned));
            }
        }
        entries.sort(Comparator.comparingInt(FdbEntry::port).thenComparingInt(FdbEntry::vlan)
                .thenComparingLong(FdbEntry::address));
        return entries;
    }
}
