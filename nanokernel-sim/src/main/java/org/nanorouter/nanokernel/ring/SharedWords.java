// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Every load of this package from memory that a peer can write goes through here, so that tests can put a memory in its
 * place that answers differently at each load. Production code has this one class alone, so that the just-in-time
 * compiler inlines the calls without a check.
 */
class SharedWords {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer memory;

    SharedWords(ByteBuffer memory) {
        this.memory = memory;
    }

    long acquireLong(int offset) {
        return (long) LONGS.getAcquire(memory, offset);
    }

    int acquireInt(int offset) {
        return (int) INTS.getAcquire(memory, offset);
    }

    /** One load of an aligned word: all eight bytes are of one moment. */
    long plainLong(int offset) {
        return (long) LONGS.getOpaque(memory, offset);
    }

    /** May be of several moments: for what nothing depends on. */
    long anyLong(int offset) {
        return memory.getLong(offset);
    }
}
