// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** Tells systemd how the daemon is, through libsystemd. Without systemd it does nothing. */
public final class Systemd {
    private static final String SOCKET_VARIABLE = "NOTIFY_SOCKET";

    private Systemd() {
    }

    /**
     * Sends a state as of {@code sd_notify(3)}: {@code READY=1}, {@code STATUS=...}, several separated by newlines.
     *
     * @return 1 if sent; 0 if systemd did not ask for it; -errno, ENOSYS if libsystemd is not installed
     */
    public static int notify(String state) {
        String socket = System.getenv(SOCKET_VARIABLE);
        if (socket == null || socket.isEmpty()) {
            return 0;
        }
        try (NativeBuffer text = NativeBuffer.of(state)) {
            int result = Library.notify(0, text.address());
            return result > 0 ? 1 : result;
        } catch (LinkageError e) {
            return -Errno.ENOSYS;
        }
    }

    /** Loaded by the first call that needs it. */
    private static final class Library {
        static {
            Shim.bind(Library.class, "libsystemd.so.0", "sd_");
        }

        static native int notify(int unsetEnvironment, long state);
    }
}
