// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Network interfaces, in the network namespace of the calling thread. ENODEV: no interface has this name; EPERM:
 * changing one needs CAP_NET_ADMIN.
 */
public final class NetIf {
    /** Flag of {@link #addAddress}: usable at once, without duplicate address detection. */
    public static final int NODAD = 0x02;

    private static final int MAC_LENGTH = 6;

    static {
        Shim.bind(NetIf.class, "nks_netif_");
    }

    private NetIf() {
    }

    /** Returns the interface's index, or -errno. */
    public static int index(String name) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return index(text.address());
        }
    }

    /** Sets the Ethernet address. Returns 0 or -errno; EADDRNOTAVAIL for a multicast one. */
    public static int setMac(String name, byte[] mac) {
        if (mac.length != MAC_LENGTH) {
            throw new IllegalArgumentException("mac.length=" + mac.length + "; expected " + MAC_LENGTH);
        }
        try (NativeBuffer text = NativeBuffer.of(name); NativeBuffer bytes = NativeBuffer.allocate(MAC_LENGTH)) {
            bytes.buffer().put(mac);
            return setMac(text.address(), bytes.address());
        }
    }

    /** The Ethernet address, 6 bytes. */
    public static byte[] mac(String name) throws ShimException {
        try (NativeBuffer text = NativeBuffer.of(name); NativeBuffer bytes = NativeBuffer.allocate(MAC_LENGTH)) {
            Errno.check(mac(text.address(), bytes.address()), "Ethernet address of interface, name=" + name);
            byte[] mac = new byte[MAC_LENGTH];
            bytes.buffer().get(mac);
            return mac;
        }
    }

    /** Sets the longest IP packet. Returns 0 or -errno; EINVAL outside the device's range. */
    public static int setMtu(String name, int mtu) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return setMtu(text.address(), mtu);
        }
    }

    /** Returns the longest IP packet in bytes, or -errno. */
    public static int mtu(String name) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return mtu(text.address());
        }
    }

    /** Sets how many frames the interface's queue holds, {@code txqueuelen} of ip-link(8). Returns 0 or -errno. */
    public static int setQueue(String name, int length) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return setQueue(text.address(), length);
        }
    }

    /** Returns how many frames the interface's queue holds, or -errno. */
    public static int queue(String name) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return queue(text.address());
        }
    }

    /** Brings the interface up, or takes it down. Returns 0 or -errno. */
    public static int setUp(String name, boolean up) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return setUp(text.address(), up ? 1 : 0);
        }
    }

    /** Returns 1 if the interface is administratively up, 0 if not, or -errno. */
    public static int isUp(String name) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return isUp(text.address());
        }
    }

    /**
     * Adds an address and the route to its prefix; one that is there already is no error.
     *
     * @param address {@code 10.77.0.1/24} or {@code fd77::1/64}
     * @param flags 0 or {@link #NODAD}
     * @return 0, or -errno: EINVAL if it is not an address and a prefix length
     */
    public static int addAddress(String name, String address, int flags) {
        try (NativeBuffer text = NativeBuffer.of(name); NativeBuffer addressText = NativeBuffer.of(address)) {
            return addAddress(text.address(), addressText.address(), flags);
        }
    }

    /**
     * Tells the neighbours which address an interface that is up has: gratuitous ARP and unsolicited neighbour
     * advertisements, now and whenever it comes up. Forgets what is known of the neighbours.
     *
     * @return 0, or -errno: EROFS, EACCES or EPERM if this process may not set arp_notify and ndisc_notify
     */
    public static int announce(String name) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return announce(text.address());
        }
    }

    /** Same as {@link Tap#setPersistent}. */
    public static int setPersistent(int tapFd, boolean persistent) {
        return Tap.setPersistent(tapFd, persistent);
    }

    private static native int index(long name);

    private static native int setMac(long name, long mac);

    private static native int mac(long name, long mac);

    private static native int setMtu(long name, int mtu);

    private static native int mtu(long name);

    private static native int setQueue(long name, int length);

    private static native int queue(long name);

    private static native int setUp(long name, int up);

    private static native int isUp(long name);

    private static native int announce(long name);

    private static native int addAddress(long name, long address, int flags);
}
