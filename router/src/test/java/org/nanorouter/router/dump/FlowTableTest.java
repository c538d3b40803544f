// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.top.Flow;

class FlowTableTest {
    private static final int AT = 12;
    private static final long SECOND = 1_000_000_000;
    private static final long SEED = 11;

    private final FlowTable table = new FlowTable();
    /** As a region is: little-endian, while frames are not. */
    private final ByteBuffer memory = ByteBuffer.allocateDirect(256).order(ByteOrder.LITTLE_ENDIAN);

    private void put(int offset, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            memory.put(AT + offset + i, (byte) bytes[i]);
        }
    }

    private void ipv4(int at, int protocol, int sourcePort, int destinationPort) {
        put(at, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2, sourcePort >> 8,
            sourcePort & 0xFF, destinationPort >> 8, destinationPort & 0xFF);
    }

    @Test
    void framesOfOneTupleAreOneFlowWithTheirWeight() {
        put(12, 8, 0);
        ipv4(14, 6, 45114, 21);
        table.add(memory, AT, 96, 1000, 7);
        table.add(memory, AT, 96, 500, 7);
        ipv4(14, 17, 45114, 21);
        table.add(memory, AT, 96, 60, 7);
        assertThat(table.take(2 * SECOND)).containsExactly(
            new Flow("10.77.0.1:45114", "10.77.0.2:21", "tcp", 7 * 1500 / 2.0, 7),
            new Flow("10.77.0.1:45114", "10.77.0.2:21", "udp", 7 * 60 / 2.0, 3.5));
        assertThat(table.take(SECOND)).isEmpty();
    }

    @Test
    void tagsAndIpv6AreSeenThrough() {
        put(12, 0x81, 0, 0, 5, 0x86, 0xDD);
        put(18, 0x60, 0, 0, 0, 0, 8, 6, 64, 0xFD, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            0xFD, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 23, 1, 0);
        table.add(memory, AT, 96, 90, 1);
        assertThat(table.take(SECOND)).containsExactly(new Flow("[fd77::1]:23", "[fd77::2]:256", "tcp", 90, 1));
    }

    @Test
    void whatHasNoPortsIsToldByItsAddresses() {
        put(12, 8, 0);
        ipv4(14, 1, 0x0800, 0);
        table.add(memory, AT, 96, 98, 1);
        assertThat(table.take(SECOND)).containsExactly(new Flow("10.77.0.1", "10.77.0.2", "icmp", 98, 1));
    }

    @Test
    void noBytesWhateverTheyAreBreakIt() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 20_000; i++) {
            for (int k = 0; k < 96; k++) {
                memory.put(AT + k, (byte) random.nextInt());
            }
            put(12, random.nextBoolean() ? 8 : 0x86, random.nextBoolean() ? 0 : 0xDD);
            table.add(memory, AT, random.nextInt(97), 1500, 1);
        }
        assertThat(table.take(SECOND)).as("seed " + SEED).hasSizeLessThanOrEqualTo(4096);
    }
}
