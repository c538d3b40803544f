// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.frame.Checksum;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.frame.FrameFault;
import org.nanorouter.router.frame.Segmenter;
import org.nanorouter.router.frame.VnetHeader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the pure part of a frame's way costs: nanoseconds for one frame, or for one 64 KiB segment.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark {
    private static final int PAYLOAD = 65_000;
    private static final int HEADERS = 54;
    private static final long FIRST_ADDRESS = 0x0200_0000_0000L;
    private static final int ADDRESS_MASK = 1023;

    private final ByteBuffer source = ByteBuffer.allocateDirect(70_000).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer slot = ByteBuffer.allocateDirect(2_048).order(ByteOrder.LITTLE_ENDIAN);
    private final Segmenter segmenter = new Segmenter(EthernetFrame.MINIMUM_LENGTH, 1522);
    private final VnetHeader vnet = new VnetHeader();
    private final Bridge bridge = new Bridge(
            new Fdb(Fdb.DEFAULT_CAPACITY, Fdb.DEFAULT_CAPACITY, Fdb.DEFAULT_AGEING_MS, 4, 1), 4);
    private int next;

    /** A large TCP segment over IPv4, and a table with 1024 addresses behind two ports. */
    @Setup
    public void prepare() {
        ByteBuffer frame = ByteBuffer.allocate(HEADERS + PAYLOAD);
        frame.putLong(0x0200_0000_0002_0200L).putInt(1).putShort((short) 0x0800);
        frame.putShort((short) 0x4500).putShort((short) (40 + PAYLOAD)).putInt(0x0007_4000);
        frame.putInt(0x4006_0000).putInt(0x0A4D_0001).putInt(0x0A4D_0002);
        frame.putShort((short) 4000).putShort((short) 21).putInt(1000).putInt(1).putInt(0x5018_2000);
        source.put(0, (byte) 1).put(1, (byte) 1).putShort(2, (short) HEADERS).putShort(4, (short) 1448)
                .putShort(6, (short) 34).putShort(8, (short) 16);
        source.put(12, frame.array());
        bridge.addPort(0, Bridge.NO_HORIZON);
        bridge.addPort(1, Bridge.NO_HORIZON);
        for (int i = 0; i <= ADDRESS_MASK; i++) {
            bridge.forward(i & 1, EthernetFrame.BROADCAST, FIRST_ADDRESS + i, 0, 0);
        }
    }

    /** The sum of one frame's 1448 bytes. */
    @Benchmark
    public int checksumOfOneFrame() {
        return Checksum.sum(source, 66, 1448);
    }

    /** The sum of 64 KB. */
    @Benchmark
    public int checksumOfOneLargeSegment() {
        return Checksum.sum(source, 66, PAYLOAD);
    }

    /** The check of a header that asks for segmentation. */
    @Benchmark
    public FrameFault checkOfOneLargeSegment() {
        return vnet.check(source, 0, HEADERS + PAYLOAD);
    }

    /** 65,000 bytes cut into 45 frames with checksums. */
    @Benchmark
    public int segmentationOfOneLargeSegment() {
        int bytes = 0;
        segmenter.begin(source, 0, HEADERS + PAYLOAD);
        while (segmenter.hasNext()) {
            bytes += segmenter.next(slot, 0);
        }
        return bytes;
    }

    /** One learning and one look-up among 1024 addresses. */
    @Benchmark
    public int forwardingOfOneFrame() {
        int i = next++ & ADDRESS_MASK;
        return bridge.forward(i & 1, FIRST_ADDRESS + (i ^ 1), FIRST_ADDRESS + i, 0, 1);
    }
}
