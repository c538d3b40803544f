// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.attach.ProgramLink;
import org.nanorouter.nanokernel.program.Mutex;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.program.SharedMemory;
import org.nanorouter.nanokernel.switchboard.Switchboard;
import org.nanorouter.shim.Shim;

/** Memory of programs of two OSes: Java and C, each with each. */
@Timeout(90)
class SharedMemoryTest extends ProgramsOfTwoOses {
    private static final int SIGSEGV_STATUS = 128 + 11;

    SharedMemoryTest() {
        super("1 MiB");
    }

    private List<Switchboard.MemoryReport> memories() throws Exception {
        return machine.on(() -> machine.switchboard().memories());
    }

    @ParameterizedTest(name = "{0} makes, {1} maps")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void othersReadWhatTheMakerWrites(String maker, String reader) throws Exception {
        machine.restart("a");
        PeerProcess a = peer("a", maker);
        PeerProcess b = peer("b", reader);
        assertThat(a.ask("memory create m 5000 ro")).isEqualTo("ok 8192");
        assertThat(b.ask("memory open a m rw")).isEqualTo("refused " + AttachError.READ_ONLY.value());
        assertThat(b.ask("memory open a m ro")).isEqualTo("ok 8192 0 2");
        assertThat(a.ask("write m 8180 hello")).isEqualTo("ok");
        assertThat(b.ask("read m 8180 5")).isEqualTo("ok hello");
        assertThat(memories()).singleElement().satisfies(report -> {
            assertThat(report.os()).isEqualTo("a");
            assertThat(report.length()).isEqualTo(8192);
            assertThat(report.allWrite()).isFalse();
            assertThat(report.programs()).isEqualTo(1);
        });
        assertThat(b.ask("closed m")).isEqualTo("ok 0");
        assertThat(a.ask("free m")).isEqualTo("ok");
        await().until(() -> memories().isEmpty() && sharedBy("a") == 0);
        assertThat(b.ask("closed m")).isEqualTo("ok " + ClosedReason.BY_PEER.value());
        assertThat(b.ask("read m 8180 5")).as("what is mapped stays").isEqualTo("ok hello");
        assertThat(b.ask("free m")).isEqualTo("ok");
        assertThat(b.ask("memory open a m ro")).isEqualTo("refused " + AttachError.NO_SUCH_MEMORY.value());
    }

    @ParameterizedTest(name = "{0} makes, {1} maps")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void allWriteWhereTheMakerSaysSo(String maker, String other) throws Exception {
        PeerProcess a = peer("a", maker);
        PeerProcess b = peer("b", other);
        assertThat(a.ask("memory create m 1 rw")).isEqualTo("ok 4096");
        assertThat(b.ask("memory open a m rw")).isEqualTo("ok 4096 0 1");
        assertThat(b.ask("write m 0 there")).isEqualTo("ok");
        assertThat(a.ask("read m 0 5")).isEqualTo("ok there");
        a.kill();
        await().until(() -> memories().isEmpty());
        assertThat(b.ask("closed m")).isEqualTo("ok " + ClosedReason.PROGRAM_ENDED.value());
        assertThat(b.ask("read m 0 5")).isEqualTo("ok there");
    }

    @Test
    void memoryOfADeadIncarnationVanishes() throws Exception {
        join("a").createMemory("m", 4096, false);
        SharedMemory seen = join("b").openMemory("a", "m", false);
        assertThat(seen.closed()).isNull();
        machine.restart("a");
        await().until(() -> seen.closed() == ClosedReason.EPOCH_ENDED);
        assertRefused(AttachError.NO_SUCH_MEMORY, () -> join("b").openMemory("a", "m", false));
        assertThat(sharedBy("a")).isZero();
        SharedMemory next = join("a").createMemory("m", 4096, false);
        assertThat(next.ownerEpoch()).isEqualTo(2);
        assertThat(next.buffer().getLong(0)).isZero();
    }

    @ParameterizedTest(name = "they joined in the order {0}")
    @ValueSource(strings = {"012", "021", "102", "120", "201", "210"})
    void thoseThatShareMayAllEndAtOnce(String order) throws Exception {
        Program[] programs = new Program[order.length()];
        for (char which : order.toCharArray()) {
            programs[which - '0'] = join("a");
        }
        for (int maker = 0; maker < programs.length; maker++) {
            programs[maker].createMemory("m" + maker, 4096, false);
            for (Program other : programs) {
                if (other != programs[maker]) {
                    other.openMemory("a", "m" + maker, false);
                }
            }
        }
        // On the machine's thread, so that it looks at none of them before all have ended.
        machine.on(() -> {
            List.of(programs).forEach(Program::close);
            return 0;
        });
        await().until(() -> memories().isEmpty() && sharedBy("a") == 0);
    }

    @Test
    void nobodyClosesWhatIsAnothers() throws Exception {
        Program a = join("a");
        a.createMemory("m", 4096, false);
        Mutex mutex = a.mutex("x");
        assertThat(mutex.lock(0)).isEqualTo(Mutex.Result.LOCKED);
        try (ProgramLink link = ProgramLink.join(machine.attachSocket("b"), "b", token("b"))) {
            for (int id = 0; id < 100; id++) {
                link.giveUp(id);
            }
        }
        assertThat(join("b").openMemory("a", "m", false).closed()).isNull();
        mutex.unlock();
    }

    @Test
    void whatIsClosedIsRefusedAndNotTouched() throws Exception {
        Program a = join("a");
        Mutex mutex = a.mutex("x");
        mutex.close();
        assertThatThrownBy(() -> mutex.lock(0)).isInstanceOf(IllegalStateException.class);
        SharedMemory memory = a.createMemory("m", 4096, false);
        a.close();
        a.close();
        assertThatThrownBy(memory::buffer).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theHardwareRefusesAReadersWrite() throws Exception {
        join("a").createMemory("m", 4096, true);
        PeerProcess b = peer("b", "c");
        assertThat(b.ask("memory open a m ro")).startsWith("ok 4096 ");
        assertThat(b.ask("write m 0 no")).isEqualTo("null");
        assertThat(b.exitStatus()).isEqualTo(SIGSEGV_STATUS);
    }

    @Test
    void bothLanguagesListWhatThereIs() throws Exception {
        Program a = join("a");
        a.open("p1");
        a.createMemory("m", 4096, true);
        a.mutex("lock");
        String listing = join("b").list();
        assertThat(JSON.std.mapFrom(listing)).containsOnlyKeys("ports", "memory", "syncs", "oses");
        assertThat(listing).contains("\"p1\"", "\"m\"", "\"all\"", "\"lock\"", "\"mutex\"");
        ProcessBuilder builder = new ProcessBuilder(Shim.directory().resolve("nk-msg").toString(), "list");
        builder.environment().putAll(environment("b"));
        Process inC = builder.start();
        assertThat(new String(inC.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip()).isEqualTo(listing);
    }

    @Test
    void whatIsWrongIsRefused() throws Exception {
        Program a = join("a");
        a.createMemory("m", 4096, false);
        assertRefused(AttachError.NAME_TAKEN, () -> join("a").createMemory("m", 4096, false));
        assertRefused(AttachError.NO_SUCH_MEMORY, () -> a.openMemory("a", "m", false));
        assertRefused(AttachError.NO_SUCH_MEMORY, () -> a.openMemory("b", "m", false));
        assertRefused(AttachError.BAD_NAME, () -> a.openMemory("c", "m", false));
        assertRefused(AttachError.BAD_NAME, () -> a.createMemory("M", 4096, false));
        assertRefused(AttachError.BAD_LENGTH, () -> a.createMemory("n", Long.MAX_VALUE, false));
        assertRefused(AttachError.LIMIT, () -> join("b").createMemory("n", (1 << 20) + 1, false));
        assertThat(memories()).hasSize(1);
    }

    @Test
    void theProgramsOfAnOsHaveTogetherAsMuchAsTheyMay() throws Exception {
        for (int i = 0; i < Switchboard.MAX_PER_OS / Switchboard.MAX_PER_PROGRAM; i++) {
            Program each = join("a");
            for (int j = 0; j < Switchboard.MAX_PER_PROGRAM; j++) {
                each.createMemory("m" + i + "." + j, 1, false);
                each.mutex("x" + i + "." + j);
            }
        }
        Program more = join("a");
        assertRefused(AttachError.LIMIT, () -> more.createMemory("more", 1, false));
        assertRefused(AttachError.LIMIT, () -> more.mutex("more"));
        join("b").mutex("of-another-os");
    }

    @Test
    void aProgramHasAsMuchAsItMayAndLeavesNothingBehind() throws Exception {
        Program b = join("b");
        for (int i = 0; i < Switchboard.MAX_PER_PROGRAM; i++) {
            b.createMemory("m" + i, 4096, false);
        }
        assertRefused(AttachError.LIMIT, () -> b.createMemory("more", 4096, false));
        Program other = join("b");
        other.createMemory("rest", (1 << 20) - Switchboard.MAX_PER_PROGRAM * 4096, false);
        assertRefused(AttachError.LIMIT, () -> other.mutex("x"));
        b.close();
        await().until(() -> memories().size() == 1);
        other.mutex("x");
        other.close();
        await().until(() -> memories().isEmpty() && sharedBy("b") == 0);
    }
}
