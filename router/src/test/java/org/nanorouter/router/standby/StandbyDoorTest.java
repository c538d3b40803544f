// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.UnixSocket;

class StandbyDoorTest {
    private static final long TIMEOUT_MS = 5_000;
    private static final long OWN_PID = ProcessHandle.current().pid();

    @TempDir
    private Path directory;
    private final DataLoop loop = DataLoop.start("test-loop");
    /** Stands for a TAP: what is handed on is a descriptor. */
    private final int descriptor = EventFd.create();
    private Path control;
    private StandbyDoor door;

    @BeforeEach
    void open() throws Exception {
        control = directory.resolve("router.sock");
        door = openDoor();
    }

    @AfterEach
    void close() throws Exception {
        closeDoor();
        loop.close();
        Fd.close(descriptor);
    }

    private StandbyDoor openDoor() throws Exception {
        return loop.call(() -> {
            StandbyDoor opened = new StandbyDoor(loop, control);
            opened.listen();
            return opened;
        }, TIMEOUT_MS);
    }

    private void closeDoor() throws Exception {
        loop.call(() -> {
            door.close();
            return true;
        }, TIMEOUT_MS);
    }

    private List<Long> standbys() throws Exception {
        return loop.call(door::standbys, TIMEOUT_MS);
    }

    private void tell(Runnable what) throws Exception {
        loop.call(() -> {
            what.run();
            return true;
        }, TIMEOUT_MS);
    }

    /** Duplicates of the descriptor that this process has. */
    private long duplicates() throws Exception {
        Object own = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            String inode = Files.readString(Path.of("/proc/self/fdinfo/" + descriptor));
            return entries.filter(entry -> {
                try {
                    return Files.readSymbolicLink(entry).equals(own)
                        && Files.readString(Path.of("/proc/self/fdinfo/" + entry.getFileName())).equals(inode);
                } catch (java.io.IOException e) {
                    return false;
                }
            }).count() - 1;
        }
    }

    private void awaitDuplicates(long count) {
        await().pollInterval(Duration.ofMillis(5)).until(() -> duplicates() == count);
    }

    @Test
    void aStandbyIsKnownByItsPidAndHasEachTapUntilItIsToLetGo() throws Exception {
        long before = duplicates();
        tell(() -> door.opened("early", descriptor));
        LeaderLine line = LeaderLine.open(control);
        await().until(() -> standbys().equals(List.of(OWN_PID)));
        awaitDuplicates(before + 1);
        tell(() -> door.opened("late", descriptor));
        awaitDuplicates(before + 2);
        tell(() -> door.closing("early"));
        awaitDuplicates(before + 1);
        closeDoor();
        line.hangUp();
        assertThat(duplicates()).as("what the leader had stays").isEqualTo(before + 1);
        assertThat(line.take("late", "nk0")).as("it is no TAP").isEqualTo(-1);
        line.close();
        assertThat(duplicates()).isEqualTo(before);
        door = openDoor();
    }

    @Test
    void theNextLeaderIsFoundAndWhatItDoesNotHaveIsForgotten() throws Exception {
        long before = duplicates();
        tell(() -> door.opened("old", descriptor));
        LeaderLine line = LeaderLine.open(control);
        awaitDuplicates(before + 1);
        closeDoor();
        door = openDoor();
        await().until(() -> standbys().equals(List.of(OWN_PID)));
        awaitDuplicates(before);
        closeDoor();
        line.hangUp();
        line.close();
        door = openDoor();
    }

    @Test
    void whoDoesNotKeepToTheRulesIsTurnedAway() throws Exception {
        int stranger = UnixSocket.connectSeqPacket(StandbyDoor.beside(control).toString());
        try (StandbyMessage message = new StandbyMessage()) {
            assertThat(message.send(stranger, StandbyMessage.HELLO, "no pid", StandbyMessage.NO_DESCRIPTOR)).isTrue();
            await().until(() -> message.receive(stranger) == StandbyMessage.ENDED);
        } finally {
            Fd.close(stranger);
        }
        assertThat(standbys()).isEmpty();
    }
}
