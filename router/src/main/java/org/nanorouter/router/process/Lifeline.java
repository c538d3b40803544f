// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.process;

import java.io.IOException;
import java.io.InputStream;

/** An input whose end means that whoever started this process is gone. */
public final class Lifeline {
    private Lifeline() {
    }

    /** Runs {@code onEnd} on a thread of its own once {@code input} is at its end or fails. */
    public static void watch(InputStream input, Runnable onEnd) {
        Thread thread = new Thread(() -> {
            byte[] ignored = new byte[64];
            try {
                while (input.read(ignored) >= 0) {
                    continue;
                }
            } catch (IOException e) {
                // As good as its end.
            }
            onEnd.run();
        }, "lifeline");
        thread.setDaemon(true);
        thread.start();
    }
}
