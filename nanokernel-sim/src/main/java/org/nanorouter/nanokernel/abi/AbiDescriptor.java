// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * Revision and limits that hold for every layout; {@code docs/abi.md} section 1.
 */
public final class AbiDescriptor {

    /** Revision of every layout of this package; a reader refuses any other. */
    public static final int REVISION = 1;

    /** OSes in one machine; their ids are 0 to {@code MAX_OS - 1}. */
    public static final int MAX_OS = 32;

    /** Bytes of an OS name with its NUL padding; the name itself is shorter by at least one. */
    public static final int NAME_LENGTH = 32;

    /** Smallest capacity of a ring. */
    public static final int MIN_RING_CAPACITY = 256 * 1024;

    /** Largest capacity of a ring. */
    public static final int MAX_RING_CAPACITY = 64 * 1024 * 1024;

    /** Largest payload of one record: a 64 KiB GSO frame and its headers. */
    public static final int MAX_PAYLOAD = 65_600;

    /** Largest message of a program. */
    public static final int MAX_MESSAGE = 65_536;

    /** Largest OS region, so that every offset in it is a positive {@code int}. */
    public static final int MAX_REGION_LENGTH = 1024 * 1024 * 1024;

    /** Unit in which ring data is placed in a region. */
    public static final int PAGE_LENGTH = 4096;

    /** The epoch of every half of a connection: it has no second one. */
    public static final int HALF_EPOCH = 1;

    private AbiDescriptor() {
    }
}
