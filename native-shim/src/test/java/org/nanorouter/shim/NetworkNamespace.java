// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.jna.Function;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A private network namespace. It belongs to one thread, which runs whatever is to happen in it, and goes with that
 * thread: Linux gives each thread its own, and a TAP or socket is made in that of the thread that makes it.
 */
final class NetworkNamespace implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    private NetworkNamespace() {
    }

    /** Makes one; where that is not allowed, or there is no TAP, the test is skipped, or fails if {@code CI=true}. */
    static NetworkNamespace open() throws Exception {
        NetworkNamespace namespace = new NetworkNamespace();
        try {
            String missing = namespace.call(NetworkNamespace::enter);
            if (missing != null) {
                if (Boolean.parseBoolean(System.getenv("CI"))) {
                    fail(missing);
                }
                abort(missing);
            }
        } catch (Throwable e) {
            namespace.close();
            throw e;
        }
        return namespace;
    }

    /** Runs something in the namespace. */
    <T> T call(Callable<T> action) throws Exception {
        try {
            return thread.submit(action).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
    }

    /** The lines of a file of {@code /proc/net} as the namespace has it. */
    static String procNet(String file) throws IOException {
        return Files.readString(Path.of("/proc/thread-self/net", file));
    }

    @Override
    public void close() {
        thread.shutdown();
    }

    private static String enter() throws IOException {
        if (Function.getFunction("c", "unshare").invokeInt(new Object[] {CLONE_NEWNET}) != 0) {
            return "a network namespace of its own: " + Errno.describe(Native.getLastError()) + "; needs CAP_SYS_ADMIN";
        }
        // What IPv6 sends by itself when an interface comes up would mix with the frames that a test expects.
        Path off = Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6");
        if (Files.isWritable(off)) {
            Files.writeString(off, "1");
        }
        int tap = Tap.open("probe", 0);
        if (tap < 0) {
            return "a TAP: " + Errno.describe(tap) + "; needs /dev/net/tun and CAP_NET_ADMIN";
        }
        Fd.close(tap);
        return null;
    }
}
