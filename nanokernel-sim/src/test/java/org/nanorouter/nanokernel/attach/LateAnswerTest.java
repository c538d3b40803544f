// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.switchboard.Switchboard;

/** What comes of answers that a program has given up waiting for: nobody has what was granted, so it goes back. */
@Timeout(30)
class LateAnswerTest {
    private static final int GIVEN_UP = 999;
    private static final int REQUEST = 1;
    private static final int NAME = 2;

    @TempDir
    Path directory;

    private final Switchboard board = new Switchboard(Keeper.none(), List.of(new Switchboard.Share("os0", 0, 1 << 26)));
    private TestNanokernel nanokernel;

    @BeforeEach
    void start() throws IOException {
        nanokernel = new TestNanokernel(directory, 1, AbiDescriptor.MIN_RING_CAPACITY);
        nanokernel.start(0);
        nanokernel.programs(lateHost());
    }

    @AfterEach
    void stop() {
        nanokernel.close();
    }

    /** Before each request, grants the same to one that nobody waits for; a port gets another name. */
    private ProgramHost lateHost() {
        return (ProgramHost) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {ProgramHost.class},
            (proxy, method, arguments) -> {
                if (Set.of("openPort", "connect", "openMemory", "openSync").contains(method.getName())) {
                    final Object[] late = arguments.clone();
                    late[REQUEST] = GIVEN_UP;
                    if (method.getName().equals("openPort")) {
                        late[NAME] = "late";
                    }
                    method.invoke(board, late);
                }
                return method.invoke(board, arguments);
            });
    }

    private Program join() throws IOException {
        return Program.join(nanokernel.socket(0), "os0", nanokernel.tokenFile(0));
    }

    private List<Switchboard.PortReport> ports() {
        return nanokernel.on(board::ports);
    }

    private long shared() {
        return nanokernel.on(() -> board.sharedBy("os0"));
    }

    @Test
    void aPortIsGivenBack() throws IOException {
        try (Program program = join()) {
            program.open("p1");
            await().until(() -> ports().size() == 1);
            assertThat(ports().get(0).name()).isEqualTo("p1");
        }
    }

    @Test
    void aConnectionIsGivenBack() throws IOException {
        try (Program owner = join(); Program caller = join()) {
            owner.open("p1");
            caller.connect("os0", "p1");
            await().until(() -> ports().get(0).connections() == 1);
        }
    }

    @Test
    void memoryAndSyncObjectsAreGivenBack() throws IOException {
        try (Program maker = join(); Program user = join()) {
            maker.createMemory("m", 1, false);
            user.openMemory("os0", "m", false).close();
            user.mutex("lock");
            await().until(() -> nanokernel.on(() -> board.memories().get(0).programs()) == 0);
            await().until(() -> shared() == 4096 + SyncDescriptor.LENGTH);
        }
    }
}
