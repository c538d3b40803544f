// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.memory.FutexWord;
import org.nanorouter.shim.MappedMemory;

/** Puts the word of a sync object right after a program that is gone ({@code docs/abi.md} section 6.1). */
final class SyncRepair {
    /** Programs that write the word all the time spoil it for themselves, and do not keep the nanokernel. */
    private static final int TRIES = 1_000;

    private SyncRepair() {
    }

    /** The program ended, perhaps between any two of its steps. */
    static void ended(MappedMemory page, SyncKind kind, int program) {
        FutexWord word = wordOf(page);
        if (kind == SyncKind.BARRIER) {
            for (int i = 0; i < TRIES; i++) {
                int now = word.get();
                if (word.replace(now, now | SyncDescriptor.BROKEN)) {
                    break;
                }
            }
        } else if (kind == SyncKind.MUTEX) {
            takeBack(word, program);
        }
        // One that was woken may be the one that died: its turn goes to the others.
        word.wake(Integer.MAX_VALUE);
    }

    /** The program gave it back, as it should; a mutex that it still holds must not stay so. */
    static void closed(MappedMemory page, SyncKind kind, int program) {
        FutexWord word = wordOf(page);
        if (kind == SyncKind.MUTEX && takeBack(word, program)) {
            word.wake(Integer.MAX_VALUE);
        }
    }

    /** Whether the program held the mutex. */
    private static boolean takeBack(FutexWord word, int program) {
        for (int i = 0; i < TRIES; i++) {
            int now = word.get();
            if ((now & SyncDescriptor.HOLDER) != program) {
                return false;
            }
            if (word.replace(now, SyncDescriptor.DIED)) {
                return true;
            }
        }
        return false;
    }

    private static FutexWord wordOf(MappedMemory page) {
        return new FutexWord(page.buffer(), page.address(), SyncDescriptor.WORD_OFFSET);
    }
}
