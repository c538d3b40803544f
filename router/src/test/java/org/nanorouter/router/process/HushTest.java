// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class HushTest {
    private static final String ROOM = "org.nanorouter.hush";
    private final Logger room = Logger.getLogger(ROOM);
    private final Logger beneath = Logger.getLogger(ROOM + ".beneath");

    @Test
    void onlyWhatWeighsEnoughIsLoggedUntilItIsClosed() {
        Hush hush = Hush.over(ROOM, Level.WARNING);
        try (hush) {
            assertThat(room.isLoggable(Level.INFO)).isFalse();
            assertThat(beneath.isLoggable(Level.INFO)).isFalse();
            assertThat(beneath.isLoggable(Level.WARNING)).isTrue();
        }
        assertThat(beneath.isLoggable(Level.INFO)).isTrue();
    }

    @Test
    void aLevelThatWasSetBeforeComesBack() {
        room.setLevel(Level.FINE);
        Hush.over(ROOM, Level.SEVERE).close();
        assertThat(room.getLevel()).isEqualTo(Level.FINE);
        room.setLevel(null);
    }
}
