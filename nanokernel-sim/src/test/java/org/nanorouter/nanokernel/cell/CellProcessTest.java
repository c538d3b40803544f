// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

class CellProcessTest {
    /** Reaped, and not yet known to have ended: so it is with Java's own for a moment. */
    private static final class JustReaped extends Process {
        private final Process ended;

        JustReaped(Process ended) {
            this.ended = ended;
        }

        @Override
        public long pid() {
            return ended.pid();
        }

        @Override
        public boolean isAlive() {
            return true;
        }

        @Override
        public OutputStream getOutputStream() {
            return ended.getOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return ended.getInputStream();
        }

        @Override
        public InputStream getErrorStream() {
            return ended.getErrorStream();
        }

        @Override
        public int waitFor() throws InterruptedException {
            return ended.waitFor();
        }

        @Override
        public int exitValue() {
            throw new IllegalThreadStateException();
        }

        @Override
        public void destroy() {
            throw new AssertionError("somebody else may have its number");
        }
    }

    @Test
    void aProcessThatEndedAtOnceWasStartedAllTheSame() throws Exception {
        Process ended = new ProcessBuilder("/bin/true").start();
        ended.waitFor();
        assertThat(CellProcess.of(new JustReaped(ended))).isNotNull();
    }
}
