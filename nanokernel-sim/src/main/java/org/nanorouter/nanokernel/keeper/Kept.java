// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.keeper;

import org.nanorouter.shim.Fd;

/**
 * Something that a nanokernel had kept and its successor gets back.
 *
 * @param pid         of its process; 0: it has none
 * @param status      with which that process ended, 128 + signal if one ended it; {@link #ALIVE}
 * @param descriptors which are the receiver's now
 */
public record Kept(String name, long pid, int status, String text, int[] descriptors) {
    /** Status of a process that has not ended. */
    public static final int ALIVE = KeeperDescriptor.ALIVE;

    /** Closes the descriptors. */
    void close() {
        for (int descriptor : descriptors) {
            Fd.close(descriptor);
        }
    }
}
