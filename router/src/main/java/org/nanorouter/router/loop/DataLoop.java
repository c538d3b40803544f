// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.nanorouter.shim.Process;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that waits for descriptors, times and tasks. */
public final class DataLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DataLoop.class);
    /** Made by {@code valueOf} of both bits: {@code EpollIoOps.with} adds nothing if any bit is set already. */
    static final EpollIoOps READABLE_EDGE =
        EpollIoOps.valueOf(EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLET.value());
    /** Not {@code NONE}: with that, Netty would take the descriptor out of the epoll instance, and not put it back. */
    private static final EpollIoOps ERRORS = EpollIoOps.EPOLLERR;
    private static final long CLOSE_WAIT_MS = 2_000;

    private final MultiThreadIoEventLoopGroup group;
    private final IoEventLoop loop;

    private DataLoop(MultiThreadIoEventLoopGroup group) {
        this.group = group;
        this.loop = group.next();
    }

    /**
     * Starts the thread.
     *
     * @throws UnsatisfiedLinkError if Netty's native part cannot be loaded
     */
    public static DataLoop start(String threadName) {
        Epoll.ensureAvailability();
        ThreadFactory threads = task -> new Thread(() -> {
            // Where it is refused, frames cross as well, only more slowly.
            Process.endpointThread();
            task.run();
        }, threadName);
        return new DataLoop(new MultiThreadIoEventLoopGroup(1, threads, EpollIoHandler.newFactory()));
    }

    /** Whether the caller is the loop's thread. */
    public boolean isOnLoop() {
        return loop.inEventLoop();
    }

    /** Runs a task on the loop, soon; in the order of the calls. */
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** Runs a task on the loop at once if this is the loop's thread, else soon, and waits for its result. */
    public <T> T call(Callable<T> task, long timeoutMs)
        throws ExecutionException, TimeoutException, InterruptedException {
        if (isOnLoop()) {
            try {
                return task.call();
            } catch (Exception e) {
                throw new ExecutionException(e);
            }
        }
        return loop.submit(task).get(timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** Runs a task on the loop once, after a time, unless it is cancelled before. */
    public ScheduledFuture<?> schedule(Runnable task, long delayNanos) {
        return loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }

    /** Runs a task on the loop again and again until the loop is closed. */
    public void every(long periodMs, Runnable task) {
        loop.scheduleAtFixedRate(() -> run(task), periodMs, periodMs, TimeUnit.MILLISECONDS);
    }

    /**
     * Calls {@code onReadable} on the loop whenever something new arrives at the descriptor (edge-triggered), an
     * error or a hang-up included; and, if something is there already, once now. On the loop only.
     */
    public Watch watch(int descriptor, Runnable onReadable) {
        Future<IoRegistration> future = loop.register(new Handle(descriptor, onReadable));
        if (!future.isSuccess()) {
            throw new IllegalStateException("fd=" + descriptor + " cannot be watched", future.cause());
        }
        IoRegistration registration = future.getNow();
        // Only now does the descriptor join the epoll instance.
        registration.submit(READABLE_EDGE);
        return new Registration(registration);
    }

    private record Registration(IoRegistration inner) implements Watch {
        @Override
        public void mute(boolean muted) {
            inner.submit(muted ? ERRORS : READABLE_EDGE);
        }

        @Override
        public void cancel() {
            inner.cancel();
        }
    }

    /** Ends the thread. What is watched was cancelled before. */
    @Override
    public void close() {
        Future<?> ended = group.shutdownGracefully(0, CLOSE_WAIT_MS, TimeUnit.MILLISECONDS);
        if (!isOnLoop()) {
            ended.awaitUninterruptibly(CLOSE_WAIT_MS);
        }
    }

    /** An exception that escaped a handler would make the loop sleep; one from a repeated task would end it. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("internal error on the data loop", e);
        }
    }

    private static final class Handle implements EpollIoHandle {
        private final FileDescriptor descriptor;
        private final Runnable onReadable;

        Handle(int descriptor, Runnable onReadable) {
            this.descriptor = new FileDescriptor(descriptor);
            this.onReadable = onReadable;
        }

        @Override
        public FileDescriptor fd() {
            return descriptor;
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            run(onReadable);
        }

        @Override
        public void close() {
            // The descriptor is its port's.
        }
    }
}
