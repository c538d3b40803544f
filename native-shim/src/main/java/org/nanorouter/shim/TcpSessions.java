// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * The TCP sessions of this OS with neighbours of one interface, in the network namespace of the calling thread. One
 * thread at a time uses one of these. {@code ip/sessions.h} says which sessions are meant, and what it takes.
 */
public final class TcpSessions implements AutoCloseable {
    /** How often to {@link #look}, in milliseconds. */
    public static final int LOOK_PERIOD_MS = 5_000;

    private static final int MAC_LENGTH = 6;

    static {
        Shim.bind(TcpSessions.class, "nks_sessions_");
    }

    private final String device;
    private final NativeBuffer table = NativeBuffer.allocate(tableLength());

    /** For the neighbours of this interface, which need not exist yet. */
    public TcpSessions(String device) {
        this.device = device;
    }

    /**
     * Looks which IP addresses the neighbours have, to know them when they are dead.
     *
     * @return 0, or -errno: ENODEV: there is no such interface
     */
    public int look() {
        try (NativeBuffer name = NativeBuffer.of(device)) {
            return look(table.address(), name.address());
        }
    }

    /**
     * Ends all TCP sessions with the IP addresses of a neighbour, except for those that it shares with another one.
     *
     * @param mac its Ethernet address
     * @return how many, or -errno: EPERM or EACCES without CAP_NET_ADMIN; EOPNOTSUPP, ENOENT or EINVAL from a kernel
     *     that cannot; ENODEV: there is no such interface
     */
    public int end(byte[] mac) {
        if (mac.length != MAC_LENGTH) {
            throw new IllegalArgumentException("mac.length=" + mac.length + "; expected " + MAC_LENGTH);
        }
        try (NativeBuffer name = NativeBuffer.of(device); NativeBuffer bytes = NativeBuffer.allocate(MAC_LENGTH)) {
            bytes.buffer().put(mac);
            return end(table.address(), name.address(), bytes.address());
        }
    }

    @Override
    public void close() {
        table.close();
    }

    private static native int tableLength();

    private static native int look(long table, long name);

    private static native int end(long table, long name, long mac);
}
