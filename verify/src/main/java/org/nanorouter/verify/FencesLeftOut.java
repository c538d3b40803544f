// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * The control: a release store and an acquire load as in {@link ConsumerSleeps}, without the fences. If 0, 0 is never
 * seen here, this machine shows nothing in the others either, and {@code nanorouter verify} fails.
 */
@JCStressTest
@Outcome(id = {"1, 0", "0, 1", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "One of them, or both, saw the other.")
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE_INTERESTING, desc = "Each missed the other's store.")
@State
public class FencesLeftOut {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int OTHER_LINE = 128;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(2 * OTHER_LINE).order(ByteOrder.LITTLE_ENDIAN);

    /** Stores the one, loads the other. */
    @Actor
    public void produce(JJ_Result result) {
        LONGS.setRelease(memory, 0, 1L);
        result.r1 = (long) LONGS.getAcquire(memory, OTHER_LINE);
    }

    /** Stores the other, loads the one. */
    @Actor
    public void consume(JJ_Result result) {
        LONGS.setRelease(memory, OTHER_LINE, 1L);
        result.r2 = (long) LONGS.getAcquire(memory, 0);
    }
}
