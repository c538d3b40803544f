// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.frame.Completer;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.frame.FrameFault;
import org.nanorouter.router.frame.InternetHeader;
import org.nanorouter.router.frame.Segmenter;
import org.nanorouter.router.frame.VnetHeader;

/** The pure part of a frame's way makes no garbage once it runs. */
class FramePathAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int FRAMES = 50_000;
    /** What the measurement itself and the virtual machine's own work on this thread may cost, over all frames. */
    private static final long TOLERANCE = 16_384;

    private final ByteBuffer source = ByteBuffer.allocateDirect(70_000).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer slot = ByteBuffer.allocateDirect(2_000).order(ByteOrder.LITTLE_ENDIAN);
    private long sink;

    private static long allocatedBy(Runnable frame) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        for (int i = 0; i < WARM_UP; i++) {
            frame.run();
        }
        long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 0; i < FRAMES; i++) {
            frame.run();
        }
        return threads.getThreadAllocatedBytes(thread) - before;
    }

    /** An IPv4 TCP segment behind a header that asks for segmentation. */
    private int largeSegment(int payload) {
        int length = 54 + payload;
        ByteBuffer frame = ByteBuffer.allocate(length);
        frame.putLong(0x0200_0000_0002_0200L).putInt(1).putShort((short) 0x0800);
        frame.putShort((short) 0x4500).putShort((short) (40 + payload)).putInt(0x0007_4000);
        frame.putInt(0x4006_0000).putInt(0x0A4D_0001).putInt(0x0A4D_0002);
        frame.putShort((short) 4000).putShort((short) 21).putInt(1000).putInt(1).putInt(0x5018_2000);
        source.put(0, (byte) 1).put(1, (byte) 1).putShort(2, (short) 54).putShort(4, (short) 1448)
                .putShort(6, (short) 34).putShort(8, (short) 16);
        source.put(12, frame.array());
        return length;
    }

    @Test
    void cuttingLargeSegmentsAllocatesNothing() {
        Segmenter segmenter = new Segmenter(EthernetFrame.MINIMUM_LENGTH, 1522);
        int length = largeSegment(5_000);
        assertThat(allocatedBy(() -> {
            if (segmenter.begin(source, 0, length) != FrameFault.NONE) {
                throw new AssertionError();
            }
            while (segmenter.hasNext()) {
                sink += segmenter.next(slot, 0);
            }
        })).isLessThan(TOLERANCE);
    }

    @Test
    void checkingCompletingAndTrimmingAllocateNothing() {
        VnetHeader vnet = new VnetHeader();
        Completer completer = new Completer();
        InternetHeader internet = new InternetHeader();
        int length = largeSegment(1_000);
        assertThat(allocatedBy(() -> {
            source.put(0, (byte) 1).put(1, (byte) 0).putShort(6, (short) 34).putShort(8, (short) 16);
            sink += vnet.check(source, 0, length).ordinal();
            sink += completer.complete(source, 0, length).ordinal();
            sink += EthernetFrame.trimmedLength(source, 12, length, internet);
        })).isLessThan(TOLERANCE);
    }

    @Test
    void forwardingAllocatesNothingWhetherItLearnsMovesAgesFloodsOrDrops() {
        Bridge bridge = new Bridge(new Fdb(256, 64, 1_000, 8, 1), 8);
        for (int port = 0; port < 4; port++) {
            bridge.addPort(port, port / 2);
        }
        long[] step = {0};
        assertThat(allocatedBy(() -> {
            long i = step[0]++;
            sink += bridge.forward((int) (i % 5), (i * 31) % 400, 0x0200_0000_0000L + (i * 7) % 500, (int) (i % 3), i);
            if (i % 1000 == 0) {
                sink += bridge.age(i);
            }
        })).isLessThan(TOLERANCE);
        assertThat(bridge.fdb().size()).isPositive();
    }
}
