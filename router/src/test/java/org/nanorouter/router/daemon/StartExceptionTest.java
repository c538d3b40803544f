// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.ShimException;

class StartExceptionTest {
    private static StartException ofTap(int errno) {
        return StartException.ofPort("lan", new ShimException(errno, "open TAP nk0"));
    }

    @Test
    void aTapThatAnotherHasOpenIsSaidToBeTaken() {
        assertThat(ofTap(Errno.EBUSY).kind()).isEqualTo(StartException.Kind.CANNOT_CREATE);
        assertThat(ofTap(Errno.EBUSY)).hasMessageContainingAll("port lan", "open TAP nk0", "another process");
    }

    @Test
    void withoutTheTunDeviceTheMessageSaysHowToGetIt() {
        for (int errno : new int[] {Errno.ENOENT, Errno.ENODEV}) {
            assertThat(ofTap(errno).kind()).isEqualTo(StartException.Kind.UNAVAILABLE);
            assertThat(ofTap(errno)).hasMessageContainingAll("port lan", "/dev/net/tun", "modprobe tun");
        }
    }

    @Test
    void withoutPermissionTheMessageNamesTheCapability() {
        for (int errno : new int[] {Errno.EPERM, Errno.EACCES}) {
            assertThat(ofTap(errno).kind()).isEqualTo(StartException.Kind.NO_PERMISSION);
            assertThat(ofTap(errno)).hasMessageContainingAll("port lan", "CAP_NET_ADMIN");
        }
    }

    @Test
    void whateverElseCannotBeMadeIsNamedWithItsCause() {
        StartException failure = StartException.ofPort("lan", new IOException("a.sock is no directory"));
        assertThat(failure.kind()).isEqualTo(StartException.Kind.CANNOT_CREATE);
        assertThat(failure).hasMessage("port lan: a.sock is no directory").hasCauseInstanceOf(IOException.class);
    }
}
