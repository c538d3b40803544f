// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Unix sockets with whole messages: seqpacket ones, which can carry descriptors, and datagram ones, which carry one
 * frame a datagram. All are nonblocking and close-on-exec. A path has at most 107 bytes (ENAMETOOLONG).
 */
public final class UnixSocket {
    /** Descriptors in one message at most. */
    public static final int MAX_FDS = 253;

    static {
        Shim.bind(UnixSocket.class, "nks_unix_socket_");
    }

    private UnixSocket() {
    }

    /**
     * Listens, and replaces a socket file that nobody listens on any more.
     *
     * @param mode of the socket file, such as 0600, whatever the umask
     * @return a descriptor, or -errno: EADDRINUSE if somebody listens there
     */
    public static int listenSeqPacket(String path, int mode) {
        try (NativeBuffer text = NativeBuffer.of(path)) {
            return listenSeqPacket(text.address(), mode);
        }
    }

    /** Takes the next connection. Returns a descriptor, or -errno; EAGAIN: nobody waits. */
    public static native int accept(int fd);

    /** The process that connected, as we number it; 0 if our pid namespace does not hold it. Or -errno. */
    public static native int peerPid(int fd);

    /** Bytes of the kernel's memory with what was sent and the peer has not read yet, or -errno. */
    public static native int unread(int fd);

    /**
     * Connects; waits at most one second for room in the listener's queue.
     *
     * @return a descriptor, or -errno: ENOENT or ECONNREFUSED if nobody listens, EACCES if it is not ours
     */
    public static int connectSeqPacket(String path) {
        try (NativeBuffer text = NativeBuffer.of(path)) {
            return connectSeqPacket(text.address());
        }
    }

    /** Makes two seqpacket sockets connected to each other, written as two ints. Returns 0 or -errno. */
    public static native int seqPacketPair(long fdsAddress);

    /**
     * Sends one message with {@code nfds} (0 to {@link #MAX_FDS}) descriptors, which stay the caller's own.
     *
     * @return {@code length}, or -errno: EAGAIN if the peer's queue is full, EPIPE if it is gone
     */
    public static native int sendWithFds(int fd, long address, int length, long fdsAddress, int nfds);

    /**
     * Receives one message and its descriptors, in their order. One with more than {@code maxFds} descriptors or
     * {@code capacity} bytes is consumed, and all its descriptors are closed.
     *
     * @param fdsAddress of {@code maxFds} ints
     * @param nfdsAddress of an int: number of descriptors received, 0 on error
     * @return the length, 0 when the peer closed; or -errno: EAGAIN if none waits, EBADMSG for too many descriptors,
     *     EMSGSIZE for too many bytes, EMFILE if this process can't hold the descriptors
     */
    public static native int receiveWithFds(int fd, long address, int capacity, long fdsAddress, int maxFds,
        long nfdsAddress);

    /** Makes a datagram socket without a path, to send by. Returns a descriptor, or -errno. */
    public static native int datagram();

    /** Binds a datagram socket; path and mode as with {@link #listenSeqPacket}. Returns a descriptor, or -errno. */
    public static int datagramBind(String path, int mode) {
        try (NativeBuffer text = NativeBuffer.of(path)) {
            return datagramBind(text.address(), mode);
        }
    }

    /**
     * Makes {@code path} the destination, and the only source, of datagrams; can be called again.
     *
     * @return 0, or -errno: ENOENT or ECONNREFUSED if nobody has bound it
     */
    public static int datagramConnect(int fd, String path) {
        try (NativeBuffer text = NativeBuffer.of(path)) {
            return datagramConnect(fd, text.address());
        }
    }

    /**
     * Receives datagrams into slots. Each result is its length, or -EMSGSIZE if it did not fit and was lost.
     *
     * @param tableAddress of {@code n} (at most {@link SlotDescriptor#MAX_BATCH}) slots
     * @return number of datagrams, at least 1; or -errno: EAGAIN if none waits
     */
    public static native int receiveBatch(int fd, long tableAddress, int n);

    /**
     * Sends datagrams in order. One refused for its own size does not stop those behind it; any other error does and is
     * that slot's result.
     *
     * @param tableAddress of {@code n} (at most {@link SlotDescriptor#MAX_BATCH}) slots
     * @return number of slots done
     */
    public static native int sendBatch(int fd, long tableAddress, int n);

    private static native int listenSeqPacket(long path, int mode);

    private static native int connectSeqPacket(long path);

    private static native int datagramBind(long path, int mode);

    private static native int datagramConnect(int fd, long path);
}
