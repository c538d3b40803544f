// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Every store of this package into the own region goes through here, so that tests can end an endpoint between any two
 * of them. Production code has this one class alone, so that the just-in-time compiler inlines the calls without a
 * check.
 */
class OwnWords {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer memory;

    OwnWords(ByteBuffer memory) {
        this.memory = memory;
    }

    /** Not seen by the peer before a later release store. */
    void plainInt(int offset, int value) {
        memory.putInt(offset, value);
    }

    /** Not seen by the peer before a later release store. */
    void plainLong(int offset, long value) {
        memory.putLong(offset, value);
    }

    /** Seen by the peer's acquire load, and every earlier store with it. */
    void releaseLong(int offset, long value) {
        LONGS.setRelease(memory, offset, value);
    }
}
