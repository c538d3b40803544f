// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Message;
import org.nanorouter.nanokernel.program.Program;

/** For tests with programs of the OSes a and b, in this process or in their own; all of them end with the test. */
abstract class ProgramsOfTwoOses {
    static final long WAIT_MS = 15_000;
    private static final String CONFIG = """
            [[os]]
            name = "a"
            kind = "external"
            [[os]]
            name = "b"
            kind = "external"
            shared_memory = "%s"
            """;

    @TempDir
    Path directory;
    MachineFixture machine;
    private final String sharedByB;
    private final List<AutoCloseable> started = new ArrayList<>();

    /** What the programs of b may share, as machine.toml says it. */
    ProgramsOfTwoOses(String sharedByB) {
        this.sharedByB = sharedByB;
    }

    @BeforeEach
    void startMachine() throws Exception {
        machine = new MachineFixture(directory, CONFIG.formatted(sharedByB));
        machine.start("a");
        machine.start("b");
    }

    @AfterEach
    void stopMachine() throws Exception {
        for (AutoCloseable each : started) {
            each.close();
        }
        machine.close();
    }

    Path token(String os) {
        return machine.osDirectory(os).resolve("token");
    }

    /** A program of this process. */
    Program join(String os) throws IOException {
        Program program = Program.join(machine.attachSocket(os), os, token(os));
        started.add(program);
        return program;
    }

    /** A program of its own process, in java or c. */
    PeerProcess peer(String os, String language) throws Exception {
        PeerProcess peer = PeerProcess.start(environment(os), language);
        started.add(peer);
        return peer;
    }

    /** What a program of an OS finds in its environment. */
    Map<String, String> environment(String os) {
        return Map.of("NK_ATTACH", machine.attachSocket(os).toString(), "NK_OS", os, "NK_TOKEN_FILE",
                token(os).toString());
    }

    long sharedBy(String os) throws Exception {
        return machine.on(() -> machine.switchboard().sharedBy(os));
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(Message message) {
        return StandardCharsets.UTF_8.decode(message.data()).toString();
    }

    static void assertRefused(AttachError error, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(AttachRefusedException.class,
                refusal -> assertThat(refusal.error()).isEqualTo(error));
    }
}
