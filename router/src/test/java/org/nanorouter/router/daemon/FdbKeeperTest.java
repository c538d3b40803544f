// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.nic.NicPort;
import org.nanorouter.router.port.nic.PairWire;

class FdbKeeperTest {
    private static final long AGEING_MS = 300_000;
    private static final long NOW = 1_000_000_000;
    private static final long ONE = 0x0200_0000_0011L;
    private static final long TWO = 0x0200_0000_0022L;

    @TempDir
    private Path directory;
    private FdbFile file;

    @BeforeEach
    void name() {
        file = FdbFile.beside(directory.resolve("router.sock"));
    }

    /** A router of two ports, as far as its table of addresses goes. */
    private final class Life implements AutoCloseable {
        private final Fdb fdb = new Fdb(64, 32, AGEING_MS, Engine.MAX_PORTS, 42);
        private final Engine engine = new Engine(new Bridge(fdb, Engine.MAX_PORTS),
            ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, () -> 0);
        private final PairWire[] wire = PairWire.create();
        private final List<Port> ports;
        private final FdbKeeper keeper;

        Life(String first, String second, long now) throws Exception {
            ports = List.of(NicPort.onPair(first, wire[0], 1500), NicPort.onPair(second, wire[1], 1500));
            keeper = new FdbKeeper(file, engine, now);
            for (Port port : ports) {
                engine.add(port);
                keeper.adopt(port, now);
            }
        }

        @Override
        public void close() {
            keeper.close();
            for (Port port : ports) {
                port.close();
            }
        }
    }

    @Test
    void whatWasLearnedIsFoundBehindThePortOfTheSameNameWithItsAge() throws Exception {
        try (Life life = new Life("a", "b", NOW)) {
            life.fdb.learn(ONE, 0, 0, NOW - 1_000);
            life.fdb.learn(TWO, 7, 1, NOW);
            life.keeper.save(NOW);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path()))).isEqualTo("rw-------");
        try (Life life = new Life("b", "a", NOW + 10)) {
            assertThat(life.fdb.find(ONE, 0, NOW + 10)).isEqualTo(1);
            assertThat(life.fdb.find(TWO, 7, NOW + 10)).isZero();
            assertThat(life.fdb.find(ONE, 0, NOW - 1_000 + AGEING_MS)).as("aged from its old age on")
                .isEqualTo(Fdb.NONE);
        }
    }

    @Test
    void whatIsPinnedIsNotKeptAndNotOvertaken() throws Exception {
        try (Life life = new Life("a", "b", NOW)) {
            life.fdb.pin(ONE, 0, 0, NOW);
            life.fdb.learn(TWO, 0, 0, NOW);
            life.keeper.save(NOW);
        }
        assertThat(file.read(NOW)).extracting(FdbFile.Entry::address).containsExactly(TWO);
        try (Life life = new Life("c", "d", NOW)) {
            assertThat(life.fdb.size()).as("no port of that name").isZero();
        }
    }

    @Test
    void aTableWithNothingLearnedLeavesNoFile() throws Exception {
        try (Life life = new Life("a", "b", NOW)) {
            life.keeper.save(NOW);
        }
        assertThat(file.path()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "garbage", "nanorouter-fdb 1 x\n", "nanorouter-fdb 9 x\ncrc 00000000\n", "\0\0\0\0"})
    void garbageIsIgnored(String text) throws Exception {
        Files.writeString(file.path(), text);
        assertThat(file.read(NOW)).isEmpty();
    }

    @Test
    void everySingleDamagedByteIsNoticed() throws Exception {
        file.write(List.of(new FdbFile.Entry(ONE, 0, NOW, "a")));
        byte[] good = Files.readAllBytes(file.path());
        assertThat(file.read(NOW)).hasSize(1);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(file.path(), bad);
            assertThat(file.read(NOW)).as("byte %d", i).isEmpty();
        }
    }

    @Test
    void anEntryFromTheFutureMakesTheFileWorthless() throws Exception {
        file.write(List.of(new FdbFile.Entry(ONE, 0, NOW + 1, "a")));
        assertThat(file.read(NOW)).isEmpty();
    }
}
