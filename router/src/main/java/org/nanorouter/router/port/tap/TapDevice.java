// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.tap;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NetIf;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.Tap;

/** An open TAP device. Its maker closes it; unless it is persistent, the device goes with it. */
public final class TapDevice implements AutoCloseable {
    /** Frames that wait in a TAP unless somebody sets it, and under a flood ({@link QueueLimit}). */
    static final int USUAL_QUEUE = 1000;
    static final int SHORT_QUEUE = 128;

    private final int descriptor;
    private final String name;
    private final int offloads;
    private final long intake;
    private boolean announced;
    private boolean closed;
    /** Length of its queue before it was made short; 0: it was not. */
    private int usualQueue;

    private TapDevice(int descriptor, String name, int offloads, boolean announced) {
        this.descriptor = descriptor;
        this.intake = Tap.openIntake(descriptor);
        if (intake < 0) {
            throw new OutOfMemoryError("for frames of TAP " + name);
        }
        this.name = name;
        this.offloads = offloads;
        this.announced = announced;
    }

    /**
     * What a TAP should be like.
     *
     * @param name of the device
     * @param mac Ethernet address, or null for the one that it has
     * @param mtu longest IP packet
     * @param addresses with prefix length
     * @param persistent whether it outlives the router
     * @param offload whether the kernel may leave segmentation and checksums to whoever reads
     */
    public record Settings(String name, byte @Nullable [] mac, int mtu, List<String> addresses, boolean persistent,
            boolean offload) {
    }

    /** A descriptor that reads and writes whole frames as a TAP does, without an interface behind it. */
    public static TapDevice over(int descriptor) {
        return new TapDevice(descriptor, "none", 0, true);
    }

    /**
     * Opens or makes the device and brings it up.
     *
     * @throws ShimException EBUSY if another process has it open, EPERM without CAP_NET_ADMIN, ENOENT without
     *     /dev/net/tun
     */
    public static TapDevice open(Settings settings) throws IOException {
        return adopt(Errno.check(Tap.open(settings.name(), 0), "open TAP " + settings.name()), settings);
    }

    /**
     * Takes over a descriptor of an open device, which is this object's from now on, also if that fails. What is as the
     * settings ask is left alone: to set an Ethernet address anew makes the kernel forget its neighbours.
     */
    public static TapDevice adopt(int descriptor, Settings settings) throws IOException {
        try {
            String name = Tap.name(descriptor);
            int offloads = settings.offload() ? Tap.negotiateOffload(descriptor, Tap.ALL_OFFLOADS) : 0;
            Errno.check(offloads, "set the offloads of TAP " + name);
            // A persistent one that is up was announced by the router before this one.
            boolean announced = NetIf.isUp(name) == 1;
            configure(descriptor, name, settings);
            return new TapDevice(descriptor, name, offloads, announced);
        } catch (IOException e) {
            Fd.close(descriptor);
            throw e;
        }
    }

    private static void configure(int descriptor, String name, Settings settings) throws ShimException {
        byte[] mac = settings.mac();
        if (mac != null && !Arrays.equals(mac, NetIf.mac(name))) {
            Errno.check(NetIf.setMac(name, mac), "set the Ethernet address of TAP " + name);
        }
        if (NetIf.mtu(name) != settings.mtu()) {
            Errno.check(NetIf.setMtu(name, settings.mtu()), "set the MTU of TAP " + name + " to " + settings.mtu());
        }
        for (String address : settings.addresses()) {
            Errno.check(NetIf.addAddress(name, address, NetIf.NODAD), "add address " + address + " to TAP " + name);
        }
        if (NetIf.queue(name) == SHORT_QUEUE) {
            // So it was left by one who was killed under a flood.
            Errno.check(NetIf.setQueue(name, USUAL_QUEUE), "set the queue of TAP " + name);
        }
        if (NetIf.isUp(name) != 1) {
            Errno.check(NetIf.setUp(name, true), "bring TAP " + name + " up");
        }
        Errno.check(Tap.setPersistent(descriptor, settings.persistent()), "make TAP " + name + " persistent");
    }

    public String name() {
        return name;
    }

    /**
     * Tells the neighbours the device's addresses, once in its life. For when frames can leave already.
     *
     * @throws ShimException if this process may not
     */
    public void announce() throws ShimException {
        if (!announced) {
            announced = true;
            Errno.check(NetIf.announce(name), "announce the addresses of TAP " + name);
        }
    }

    /** Nonblocking; the device's. */
    public int descriptor() {
        return descriptor;
    }

    /** What {@link Tap#readBatch} takes; the device's. */
    long intake() {
        return intake;
    }

    /** The offloads that the kernel granted, constants of {@link Tap}. */
    public int offloads() {
        return offloads;
    }

    /**
     * Makes its queue short, or as long again as it was. One that somebody else has set meanwhile, or made as short
     * himself, stays so.
     *
     * @throws ShimException if this process may not
     */
    void shortenQueue(boolean toShort) throws ShimException {
        int length = Errno.check(NetIf.queue(name), "read the queue of TAP " + name);
        if (toShort && length > SHORT_QUEUE) {
            usualQueue = length;
            Errno.check(NetIf.setQueue(name, SHORT_QUEUE), "shorten the queue of TAP " + name);
        } else if (!toShort && usualQueue > 0) {
            int usual = usualQueue;
            usualQueue = 0;
            if (length == SHORT_QUEUE) {
                Errno.check(NetIf.setQueue(name, usual), "lengthen the queue of TAP " + name);
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (usualQueue > 0 && NetIf.queue(name) == SHORT_QUEUE) {
                // A persistent one stays. Where it is gone already there is nothing to mend.
                NetIf.setQueue(name, usualQueue);
            }
            Tap.closeIntake(intake);
            Fd.close(descriptor);
        }
    }
}
