// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.Space;

/** Plays the engine for one port. */
final class Frames {
    private static final int ROOM = 256 * 1024;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(ROOM).order(ByteOrder.LITTLE_ENDIAN);
    private final Space space = new Space(ByteBuffer.allocateDirect(ROOM).order(ByteOrder.LITTLE_ENDIAN), 0, ROOM);
    final FrameBatch batch = new FrameBatch();
    private int used;

    /** A frame of type 0x88b5 (for local experiments) and of this length. */
    static byte[] plain(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) i;
        }
        frame[0] = 2;
        frame[6] = 2;
        frame[12] = (byte) 0x88;
        frame[13] = (byte) 0xB5;
        return frame;
    }

    /** An IPv4 TCP segment with this payload, checksum left open, addressed and numbered as any. */
    static byte[] tcp(byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(54 + payload.length);
        frame.putLong(0x0200_0000_0002_0200L).putInt(1).putShort((short) 0x0800);
        frame.putShort((short) 0x4500).putShort((short) (40 + payload.length)).putInt(0x0007_4000);
        frame.putInt(0x4006_0000).putInt(0x0A4D_0001).putInt(0x0A4D_0002);
        frame.putShort((short) 4000).putShort((short) 21).putInt(1000).putInt(1).putInt(0x5018_2000);
        int pseudo = 0x0A4D + 1 + 0x0A4D + 2 + 6 + 20 + payload.length;
        frame.putShort((short) ((pseudo & 0xFFFF) + (pseudo >>> 16))).putShort((short) 0);
        frame.put(payload);
        return frame.array();
    }

    Frames begin() {
        batch.end();
        batch.begin(memory, 0);
        used = 0;
        return this;
    }

    Frames add(byte[] frame) {
        return add(new byte[12], frame);
    }

    Frames add(byte[] vnet, byte[] frame) {
        memory.put(used, vnet);
        memory.put(used + 12, frame);
        batch.add(used, frame.length);
        used += 12 + frame.length;
        return this;
    }

    /** A large TCP segment to be cut at this size. */
    Frames addLarge(byte[] payload, int gsoSize) {
        ByteBuffer vnet = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        vnet.put((byte) 1).put((byte) 1).putShort((short) 54).putShort((short) gsoSize).putShort((short) 34)
                .putShort((short) 16);
        return add(vnet.array(), tcp(payload));
    }

    void sendTo(Port port, long now) {
        for (int i = 0; i < batch.count(); i++) {
            port.send(batch, i, now);
        }
        port.flush(batch, now);
    }

    /** All that the port gives now. */
    List<byte[]> receiveFrom(Port port, long now) {
        List<byte[]> frames = new ArrayList<>();
        batch.end();
        while (port.receive(batch, space, now) > 0) {
            for (int i = 0; i < batch.count(); i++) {
                byte[] frame = new byte[batch.frameLength(i)];
                batch.memory().get(batch.frameOffset(i), frame);
                frames.add(frame);
            }
            port.release();
            batch.end();
        }
        batch.end();
        return frames;
    }
}
