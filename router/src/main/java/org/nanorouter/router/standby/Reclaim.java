// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Asks again for what a router that has just died may still hold: the kernel gives a dead process's descriptors back
 * one after the other, and some only a little later.
 */
public final class Reclaim {
    /** For how long. */
    public static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private Reclaim() {
    }

    /** What is asked for. */
    public interface Request<T> {
        /** Asks once. */
        T make() throws IOException;
    }

    /**
     * Repeats a request while it fails because somebody holds what is asked for. Waits on the calling thread, for
     * {@link #LIMIT_NANOS} at the most.
     *
     * @param isHeld tells such a failure from others
     * @throws IOException any other failure, or the last one of this kind
     */
    public static <T> T ask(Request<T> request, Predicate<IOException> isHeld) throws IOException {
        return ask(request, isHeld, System::nanoTime, LockSupport::parkNanos);
    }

    /** How to wait. */
    interface Pause {
        void nanos(long time);
    }

    static <T> T ask(Request<T> request, Predicate<IOException> isHeld, LongSupplier clock, Pause pause)
        throws IOException {
        long begin = clock.getAsLong();
        long time = FIRST_PAUSE_NANOS;
        while (true) {
            try {
                return request.make();
            } catch (IOException e) {
                if (!isHeld.test(e) || clock.getAsLong() - begin >= LIMIT_NANOS) {
                    throw e;
                }
            }
            pause.nanos(time);
            time = Math.min(2 * time, LAST_PAUSE_NANOS);
        }
    }
}
