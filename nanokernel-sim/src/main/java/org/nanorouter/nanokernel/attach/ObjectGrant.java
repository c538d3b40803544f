// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import org.nanorouter.shim.MappedMemory;

/**
 * Memory of another program, of this one, or the page of a sync object, mapped.
 *
 * @param request number of the request that it answers
 * @param id of the object
 * @param ownerOs id of the OS of which a program made it; {@link #NO_OS} of a sync object
 * @param ownerEpoch that OS's epoch then
 * @param writable whether this program may write it
 * @param memory the listener's from now on
 */
public record ObjectGrant(int request, int id, int ownerOs, int ownerEpoch, boolean writable, MappedMemory memory) {

    /** A sync object belongs to the machine. */
    public static final int NO_OS = -1;
}
