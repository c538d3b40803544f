// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Kinds of sync objects; C twin {@code enum nk_sync_kind}. */
public enum SyncKind {

    /** Units that programs take and give. */
    SEMAPHORE(1),

    /** Set until it is reset: lets everybody pass. */
    MANUAL_EVENT(2),

    /** Set until one has passed. */
    AUTO_EVENT(3),

    /** Lets its parties pass once all have come. */
    BARRIER(4),

    /** Held by one program at a time; whoever takes it after a holder that died is told. */
    MUTEX(5);

    private static final SyncKind[] VALUES = values();

    private final int value;

    SyncKind(int value) {
        this.value = value;
    }

    /** What stands in memory. */
    public int value() {
        return value;
    }

    /** What people and programs are told: {@code manual-event}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable SyncKind of(int value) {
        for (final SyncKind candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }

    /** Whether a sync object of this kind may have that limit. */
    public boolean allowsLimit(int limit) {
        return switch (this) {
            case SEMAPHORE -> limit > 0;
            case BARRIER -> limit > 0 && limit <= SyncDescriptor.MAX_PARTIES;
            default -> limit == 0;
        };
    }

    /** Whether one with that limit, which is allowed, may begin like this. */
    public boolean allowsInitial(int initial, int limit) {
        return switch (this) {
            case SEMAPHORE -> initial >= 0 && initial <= limit;
            case MANUAL_EVENT, AUTO_EVENT -> initial == 0 || initial == 1;
            default -> initial == 0;
        };
    }
}
