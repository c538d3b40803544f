// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * An entry of the OS table; C twin {@code struct nk_os_entry}. Offsets count from the entry's start.
 */
public final class OsEntryDescriptor {

    /** Bytes of an Ethernet address. */
    public static final int MAC_LENGTH = 6;

    /** Bytes of {@code incarnation}. */
    public static final int INCARNATION_LENGTH = 16;

    public static final int NAME_OFFSET = 0;
    public static final int ID_OFFSET = NAME_OFFSET + AbiDescriptor.NAME_LENGTH;

    /** An {@link OsKind}. */
    public static final int KIND_OFFSET = ID_OFFSET + Integer.BYTES;

    /** An {@link OsState}. Release; partner: acquire load of a reader of the table. */
    public static final int STATE_OFFSET = KIND_OFFSET + Integer.BYTES;

    /** Release; partner: acquire load of a reader of the table. */
    public static final int EPOCH_OFFSET = STATE_OFFSET + Integer.BYTES;

    public static final int REGION_LENGTH_OFFSET = EPOCH_OFFSET + Integer.BYTES;
    public static final int STARTED_AT_OFFSET = REGION_LENGTH_OFFSET + Long.BYTES;
    public static final int HEARTBEAT_PERIOD_MS_OFFSET = STARTED_AT_OFFSET + Long.BYTES;
    public static final int HEARTBEAT_DEADLINE_MS_OFFSET = HEARTBEAT_PERIOD_MS_OFFSET + Integer.BYTES;
    public static final int RESTART_COUNT_OFFSET = HEARTBEAT_DEADLINE_MS_OFFSET + Integer.BYTES;

    /** A {@link Failure}. */
    public static final int LAST_FAILURE_OFFSET = RESTART_COUNT_OFFSET + Integer.BYTES;

    public static final int LAST_FAILURE_AT_OFFSET = LAST_FAILURE_OFFSET + Integer.BYTES;
    public static final int MAC_OFFSET = LAST_FAILURE_AT_OFFSET + Long.BYTES;
    public static final int INCARNATION_OFFSET = MAC_OFFSET + MAC_LENGTH + Short.BYTES;

    /** Bytes of an entry. */
    public static final int ENTRY_LENGTH = 256;

    private OsEntryDescriptor() {
    }
}
