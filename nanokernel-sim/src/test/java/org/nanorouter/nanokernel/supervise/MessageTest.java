// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Connection;
import org.nanorouter.nanokernel.program.Message;
import org.nanorouter.nanokernel.program.MessagePort;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.switchboard.Switchboard;
import org.nanorouter.shim.Shim;

/** Messages between programs of two OSes, through a nanokernel. */
@Timeout(60)
class MessageTest extends ProgramsOfTwoOses {

    MessageTest() {
        super("2 MiB");
    }

    @Test
    void aMessageArrivesWithItsSendersNameEpochAndNumber() throws Exception {
        machine.restart("a");
        MessagePort port = join("b").open("p1");
        Program a = join("a");
        Connection connection = a.connect("b", "p1");
        assertThat(connection.send(bytes("hello"), 0)).isTrue();
        assertThat(connection.send(bytes("again"), 0)).isTrue();

        Message first = port.receive(WAIT_MS);
        assertThat(text(first)).isEqualTo("hello");
        assertThat(first.isRequest()).isFalse();
        assertThat(first.from().peerOs()).isEqualTo("a");
        assertThat(first.from().peerEpoch()).isEqualTo(2);
        assertThat(first.from().peerProgram()).isEqualTo(a.programId());
        long number = first.sequence();
        assertThat(first.sentAt()).isLessThanOrEqualTo(System.nanoTime());
        Message second = port.receive(WAIT_MS);
        assertThat(text(second)).isEqualTo("again");
        assertThat(second.sequence()).isEqualTo(number + 1);
        assertThat(port.receive(0)).isNull();
    }

    @Test
    void aRequestGetsItsReply() throws Exception {
        MessagePort port = join("b").open("p1");
        CompletableFuture<Void> server = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < 100; i++) {
                    Message request = port.receive(WAIT_MS);
                    assertThat(request.isRequest()).isTrue();
                    assertThat(request.from().reply(request, bytes("re: " + text(request)), WAIT_MS)).isTrue();
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        Connection connection = join("a").connect("b", "p1");
        for (int i = 0; i < 100; i++) {
            Message reply = connection.request(bytes("number " + i), WAIT_MS);
            if (reply == null) {
                // Says why.
                server.getNow(null);
            }
            assertThat(text(reply)).isEqualTo("re: number " + i);
        }
        server.get(WAIT_MS, TimeUnit.MILLISECONDS);
    }

    private Process program(String os, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Shim.directory().resolve("nk-msg").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment(os));
        return builder.start();
    }

    @Test
    void aProgramInCAnswersOneInJava() throws Exception {
        Process server = program("b", "recv", "p1", "50");
        Program a = join("a");
        Connection connection = null;
        while (connection == null) {
            try {
                connection = a.connect("b", "p1");
            } catch (AttachRefusedException e) {
                assertThat(e.error()).isEqualTo(AttachError.NO_SUCH_PORT);
            }
        }
        for (int i = 0; i < 50; i++) {
            assertThat(text(connection.request(bytes("number " + i), WAIT_MS))).isEqualTo("number " + i);
        }
        assertThat(server.waitFor(WAIT_MS, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
        assertThat(server.inputReader().lines()).hasSize(50).startsWith("number 0").endsWith("number 49");
    }

    @Test
    void aProgramInJavaAnswersOneInC() throws Exception {
        MessagePort port = join("b").open("p1");
        Process client = program("a", "ask", "b", "p1", "one", "two", "three");
        for (int i = 0; i < 3; i++) {
            Message request = port.receive(WAIT_MS);
            assertThat(request.from().reply(request, bytes(text(request) + "!"), WAIT_MS)).isTrue();
        }
        assertThat(client.waitFor(WAIT_MS, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(client.inputReader().lines()).containsExactly("one!", "two!", "three!");
    }

    @Test
    void programsInCTalkToEachOther() throws Exception {
        Process receiver = program("b", "recv", "p1", "3");
        Process sender = program("a", "send", "b", "p1", "one", "two", "three");
        while (sender.waitFor() != 0) {
            // The port is not open yet.
            sender = program("a", "send", "b", "p1", "one", "two", "three");
        }
        assertThat(receiver.waitFor(WAIT_MS, TimeUnit.MILLISECONDS)).isTrue();
        assertThat(receiver.inputReader().lines()).containsExactly("one", "two", "three");
    }

    @Test
    void aReceiverTakesFromAllInTurn() throws Exception {
        MessagePort port = join("b").open("p1");
        Connection one = join("a").connect("b", "p1");
        Connection two = join("b").connect("b", "p1");
        for (int i = 0; i < 3; i++) {
            one.send(bytes("one " + i), 0);
            two.send(bytes("two " + i), 0);
        }
        List<String> received = new ArrayList<>();
        for (Message next = port.receive(WAIT_MS); received.size() < 5; next = port.receive(WAIT_MS)) {
            received.add(text(next));
        }
        assertThat(received.subList(0, 2)).containsExactlyInAnyOrder("one 0", "two 0");
        assertThat(received.subList(2, 4)).containsExactlyInAnyOrder("one 1", "two 1");
    }

    @Test
    void nothingIsLostOrDisorderedWhereTheSenderIsFaster() throws Exception {
        long seed = System.nanoTime();
        MessagePort port = join("b").open("p1");
        Connection connection = join("a").connect("b", "p1");
        CompletableFuture<Long> sender = CompletableFuture.supplyAsync(() -> {
            Random random = new Random(seed);
            CRC32 sum = new CRC32();
            for (int i = 0; i < 2_000; i++) {
                byte[] data = new byte[1 + random.nextInt(i % 10 == 0 ? AbiDescriptor.MAX_MESSAGE : 100)];
                random.nextBytes(data);
                sum.update(data);
                try {
                    assertThat(connection.send(ByteBuffer.wrap(data), WAIT_MS)).isTrue();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
            return sum.getValue();
        });
        CRC32 sum = new CRC32();
        for (int i = 0; i < 2_000; i++) {
            Message message = port.receive(WAIT_MS);
            assertThat(message).as("message %d, seed %d", i, seed).isNotNull();
            sum.update(message.data());
        }
        assertThat(sum.getValue()).as("seed %d", seed).isEqualTo(sender.get(WAIT_MS, TimeUnit.MILLISECONDS));
    }

    @Test
    void aFullQueueRefusesWhoDoesNotWait() throws Exception {
        MessagePort port = join("b").open("p1");
        Connection connection = join("a").connect("b", "p1");
        ByteBuffer large = ByteBuffer.allocate(AbiDescriptor.MAX_MESSAGE);
        int sent = 0;
        while (connection.send(large, 0)) {
            sent++;
        }
        assertThat(sent).isEqualTo(3);
        assertThat(connection.send(large, 1)).isFalse();
        for (int i = 0; i < sent; i++) {
            assertThat(port.receive(WAIT_MS).length()).isEqualTo(AbiDescriptor.MAX_MESSAGE);
        }
        assertThat(port.receive(0)).isNull();
        assertThat(connection.send(large, WAIT_MS)).isTrue();
    }

    @Test
    void whatIsNoMessageIsRefusedWithTheLimit() throws Exception {
        join("b").open("p1");
        Connection connection = join("a").connect("b", "p1");
        assertThatThrownBy(() -> connection.send(ByteBuffer.allocate(AbiDescriptor.MAX_MESSAGE + 1), 0))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("65536");
        assertThatThrownBy(() -> connection.send(ByteBuffer.allocate(0), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void requestsThatCannotBeAreRefusedByName() throws Exception {
        Program b = join("b");
        b.open("p1");
        assertRefused(AttachError.NAME_TAKEN, () -> join("b").open("p1"));
        assertRefused(AttachError.BAD_NAME, () -> b.open("P 1"));
        assertRefused(AttachError.BAD_CAPACITY, () -> b.open("p2", 300_000));
        Program a = join("a");
        assertRefused(AttachError.BAD_NAME, () -> a.connect("c", "p1"));
        assertRefused(AttachError.NO_SUCH_PORT, () -> a.connect("b", "p2"));
        assertRefused(AttachError.NO_SUCH_PORT, () -> a.connect("a", "p1"));
        // 2 MiB of b are not enough for a half of 4 MiB.
        b.open("large", 4 << 20);
        assertRefused(AttachError.LIMIT, () -> a.connect("b", "large"));
        a.open("p1");
    }

    @Test
    void aProgramHasAsManyPortsAsItMay() throws Exception {
        Program java = join("a");
        PeerProcess c = peer("b", "c");
        for (int i = 0; i < Switchboard.MAX_PER_PROGRAM; i++) {
            java.open("p" + i);
            assertThat(c.ask("port p" + i)).isEqualTo("ok");
        }
        assertRefused(AttachError.LIMIT, () -> java.open("more"));
        assertThat(c.ask("port more")).isEqualTo("refused " + AttachError.LIMIT.value());
    }

    @Test
    void eachEndHasAsManyConnectionsAsItMay() throws Exception {
        MessagePort port = join("a").open("p1");
        PeerProcess caller = peer("a", "c");
        for (int i = 0; i < Switchboard.MAX_PER_PROGRAM; i++) {
            assertThat(caller.ask("connect a p1")).isEqualTo("ok");
            assertThat(port.receive(0)).as("it reads what it is told").isNull();
        }
        join("a").open("p2");
        assertThat(caller.ask("connect a p2")).isEqualTo("refused " + AttachError.LIMIT.value());
        Program other = join("a");
        assertThatThrownBy(() -> other.connect("a", "p1")).hasMessageContaining("64 connections");
        other.connect("a", "p2");
    }

    @Test
    void sharedMemoryIsGivenBackWithItsConnection() throws Exception {
        join("b").open("p1", 1 << 20);
        Program a = join("a");
        a.connect("b", "p1").close();
        Connection second = a.connect("b", "p1");
        assertRefused(AttachError.LIMIT, () -> a.connect("b", "p1"));
        second.close();
        a.connect("b", "p1");
    }

    @Test
    void onlyWhoKnowsTheTokenJoins() throws Exception {
        Path wrong = Files.write(directory.resolve("wrong"), new byte[32]);
        assertRefused(AttachError.BAD_TOKEN, () -> Program.join(machine.attachSocket("a"), "a", wrong));
        assertRefused(AttachError.UNKNOWN_OS, () -> Program.join(machine.attachSocket("a"), "b",
                machine.osDirectory("b").resolve("token")));
    }

    @Test
    void whatAProgramSentBeforeItEndedIsStillReceived() throws Exception {
        Program b = join("b");
        MessagePort port = b.open("p1");
        Program a = join("a");
        Connection connection = a.connect("b", "p1");
        connection.send(bytes("last words"), 0);
        a.close();
        Message message = port.receive(WAIT_MS);
        assertThat(text(message)).isEqualTo("last words");
        Connection from = message.from();
        while (from.closedReason() == null) {
            assertThat(port.receive(10)).isNull();
        }
        assertThat(from.closedReason()).isEqualTo(ClosedReason.PROGRAM_ENDED);
        assertThatThrownBy(() -> from.send(bytes("anybody?"), 0)).hasMessageContaining("PROGRAM_ENDED");
    }

    @Test
    void aCallerIsToldThatThePortsProgramIsGone() throws Exception {
        Program b = join("b");
        b.open("p1");
        Connection connection = join("a").connect("b", "p1");
        b.close();
        assertThatThrownBy(() -> connection.receive(WAIT_MS)).hasMessageContaining("PROGRAM_ENDED");
        assertRefused(AttachError.NO_SUCH_PORT, () -> join("a").connect("b", "p1"));
    }

    @Test
    void nothingOfAnEndedEpochIsReceived() throws Exception {
        MessagePort port = join("b").open("p1");
        Connection connection = join("a").connect("b", "p1");
        connection.send(bytes("first"), 0);
        Connection from = port.receive(WAIT_MS).from();
        connection.send(bytes("too late"), 0);
        connection.send(bytes("too late"), 0);
        machine.restart("a");
        while (from.closedReason() == null) {
            port.receive(10);
        }
        assertThat(from.closedReason()).isEqualTo(ClosedReason.EPOCH_ENDED);
        assertThat(port.receive(0)).isNull();
    }

    @Test
    void aProgramDoesNotConnectToItself() throws Exception {
        Program b = join("b");
        b.open("p1");
        assertRefused(AttachError.NO_SUCH_PORT, () -> b.connect("b", "p1"));
    }

    @Test
    void programsLeaveWithTheirEpoch() throws Exception {
        Connection connection = join("a").connect("b", openIn("b"));
        machine.restart("b");
        assertThatThrownBy(() -> connection.receive(WAIT_MS)).hasMessageContaining("EPOCH_ENDED");
    }

    private String openIn(String os) throws IOException {
        return join(os).open("p1").name();
    }
}
