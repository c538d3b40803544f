// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * The management region and its header; C twin {@code struct nk_management}.
 *
 * <pre>
 *      0 +----------------------------------------+
 *        | header                             128 |
 *   4096 +----------------------------------------+
 *        | OS table, 32 x {@link OsEntryDescriptor}        |
 *  12288 +----------------------------------------+
 *        | ring directory, 32 x 32 x {@link RingEntryDescriptor} |
 *  77824 +----------------------------------------+
 *        | reserved                          4096 |
 *  81920 +----------------------------------------+
 * </pre>
 */
public final class ManagementDescriptor {

    /** "NRNKMGM0" in memory. */
    public static final long MAGIC = 0x304D474D_4B4E524EL;

    /** Virtual address of this region in every OS, where it is free. */
    public static final long ADDRESS = 0x6E6B_00000000L;

    /** Bytes of {@code boot_id}. */
    public static final int BOOT_ID_LENGTH = 16;

    public static final int MAGIC_OFFSET = 0;
    public static final int REVISION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    public static final int OS_CAPACITY_OFFSET = REVISION_OFFSET + Integer.BYTES;
    public static final int BOOT_ID_OFFSET = OS_CAPACITY_OFFSET + Integer.BYTES;
    public static final int REGION_LENGTH_OFFSET = BOOT_ID_OFFSET + BOOT_ID_LENGTH;

    /** Release; partner: the acquire load of who caches the table. */
    public static final int CHANGE_COUNT_OFFSET = REGION_LENGTH_OFFSET + Long.BYTES;

    /** Release, on a cache line of its own; partner: the acquire load of a watching OS. */
    public static final int HEARTBEAT_OFFSET = CHANGE_COUNT_OFFSET + Long.BYTES + 2 * Long.BYTES;

    /** Bytes of the header. */
    public static final int HEADER_LENGTH = HEARTBEAT_OFFSET + Long.BYTES + 7 * Long.BYTES;

    /** Start of the OS table. */
    public static final int OS_TABLE_OFFSET = AbiDescriptor.PAGE_LENGTH;

    /** Start of the ring directory. */
    public static final int RING_DIRECTORY_OFFSET =
        OS_TABLE_OFFSET + AbiDescriptor.MAX_OS * OsEntryDescriptor.ENTRY_LENGTH;

    /** Bytes of the whole region. */
    public static final int LENGTH = RING_DIRECTORY_OFFSET
        + AbiDescriptor.MAX_OS * AbiDescriptor.MAX_OS * RingEntryDescriptor.ENTRY_LENGTH + AbiDescriptor.PAGE_LENGTH;

    private ManagementDescriptor() {
    }

    /** Offset of the OS table's entry for {@code osId}. */
    public static int osEntryOffset(int osId) {
        return OS_TABLE_OFFSET + osId * OsEntryDescriptor.ENTRY_LENGTH;
    }

    /** Offset of the directory's entry for the ring from {@code producer} to {@code consumer}. */
    public static int ringEntryOffset(int producer, int consumer) {
        return RING_DIRECTORY_OFFSET + (producer * AbiDescriptor.MAX_OS + consumer) * RingEntryDescriptor.ENTRY_LENGTH;
    }
}
