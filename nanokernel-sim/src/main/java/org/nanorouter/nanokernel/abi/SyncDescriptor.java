// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/** Page of a sync object; C twin {@code struct nk_sync_page}. Its rules: {@code docs/abi.md} section 6.1. */
public final class SyncDescriptor {

    /** "NRNKSYN0" in memory. */
    public static final long MAGIC = 0x304E59534B4E524EL;

    /** Bytes of the page. */
    public static final int LENGTH = 4096;

    public static final int MAGIC_OFFSET = 0;

    /** A {@link SyncKind}. */
    public static final int KIND_OFFSET = MAGIC_OFFSET + Long.BYTES;

    public static final int LIMIT_OFFSET = KIND_OFFSET + Integer.BYTES;

    /** Compare-and-swap alone; on a cache line of its own. A futex. */
    public static final int WORD_OFFSET = 64;

    /** Of the word: somebody may wait. */
    public static final int WAITERS = 0x8000_0000;

    /** Most units of a semaphore, and the mask of them. */
    public static final int MAX_UNITS = 0x7FFF_FFFF;

    /** Of an event's word: it is set. */
    public static final int EVENT_SET = 1;

    /** Mask of how often a manual event was set, in its word. */
    public static final int EVENT_COUNT = 0x7FFF_FFFE;

    /** Most parties of a barrier, and the mask of those that have arrived. */
    public static final int MAX_PARTIES = 1023;

    /** Of a barrier's word: somebody left before all had come. */
    public static final int BROKEN = 0x400;

    /** Mask of how often all have come, in a barrier's word. */
    public static final int PASSED = 0x1F_F800;

    /** Mask of how often it was reset, in a barrier's word. */
    public static final int RESETS = 0x7FE0_0000;

    /** Mask of the holder's program id in a mutex's word. */
    public static final int HOLDER = 0x3FFF_FFFF;

    /** Of a mutex's word: the last holder died. */
    public static final int DIED = 0x4000_0000;

    private SyncDescriptor() {
    }
}
