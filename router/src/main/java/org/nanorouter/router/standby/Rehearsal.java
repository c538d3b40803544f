// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.channel.ChannelPort;
import org.nanorouter.router.port.tap.TapDevice;
import org.nanorouter.router.port.tap.TapPort;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.NetIf;
import org.nanorouter.shim.Tap;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves frames through an engine with the ports of a router, between two OSes that exist in this process alone and a
 * socket in a TAP's place: so a standby has the classes of the data path loaded and its loops compiled before the first
 * frame comes. Nothing outside the process is touched.
 */
public final class Rehearsal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    /**
     * Enough frames for the compiler: more takes processor time from those who move frames meanwhile (decision 13). A
     * count, not a time, since it is on busy CPUs that compiling takes long.
     */
    private static final int ROUNDS = 300;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int FRAMES = 16;
    private static final int FRAME_LENGTH = 1_514;
    private static final String LOOPBACK = "lo";

    private final Stage stage = new Stage();
    private final NativeBuffer scratch = NativeBuffer.allocate(Engine.SCRATCH_LENGTH);
    private final NativeBuffer frame = NativeBuffer.allocate(FrameBatch.VNET_HDR_LENGTH + AbiDescriptor.MAX_PAYLOAD);
    private final OsRegion own = stage.map(Stage.OWN);
    private final OsRegion peer = stage.map(Stage.PEER);
    private final Channel near;
    private final Channel far;
    private final TapPort tap;
    private final int cable;
    private final Engine engine;

    private Rehearsal() throws IOException {
        near = stage.channel(own, Stage.PEER, Stage.OWN);
        far = stage.channel(peer, Stage.OWN, Stage.PEER);
        frame.buffer().putInt(0, 0);
        Errno.check(UnixSocket.seqPacketPair(frame.address()), "make a pair of sockets");
        cable = frame.buffer().getInt(0);
        tap = new TapPort("tap", TapDevice.over(frame.buffer().getInt(Integer.BYTES)));
        Fdb fdb = new Fdb(64, 64, Fdb.DEFAULT_AGEING_MS, Engine.MAX_PORTS, System.nanoTime());
        engine = new Engine(new Bridge(fdb, Engine.MAX_PORTS), scratch.buffer(), scratch.address(), System::nanoTime);
        engine.add(tap);
        engine.add(new ChannelPort("peer", near, OnFull.DROP));
    }

    /** Rehearses, a fraction of a second on an idle CPU; what fails costs only speed. */
    public static void run() {
        long begin = System.nanoTime();
        try (Rehearsal rehearsal = new Rehearsal()) {
            rehearsal.touch();
            long frames = 0;
            for (int round = 0; round < ROUNDS && System.nanoTime() - begin < LIMIT_NANOS; round++) {
                frames += rehearsal.send() + rehearsal.receive();
            }
            LOG.debug("rehearsed with {} frames in {} ms", frames, (System.nanoTime() - begin) / 1_000_000);
        } catch (IOException | RuntimeException e) {
            LOG.warn("the data path was not rehearsed: {}", e.toString());
        }
    }

    /** Has the functions bound that only a start calls, with arguments that they refuse or only read. */
    private void touch() throws IOException {
        NetIf.isUp(LOOPBACK);
        NetIf.mtu(LOOPBACK);
        NetIf.mac(LOOPBACK);
        NetIf.addAddress("", "127.0.0.1/8", NetIf.NODAD);
        Tap.negotiateOffload(cable, 0);
        Tap.setPersistent(cable, false);
        UnixSocket.connectSeqPacket("");
    }

    private void address(ByteBuffer memory, int at, byte[] destination, byte[] source) {
        memory.put(at, destination).put(at + destination.length, source);
        memory.putShort(at + 2 * destination.length, (short) 0x0608);
    }

    /** Frames from the TAP to the peer; how many arrived. */
    private int send() {
        for (int i = 0; i < FRAMES; i++) {
            frame.buffer().putLong(0, 0).putInt(Long.BYTES, 0);
            address(frame.buffer(), FrameBatch.VNET_HDR_LENGTH, Stage.PEER_MAC, Stage.OWN_MAC);
            Tap.write(cable, frame.address(), FrameBatch.VNET_HDR_LENGTH + FRAME_LENGTH);
        }
        engine.markReady(engine.indexOf(tap));
        engine.pump();
        int count = 0;
        RingConsumer consumer = far.consumer();
        while (consumer.poll() >= 0) {
            consumer.advance();
            count++;
        }
        consumer.release();
        far.ringIfAsked();
        return count;
    }

    /** Frames from the peer to the TAP; how many arrived. */
    private int receive() {
        RingProducer producer = far.producer();
        for (int i = 0; i < FRAMES; i++) {
            int record = producer.claim(FRAME_LENGTH);
            if (record != RingProducer.FULL) {
                ByteBuffer memory = producer.buffer();
                memory.putLong(record + RecordDescriptor.VNET_HDR_OFFSET, 0);
                memory.putInt(record + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES, 0);
                address(memory, record + RecordDescriptor.PAYLOAD_OFFSET, Stage.OWN_MAC, Stage.PEER_MAC);
                producer.publish(RecordDescriptor.TYPE_ETHERNET, FRAME_LENGTH, System.nanoTime());
            }
        }
        far.ringIfAsked();
        engine.pump();
        int count = 0;
        while (Tap.read(cable, frame.address(), (int) frame.size()) > 0) {
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        tap.close();
        Fd.close(cable);
        near.close();
        far.close();
        own.close();
        peer.close();
        stage.close();
        scratch.close();
        frame.close();
    }
}
