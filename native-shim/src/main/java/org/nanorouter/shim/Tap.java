// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * TAP devices. A frame at a TAP is a 12-byte {@code virtio_net_hdr} and the Ethernet frame; every length counts both.
 *
 * <p>{@code nk_shim.h} has the whole contract of each function. They act on the network namespace of the calling
 * thread.
 */
public final class Tap {
    /** Bytes of the {@code virtio_net_hdr} before each frame. */
    public static final int VNET_HDR_LENGTH = 12;

    /** Flag of {@link #open}: EBUSY if the interface exists. */
    public static final int EXCLUSIVE = 0x8000;
    /** Flag of {@link #open}: more than one descriptor, each a queue of its own. */
    public static final int MULTI_QUEUE = 0x0100;
    /** Flag of {@link #open}: frames go in through NAPI. */
    public static final int NAPI = 0x0010;

    /** Offload: frames whose checksum is still to be computed. The others need it. */
    public static final int CSUM = 0x01;
    /** Offload: TCP over IPv4, to be segmented. */
    public static final int TSO4 = 0x02;
    /** Offload: TCP over IPv6, to be segmented. */
    public static final int TSO6 = 0x04;
    /** Offload: the same with ECN's CWR flag set. */
    public static final int TSO_ECN = 0x08;
    /** Offload: UDP over IPv4, to be segmented; Linux 6.2 and later. */
    public static final int USO4 = 0x20;
    /** Offload: UDP over IPv6, to be segmented; Linux 6.2 and later. */
    public static final int USO6 = 0x40;
    /** Every offload that a frame in a ring can carry. */
    public static final int ALL_OFFLOADS = CSUM | TSO4 | TSO6 | TSO_ECN | USO4 | USO6;

    private static final int NAME_CAPACITY = 16;

    static {
        Shim.bind(Tap.class, "nks_tap_");
    }

    private Tap() {
    }

    /**
     * Opens or makes a TAP with 12-byte vnet_hdr, nonblocking, all offloads off. It goes when its last descriptor is
     * closed, unless it was made persistent.
     *
     * @param name 1 to 15 bytes; {@code nk%d} lets the kernel number it
     * @param flags 0 or some of {@link #EXCLUSIVE}, {@link #MULTI_QUEUE}, {@link #NAPI}
     * @return a descriptor, or -errno: EPERM without CAP_NET_ADMIN, EBUSY if someone has it open, ENOENT without
     *     /dev/net/tun
     */
    public static int open(String name, int flags) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return open(text.address(), flags);
        }
    }

    /** The interface's name now. EBADFD: the interface is gone. */
    public static String name(int fd) throws ShimException {
        try (NativeBuffer text = NativeBuffer.allocate(NAME_CAPACITY)) {
            Errno.check(name(fd, text.address()), "name of TAP, fd=" + fd);
            ByteBuffer bytes = text.buffer();
            while (bytes.get() != 0) {
                continue;
            }
            return StandardCharsets.UTF_8.decode(bytes.flip().limit(bytes.limit() - 1)).toString();
        }
    }

    /** Accepts exactly these offloads on read. Returns 0, or -errno: EINVAL for one that the kernel does not know. */
    public static native int setOffload(int fd, int mask);

    /**
     * Accepts those of the wanted offloads that the kernel has; gives up USO, then TSO_ECN, then TSO, then CSUM.
     *
     * @return the mask that now holds, 0 for none; or -errno
     */
    public static native int negotiateOffload(int fd, int wanted);

    /** Whether the TAP stays when its last descriptor is closed. Returns 0 or -errno. */
    public static int setPersistent(int fd, boolean persistent) {
        return setPersistent(fd, persistent ? 1 : 0);
    }

    /**
     * Reads one frame. With offloads on, {@code capacity} should hold the longest: the kernel cuts without a sign.
     *
     * @return its length, or -errno: EAGAIN if none waits
     */
    public static native long read(int fd, long address, int capacity);

    /**
     * Writes one frame.
     *
     * @return its length, or -errno: EAGAIN if the queue is full, EINVAL for a runt or a lying vnet_hdr, EIO if the
     *     interface is down
     */
    public static native long write(int fd, long address, int length);

    /**
     * Writes frames in order. Each that was tried has its {@link SlotDescriptor#RESULT_OFFSET result} set; one that is
     * refused does not stop those behind it, but a full queue does. A large UDP segment is cut into datagrams if the
     * kernel does not know such (Linux before 6.2).
     *
     * @param tableAddress of {@code n} (at most {@link SlotDescriptor#MAX_BATCH}) slots
     * @return number of slots done; fewer than {@code n}: the next one's result is -EAGAIN
     */
    public static native int writeBatch(int fd, long tableAddress, int n);

    /**
     * Begins to read batches of frames; the descriptor stays open until {@link #closeIntake}. Small frames that stream
     * in are read many with one system call (io_uring, where the kernel has it): up to
     * {@link SlotDescriptor#MAX_BATCH} of them are then in the process and no longer in the TAP.
     *
     * @return what {@link #readBatch} takes, above 0; or -ENOMEM
     */
    public static native long openIntake(int fd);

    /** Ends that, and with it the frames that were read and not taken. Returns 0. */
    public static native int closeIntake(long intake);

    /**
     * Reads frames straight into consecutive ring records: the vnet_hdr of the first goes to {@code base + headerGap},
     * that of each next to {@code headerGap} behind the end of the record before, which is
     * {@code (headerGap + length + 7) & ~7} long. UDP datagrams of one flow that follow one another are coalesced into
     * one record, as a large segment. Stops at any limit; also when a record of the largest payload would no longer
     * fit.
     *
     * @param intake from {@link #openIntake}; one thread at a time uses it
     * @param capacity bytes from {@code base} on that may be written
     * @param headerGap 24 for a ring record
     * @param maxFrames at most {@link SlotDescriptor#MAX_BATCH}
     * @param byteLimit no more reads once this many bytes of records are laid out
     * @param readsAddress of {@code maxFrames + 1} entries of {@link ReadDescriptor}: one for each record, then one
     *     that says why the batch ended
     * @return number of records, at least 1; or -errno: EAGAIN if no frame waits, ENOSPC if the capacity is too small
     *     for one
     */
    public static native int readBatch(long intake, long base, int capacity, int headerGap, int maxFrames,
        int byteLimit, long readsAddress);

    private static native int open(long name, int flags);

    private static native int name(int fd, long name);

    private static native int setPersistent(int fd, int persistent);
}
