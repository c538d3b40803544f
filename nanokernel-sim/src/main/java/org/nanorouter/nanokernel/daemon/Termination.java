package org.nanorouter.nanokernel.daemon;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Turns TERM, INT and HUP into an orderly end of a daemon.
 *
 * <p>The JVM answers these signals by its shutdown hooks. This one asks the daemon to stop, waits until it has, and
 * ends the JVM with the daemon's own exit status, where the JVM's would be 128 + signal.
 */
public final class Termination implements AutoCloseable {
    private static final long WAIT_S = 15;
    /** That of a process ended by TERM, for a daemon that did not end in time. */
    private static final int NOT_ENDED = 143;

    private final Thread hook;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger exitStatus = new AtomicInteger(NOT_ENDED);

    private Termination(Runnable stop) {
        this.hook = new Thread(() -> {
            stop.run();
            awaitEnd();
            Runtime.getRuntime().halt(exitStatus.get());
        }, "termination");
    }

    /** From now on a signal calls {@code stop}, on a thread of its own. */
    public static Termination install(Runnable stop) {
        Termination termination = new Termination(stop);
        Runtime.getRuntime().addShutdownHook(termination.hook);
        return termination;
    }

    private void awaitEnd() {
        try {
            ended.await(WAIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells that the daemon has stopped; a waiting signal then ends the JVM. */
    public void ended(int status) {
        exitStatus.set(status);
        ended.countDown();
    }

    /** Leaves later signals to the JVM, unless one is being answered. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook runs, and ends the JVM.
            return;
        }
    }
}
