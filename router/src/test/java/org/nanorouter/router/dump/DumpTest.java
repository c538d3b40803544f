// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.capture.CaptureRequest;
import org.nanorouter.router.capture.CapturedPort;
import org.nanorouter.router.capture.Direction;

class DumpTest {
    private static final CaptureRequest REQUEST =
        new CaptureRequest(List.of(), Direction.INOUT, new byte[0], 64, 256 << 10, false, 1);

    private final List<String> told = new ArrayList<>();
    private final Dump dump = new Dump(REQUEST, false, 0, name -> name, 0, () -> 0, ports -> new Teller());

    /** Writes down what it is told. */
    private final class Teller implements Sink {
        @Override
        public void sighting(Sighting sighting) {
            told.add("sighting");
        }

        @Override
        public void event(Happening event) {
            told.add(event.text());
        }

        @Override
        public void portDown(String name) {
            told.add("down " + name);
        }

        @Override
        public void lost(String port, long frames) {
            told.add("lost " + port + " " + frames);
        }

        @Override
        public void pause(long time) {
        }

        @Override
        public void end(long time) {
        }

        @Override
        public void close() {
        }
    }

    private static CapturedPort port(int index, String name, int epoch) {
        return new CapturedPort(index, name, "channel", epoch, 4096);
    }

    /** The router's last word: of each index, and of all. */
    private void end(long all, Long... byIndex) throws IOException {
        dump.losses(all, Arrays.asList(byIndex));
    }

    @Test
    void lossesOfAPortThatHasGoneAreCountedOnce() throws IOException {
        dump.portUp(port(0, "a", 1));
        dump.lost(0, 100);
        dump.portDown(0, "ended");
        dump.portUp(port(0, "a", 2));
        dump.lost(0, 7);
        end(107, 7L);
        assertThat(dump.lost()).isEqualTo(107);
    }

    @Test
    void lossesThatAPortCouldNotTellBeforeItWentAreCounted() throws IOException {
        dump.portUp(port(0, "a", 1));
        dump.portDown(0, "ended");
        end(50, 0L);
        assertThat(dump.lost()).isEqualTo(50);
    }

    @Test
    void aSuccessorCountsFromNothing() throws IOException {
        dump.portUp(port(0, "a", 1));
        dump.lost(0, 500);
        dump.routerGone();
        dump.portUp(port(0, "a", 1));
        dump.lost(0, 10);
        end(30, 10L);
        assertThat(dump.lost()).isEqualTo(530);
    }

    @Test
    void aPortWhoseEndFoundNoRoomEndsWhenTheNextHasItsIndex() throws IOException {
        dump.pause();
        dump.portUp(port(0, "a", 1));
        dump.portUp(port(0, "a", 2));
        assertThat(told).containsExactly("port a, epoch 1: up", "port a, epoch 1: down, gone", "down a",
            "port a, epoch 2: up");
    }
}
