// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.InterruptedIOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.program.Semaphore;
import org.nanorouter.nanokernel.program.SharedMemory;
import org.nanorouter.nanokernel.switchboard.Switchboard;

/** Sync objects between programs of two OSes: Java and C, each with each, and what is left when one dies. */
@Timeout(90)
class SyncTest extends ProgramsOfTwoOses {
    private static final int KILLS = 3;
    private static final int MAX_KILLS = 60;
    private static final int LIFE_MICROSECONDS = 3_000;

    SyncTest() {
        super("64 MiB");
    }

    private List<Switchboard.SyncReport> syncs() throws Exception {
        return machine.on(() -> machine.switchboard().syncs());
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aMutexIsHeldByOneAtATimeAndPassedOnByDeath(String one, String two) throws Exception {
        PeerProcess a = peer("a", one);
        PeerProcess b = peer("b", two);
        assertThat(a.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(b.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(a.ask("wait m 0")).isEqualTo("ok 0");
        assertThat(a.ask("wait m 0")).isEqualTo("deadlock");
        assertThat(b.ask("wait m 0")).isEqualTo("timeout");
        assertThat(b.ask("wait m 20")).isEqualTo("timeout");
        assertThat(b.ask("give m")).isEqualTo("notmine");
        CompletableFuture<String> waiting = b.beginWait("wait m -1");
        assertThat(a.ask("give m")).isEqualTo("ok");
        assertThat(PeerProcess.get(waiting)).isEqualTo("ok 0");

        CompletableFuture<String> other = a.beginWait("wait m -1");
        b.kill();
        assertThat(PeerProcess.get(other)).isEqualTo("ok 1");
        assertThat(a.ask("give m")).isEqualTo("ok");
        assertThat(a.ask("wait m 0")).isEqualTo("ok 0");
        assertThat(a.ask("close m")).isEqualTo("ok");
        await().until(() -> syncs().isEmpty());
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void nothingIsTornWhereHoldersDieAtAnyStep(String killed, String surviving) throws Exception {
        long seed = Long.getLong("nanorouter.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        System.out.println("SyncTest seed=" + seed);
        SharedMemory counters = join("a").createMemory("counters", 4096, true);
        PeerProcess b = peer("b", surviving);
        assertThat(b.ask("memory open a counters rw")).startsWith("ok 4096 ");
        assertThat(b.ask("sync m 5 0 0")).isEqualTo("ok");
        long died = 0;
        for (int kill = 0; kill < KILLS || died == 0; kill++) {
            assertThat(kill).as("kills, of which none hit a holder; seed %d", seed).isLessThan(MAX_KILLS);
            PeerProcess a = peer("a", killed);
            assertThat(a.ask("memory open a counters rw")).startsWith("ok 4096 ");
            assertThat(a.ask("sync m 5 0 0")).isEqualTo("ok");
            long before = counters.buffer().getLong(0);
            CompletableFuture<String> spinning = a.begin("spin m counters 1000000000");
            CompletableFuture<String> beside = b.begin("spin m counters 2000");
            await().until(() -> counters.buffer().getLong(0) != before);
            a.killAfter(random.nextInt(LIFE_MICROSECONDS));
            died += died(PeerProcess.get(beside));
            assertThat(PeerProcess.get(spinning)).isEqualTo("null");
            died += died(b.ask("spin m counters 10"));
        }
        assertThat(counters.buffer().getLong(0)).isEqualTo(counters.buffer().getLong(Long.BYTES));
    }

    /** How often a spinner found that a holder had died. */
    private static long died(String answer) {
        assertThat(answer).startsWith("ok ");
        return Long.parseLong(answer.split(" ")[1]);
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aSemaphoreCountsAndWakes(String one, String two) throws Exception {
        PeerProcess a = peer("a", one);
        PeerProcess b = peer("b", two);
        assertThat(a.ask("sync s 1 1 2")).isEqualTo("ok");
        assertThat(b.ask("sync s 1 0 2")).isEqualTo("ok");
        assertThat(b.ask("sync s 1 0 3")).isEqualTo("refused " + AttachError.BAD_SYNC.value());
        assertThat(b.ask("wait s 0")).isEqualTo("ok 0");
        assertThat(b.ask("wait s 0")).isEqualTo("timeout");
        assertThat(b.ask("wait s 20")).isEqualTo("timeout");
        CompletableFuture<String> waiting = b.beginWait("wait s -1");
        assertThat(a.ask("give s")).isEqualTo("ok");
        assertThat(PeerProcess.get(waiting)).isEqualTo("ok 0");
        assertThat(a.ask("give s")).isEqualTo("ok");
        assertThat(b.ask("give s")).isEqualTo("ok");
        assertThat(a.ask("give s")).isEqualTo("full");
        assertThat(syncs().get(0).word()).isEqualTo(2);
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void twoSemaphoresPassATurnToAndFro(String one, String two) throws Exception {
        PeerProcess a = peer("a", one);
        PeerProcess b = peer("b", two);
        for (PeerProcess each : List.of(a, b)) {
            assertThat(each.ask("sync ping 1 0 1")).isEqualTo("ok");
            assertThat(each.ask("sync pong 1 0 1")).isEqualTo("ok");
        }
        CompletableFuture<String> far = b.begin("pass ping pong 2000");
        assertThat(a.ask("give ping")).isEqualTo("ok");
        assertThat(a.ask("pass pong ping 1999")).startsWith("ok ");
        assertThat(PeerProcess.get(far)).startsWith("ok ");
        assertThat(a.ask("wait pong 1000")).isEqualTo("ok 0");
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void anEventLetsOneOrAllPass(String one, String two) throws Exception {
        PeerProcess a = peer("a", one);
        PeerProcess b = peer("b", two);
        for (PeerProcess each : List.of(a, b)) {
            assertThat(each.ask("sync all 2 0 0")).isEqualTo("ok");
            assertThat(each.ask("sync one 3 0 0")).isEqualTo("ok");
        }
        CompletableFuture<String> waiting = b.beginWait("wait all -1");
        assertThat(a.ask("give all")).isEqualTo("ok");
        assertThat(PeerProcess.get(waiting)).isEqualTo("ok 0");
        assertThat(a.ask("wait all 0")).isEqualTo("ok 0");
        assertThat(b.ask("reset all")).isEqualTo("ok");
        assertThat(a.ask("wait all 0")).isEqualTo("timeout");

        CompletableFuture<String> pulse = b.beginWait("wait all -1");
        assertThat(a.ask("give all")).isEqualTo("ok");
        assertThat(a.ask("reset all")).isEqualTo("ok");
        assertThat(PeerProcess.get(pulse)).as("set and reset while it waited").isEqualTo("ok 0");

        CompletableFuture<String> single = b.beginWait("wait one -1");
        assertThat(a.ask("give one")).isEqualTo("ok");
        assertThat(PeerProcess.get(single)).isEqualTo("ok 0");
        assertThat(a.ask("wait one 0")).isEqualTo("timeout");
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aBarrierIsBrokenByWhoeverDiesOrGivesUp(String one, String two) throws Exception {
        PeerProcess a = peer("a", one);
        PeerProcess b = peer("b", two);
        PeerProcess c = peer("b", two);
        for (PeerProcess each : List.of(a, b, c)) {
            assertThat(each.ask("sync b 4 0 3")).isEqualTo("ok");
        }
        CompletableFuture<String> first = a.beginWait("wait b -1");
        CompletableFuture<String> second = b.beginWait("wait b -1");
        assertThat(c.ask("wait b -1")).isEqualTo("ok 1");
        assertThat(PeerProcess.get(first)).isEqualTo("ok 0");
        assertThat(PeerProcess.get(second)).isEqualTo("ok 0");

        CompletableFuture<String> left = a.beginWait("wait b -1");
        assertThat(b.ask("wait b 20")).isEqualTo("timeout");
        assertThat(PeerProcess.get(left)).isEqualTo("broken");
        assertThat(c.ask("wait b -1")).isEqualTo("broken");
        assertThat(c.ask("give b")).isEqualTo("ok");

        CompletableFuture<String> undone = a.beginWait("wait b -1");
        assertThat(c.ask("give b")).as("a reset").isEqualTo("ok");
        assertThat(PeerProcess.get(undone)).isEqualTo("broken");

        CompletableFuture<String> waiting = a.beginWait("wait b -1");
        c.kill();
        assertThat(PeerProcess.get(waiting)).isEqualTo("broken");
        assertThat(a.ask("give b")).isEqualTo("ok");
    }

    @Test
    void theEpochsEndReleasesWhatItsProgramsHeld() throws Exception {
        PeerProcess a = peer("a", "c");
        PeerProcess b = peer("b", "c");
        assertThat(a.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(b.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(a.ask("wait m 0")).isEqualTo("ok 0");
        CompletableFuture<String> waiting = b.beginWait("wait m -1");
        machine.restart("a");
        assertThat(PeerProcess.get(waiting)).isEqualTo("ok 1");
    }

    @Test
    void whoClosesAMutexThatItHoldsCountsAsDead() throws Exception {
        PeerProcess a = peer("a", "c");
        PeerProcess b = peer("b", "java");
        assertThat(a.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(b.ask("sync m 5 0 0")).isEqualTo("ok");
        assertThat(a.ask("wait m 0")).isEqualTo("ok 0");
        assertThat(a.ask("close m")).isEqualTo("ok");
        assertThat(b.ask("wait m -1")).isEqualTo("ok 1");
    }

    @Test
    void aWaitCanBeInterrupted() throws Exception {
        Program program = join("a");
        Semaphore semaphore = program.semaphore("s", 0, 1);
        program.interrupt();
        assertThatThrownBy(() -> semaphore.acquire(-1)).isInstanceOf(InterruptedIOException.class);
        assertThat(semaphore.acquire(1)).as("one interruption ends one wait").isFalse();
        CompletableFuture<Void> other = PeerProcess.onceThisProcessWaits(program::interrupt);
        assertThatThrownBy(() -> semaphore.acquire(WAIT_MS)).isInstanceOf(InterruptedIOException.class);
        other.get();

        var port = program.open("p");
        program.interrupt();
        assertThatThrownBy(() -> port.receive(-1)).isInstanceOf(InterruptedIOException.class);
        assertThat(port.receive(1)).isNull();

        PeerProcess c = peer("b", "c");
        assertThat(c.ask("sync s 1 0 1")).isEqualTo("ok");
        CompletableFuture<String> waiting = c.beginWait("wait s -1");
        c.interrupt();
        assertThat(PeerProcess.get(waiting)).isEqualTo("interrupted");
        assertThat(c.ask("wait s 1")).isEqualTo("timeout");
    }

    @Test
    void whatIsWrongIsRefused() throws Exception {
        PeerProcess a = peer("a", "c");
        String badSync = "refused " + AttachError.BAD_SYNC.value();
        assertThat(a.ask("sync x 0 0 0")).isEqualTo(badSync);
        assertThat(a.ask("sync x 6 0 0")).isEqualTo(badSync);
        assertThat(a.ask("sync x 1 0 0")).isEqualTo(badSync);
        assertThat(a.ask("sync x 1 3 2")).isEqualTo(badSync);
        assertThat(a.ask("sync x 4 0 0")).isEqualTo(badSync);
        assertThat(a.ask("sync x 4 0 1024")).isEqualTo(badSync);
        assertThat(a.ask("sync x 5 1 0")).isEqualTo(badSync);
        assertThat(a.ask("sync X 5 0 0")).isEqualTo("refused " + AttachError.BAD_NAME.value());
        assertThat(syncs()).isEmpty();
        assertThat(a.ask("sync x 5 0 0")).isEqualTo("ok");
        assertThat(a.ask("sync x 1 0 1")).isEqualTo(badSync);
    }

    @Test
    void aProgramHasAsManyAsItMayAndLeavesNoneBehind() throws Exception {
        Program program = join("a");
        for (int i = 0; i < Switchboard.MAX_PER_PROGRAM; i++) {
            program.mutex("m" + i);
        }
        assertThatThrownBy(() -> program.mutex("more")).isInstanceOfSatisfying(AttachRefusedException.class,
                refusal -> assertThat(refusal.error()).isEqualTo(AttachError.LIMIT));
        assertThat(sharedBy("a")).isEqualTo(64 * 4096);
        program.close();
        await().until(() -> syncs().isEmpty() && sharedBy("a") == 0);
    }
}
