// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.nio.file.Path;

/**
 * The lock files that show who owns a device; {@code claim/claim.h} describes them.
 *
 * <p>The lock is one of {@code flock(2)}, which the JVM's own file locks are not: those go when the process closes any
 * descriptor of the file, and the C programs that own devices do not see them.
 */
public final class Claim {
    static {
        Shim.bind(Claim.class, "nks_claim_");
    }

    private Claim() {
    }

    /**
     * Takes the file of a name, and writes the owner and the pid of this process into it.
     *
     * @return a descriptor, which is the claim until it is closed; or -errno: EAGAIN if the device has an owner, ENOENT
     *     without the directory, ENAMETOOLONG for a text of more than 490 bytes
     */
    public static int take(Path directory, String name, String owner) {
        try (NativeBuffer place = NativeBuffer.of(directory.toString()); NativeBuffer file = NativeBuffer.of(name);
                NativeBuffer text = NativeBuffer.of(owner)) {
            return take(place.address(), file.address(), text.address());
        }
    }

    private static native int take(long directory, long name, long owner);
}
