// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The times of one thread as the kernel's scheduler keeps them (Documentation/scheduler/sched-stats.rst, {@code
 * /proc/<pid>/schedstat}). Of the thread that reads first; a kernel without them knows none.
 */
final class SchedStat implements CopyBudget.ThreadTimes {
    private static final Path FILE = Path.of("/proc/thread-self/schedstat");
    private static final int LENGTH = 128;

    private final Path file;
    private final ByteBuffer line = ByteBuffer.allocateDirect(LENGTH);
    private boolean isOpened;
    private @Nullable FileChannel channel;
    private long running;
    private long waiting;

    SchedStat() {
        this(FILE);
    }

    SchedStat(Path file) {
        this.file = file;
    }

    @Override
    public boolean read() {
        try {
            if (!isOpened) {
                isOpened = true;
                channel = FileChannel.open(file, StandardOpenOption.READ);
            }
            if (channel == null) {
                return false;
            }
            line.clear();
            channel.read(line, 0);
            line.flip();
            running = number();
            waiting = number();
            // Counted from the thread's first turn; without CONFIG_SCHED_INFO it is zero for ever.
            return running > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private long number() {
        long value = 0;
        while (line.hasRemaining()) {
            int digit = line.get() - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    @Override
    public long running() {
        return running;
    }

    @Override
    public long waiting() {
        return waiting;
    }

    /** Ends it; what it knew last stays. */
    void close() {
        try {
            if (channel != null) {
                channel.close();
                channel = null;
            }
        } catch (IOException e) {
            // Read only: nothing is lost.
            channel = null;
        }
    }
}
