// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Doorbells, waiting, and processes. */
class EventFdTest {
    @Test
    void doorbellCountsRings() {
        int fd = EventFd.create();
        assertThat(EventFd.drain(fd)).isZero();
        EventFd.ring(fd);
        EventFd.ring(fd);
        assertThat(EventFd.drain(fd)).isEqualTo(2);
        assertThat(EventFd.drain(fd)).isZero();
        assertThat(Fd.close(fd)).isZero();
        assertThat(EventFd.ring(fd)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void pollTellsWhichDescriptorIsReady() {
        int[] doorbells = {EventFd.create(), EventFd.create()};
        try (NativeBuffer entries = NativeBuffer.allocate(2 * Poll.ENTRY_LENGTH)) {
            for (int i = 0; i < 2; i++) {
                entries.buffer().putInt(i * Poll.ENTRY_LENGTH + Poll.FD_OFFSET, doorbells[i]);
                entries.buffer().putShort(i * Poll.ENTRY_LENGTH + Poll.EVENTS_OFFSET, Poll.IN);
            }
            assertThat(Poll.poll(entries.address(), 2, 1)).isZero();
            EventFd.ring(doorbells[1]);
            assertThat(Poll.poll(entries.address(), 2, -1)).isEqualTo(1);
            assertThat(entries.buffer().getShort(Poll.RETURNED_EVENTS_OFFSET)).isZero();
            assertThat(entries.buffer().getShort(Poll.ENTRY_LENGTH + Poll.RETURNED_EVENTS_OFFSET)).isEqualTo(Poll.IN);
        }
        Fd.close(doorbells[0]);
        Fd.close(doorbells[1]);
    }

    @Test
    void pidfdNamesTheProcessEvenAfterItsEnd() throws IOException, InterruptedException {
        java.lang.Process child = new ProcessBuilder("sleep", "60").start();
        int pidfd = Process.pidfdOpen((int) child.pid());
        assertThat(pidfd).isNotNegative();
        assertThat(Process.pidfdSendSignal(pidfd, 0)).isZero();
        assertThat(Process.pidfdSendSignal(pidfd, 9)).isZero();
        assertThat(child.waitFor()).isEqualTo(128 + 9);
        assertThat(Process.pidfdSendSignal(pidfd, 9)).isEqualTo(-Errno.ESRCH);
        Fd.close(pidfd);
    }
}
