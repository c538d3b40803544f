// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.shim.Futex;
import org.nanorouter.shim.MappedMemory;

/** Puts the word of a sync object right after a program that is gone ({@code docs/abi.md} section 6.1). */
final class SyncRepair {
    private static final VarHandle INTS =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    /** Programs that write the word all the time spoil it for themselves, and do not keep the nanokernel. */
    private static final int TRIES = 1_000;

    private SyncRepair() {
    }

    /** The program ended, perhaps between any two of its steps. */
    static void ended(MappedMemory page, SyncKind kind, int program) {
        if (kind == SyncKind.BARRIER) {
            for (int i = 0; i < TRIES; i++) {
                int word = word(page.buffer());
                if (replaced(page.buffer(), word, word | SyncDescriptor.BROKEN)) {
                    break;
                }
            }
        } else if (kind == SyncKind.MUTEX) {
            takeBack(page.buffer(), program);
        }
        // One that was woken may be the one that died: its turn goes to the others.
        wakeAll(page);
    }

    /** The program gave it back, as it should; a mutex that it still holds must not stay so. */
    static void closed(MappedMemory page, SyncKind kind, int program) {
        if (kind == SyncKind.MUTEX && takeBack(page.buffer(), program)) {
            wakeAll(page);
        }
    }

    /** Whether the program held the mutex. */
    private static boolean takeBack(ByteBuffer page, int program) {
        for (int i = 0; i < TRIES; i++) {
            int word = word(page);
            if ((word & SyncDescriptor.HOLDER) != program) {
                return false;
            }
            if (replaced(page, word, SyncDescriptor.DIED)) {
                return true;
            }
        }
        return false;
    }

    private static int word(ByteBuffer page) {
        return (int) INTS.getVolatile(page, SyncDescriptor.WORD_OFFSET);
    }

    private static boolean replaced(ByteBuffer page, int word, int by) {
        return INTS.compareAndSet(page, SyncDescriptor.WORD_OFFSET, word, by);
    }

    private static void wakeAll(MappedMemory page) {
        Futex.wake(page.address() + SyncDescriptor.WORD_OFFSET, Integer.MAX_VALUE);
    }
}
