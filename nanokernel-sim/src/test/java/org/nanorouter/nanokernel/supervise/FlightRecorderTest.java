// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.control.ControlServer;
import org.nanorouter.nanokernel.postmortem.Postmortem;
import org.nanorouter.nanokernel.postmortem.PostmortemTransfer;
import org.nanorouter.nanokernel.postmortem.RecordRecovery;
import org.nanorouter.nanokernel.postmortem.RingImage;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.nanokernel.supervise.MachineFixture.Endpoint;

/** What is left of an OS that failed, asked for as the command does it. */
@Timeout(60)
class FlightRecorderTest {
    private static final String CONFIG = """
            [machine]
            ring_size = "1 MiB"
            heartbeat = { period = "20 ms", deadline = "60 s" }
            [[os]]
            name = "a"
            kind = "external"
            restart = { policy = "never" }
            [[os]]
            name = "b"
            kind = "external"
            restart = { policy = "never" }
            """;

    @TempDir
    private Path directory;
    private MachineFixture machine;
    private ControlServer control;
    private Endpoint a;
    private Endpoint b;

    @BeforeEach
    void startMachine() throws Exception {
        start(directory, CONFIG);
    }

    private void start(Path place, String config) throws Exception {
        machine = new MachineFixture(place, config);
        control = ControlServer.start(place.resolve("c.sock"), request -> {
            try {
                return machine.answerPostmortem(request);
            } catch (ExecutionException e) {
                throw new ControlException(ControlException.NOT_FOUND, String.valueOf(e.getCause()));
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
        machine.start("a");
        machine.start("b");
        a = machine.attachReady("a");
        b = machine.attachReady("b");
        a.await("peer b 1");
    }

    @AfterEach
    void endMachine() throws Exception {
        a.close();
        b.close();
        control.close();
        machine.close();
    }

    private void send(Endpoint from, String text) {
        send(channel(from), text);
    }

    private void send(Channel channel, String text) {
        RingProducer producer = channel.producer();
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        int record = producer.claim(payload.length);
        assertThat(record).isNotNegative();
        producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, payload);
        producer.publish(RecordDescriptor.TYPE_MESSAGE, payload.length, machine.now());
    }

    private static void receive(Endpoint to) {
        RingConsumer consumer = channel(to).consumer();
        assertThat(consumer.poll()).isNotNegative();
        consumer.advance();
        consumer.release();
    }

    private static Channel channel(Endpoint endpoint) {
        return endpoint.attachment.channels().iterator().next();
    }

    private Postmortem fetch(String os) throws Exception {
        try (ControlClient client = ControlClient.connect(control.path())) {
            return PostmortemTransfer.fetch(client, os, false);
        }
    }

    private static List<String> texts(RingImage ring) {
        return RecordRecovery.recover(ring).stream().map(record -> {
            byte[] payload = new byte[record.length()];
            ring.bytes().get(record.payloadOffset(), payload);
            return new String(payload, StandardCharsets.UTF_8) + " " + record.fate();
        }).toList();
    }

    @Test
    void whatAnOsSentAndGotBeforeItsPanicIsThere() throws Exception {
        send(b, "first of b");
        send(b, "second of b");
        receive(a);
        send(a, "first of a");
        receive(b);
        send(a, "second of a");
        b.attachment.beat(machine.now());
        b.attachment.panic(7, "the\nworst", machine.now());
        machine.awaitState("b", "panicked");

        Postmortem found = fetch("b");
        assertThat(found).returns("b", Postmortem::os).returns(1, Postmortem::epoch)
                .returns("panic", Postmortem::failure).returns("panic 7: the?worst", Postmortem::text);
        assertThat(found.panic()).isNotNull().returns(7, Postmortem.Panic::code)
                .returns("the?worst", Postmortem.Panic::text);
        assertThat(found.beatAt()).isBetween(found.startedAt(), found.failedAt());
        assertThat(found.failedAt() + found.clockOffset())
                .isCloseTo(TimeUnit.MILLISECONDS.toNanos(Instant.now().toEpochMilli()),
                        org.assertj.core.data.Offset.offset(TimeUnit.SECONDS.toNanos(60)));
        assertThat(found.events()).extracting(Postmortem.Event::text).containsSubsequence(
                "epoch 1: booting -> running: its endpoint is ready",
                "epoch 1: running -> panicked: panic 7: the?worst");
        assertThat(found.rings()).extracting(RingImage::producer).containsExactly("b", "a");
        assertThat(texts(found.rings().get(0))).containsExactly("first of b DELIVERED", "second of b WAITING");
        assertThat(texts(found.rings().get(1))).containsExactly("first of a DELIVERED", "second of a WAITING");
    }

    @Test
    void moreThanOneReplyHoldsComesWhole() throws Exception {
        String text = "x".repeat(60_000);
        for (int i = 0; i < 12; i++) {
            send(b, text + i);
            receive(a);
        }
        b.attachment.panic(1, "", machine.now());
        machine.awaitState("b", "panicked");
        RingImage ring = fetch("b").rings().get(0);
        assertThat(ring.bytes().capacity()).isGreaterThan(2 * PostmortemTransfer.MAX_PART);
        assertThat(texts(ring)).hasSize(12).last().asString().endsWith("x11 DELIVERED");
    }

    @Test
    void anOsOfManyLargeRingsKeepsTheNewestOfEachWithinItsBound() throws Exception {
        endMachine();
        start(Files.createDirectory(directory.resolve("large")), CONFIG.replace("1 MiB", "4 MiB") + """
                [[os]]
                name = "c"
                kind = "external"
                """);
        machine.start("c");
        try (Endpoint c = machine.attachReady("c")) {
            assertThat(c.told).contains("peer b 1");
            b.await("peer c 1");
            String text = "x".repeat(60_000);
            for (Channel channel : b.attachment.channels()) {
                for (int i = 0; i < 50; i++) {
                    send(channel, text + i);
                }
            }
            b.attachment.panic(1, "", machine.now());
            machine.awaitState("b", "panicked");
            List<RingImage> rings = fetch("b").rings();
            assertThat(rings).hasSize(4);
            assertThat(rings.stream().mapToInt(ring -> ring.bytes().capacity()).sum())
                    .isBetween(FlightRecorder.MAX_BYTES / 2 - 8, FlightRecorder.MAX_BYTES);
            assertThat(rings.subList(0, 2)).allSatisfy(ring -> assertThat(texts(ring)).hasSizeGreaterThan(30)
                    .last().asString().endsWith("x49 WAITING"));
        }
    }

    @Test
    void theLastFailureIsKeptThroughTheNextEpochsAndAnOrderlyEndReplacesNothing() throws Exception {
        send(b, "of epoch 1");
        b.attachment.panic(1, "one", machine.now());
        machine.awaitState("b", "panicked");
        b.close();
        machine.restart("b");
        b = machine.attachReady("b");
        machine.restart("b");
        b.close();
        b = machine.attachReady("b");
        assertThat(fetch("b")).returns(1, Postmortem::epoch);
        b.attachment.panic(3, "three", machine.now());
        machine.awaitState("b", "panicked");
        Postmortem found = fetch("b");
        assertThat(found).returns(3, Postmortem::epoch);
        assertThat(found.rings()).allSatisfy(ring -> assertThat(texts(ring)).isEmpty());
    }

    /** Nobody beats, for longer than the deadline. */
    private void hang() throws Exception {
        machine.pass(Duration.ofSeconds(40));
        machine.pass(Duration.ofSeconds(40));
        assertThat(machine.state("b")).isEqualTo("hung");
    }

    @Test
    void aHangIsKeptIfItsEpochEndsWithItAndNotIfTheOsLivesOn() throws Exception {
        hang();
        b.attachment.beat(machine.now());
        machine.pass(Duration.ZERO);
        assertThat(machine.state("b")).isEqualTo("running");
        b.close();
        machine.restart("b");
        assertThatThrownBy(() -> fetch("b")).hasMessageContaining("has not failed");
        b = machine.attachReady("b");
        send(b, "the last");
        hang();
        machine.restart("b");
        assertThat(fetch("b")).returns(2, Postmortem::epoch).returns("heartbeat", Postmortem::failure);
        assertThat(texts(fetch("b").rings().get(0))).containsExactly("the last WAITING");
    }

    @Test
    void whatTheRingsOfALivingOsHoldIsThereAfterItsRouterDied() throws Exception {
        send(b, "delivered");
        receive(a);
        send(a, "not read any more");
        b.close();
        try (ControlClient client = ControlClient.connect(control.path())) {
            Postmortem found = PostmortemTransfer.fetch(client, "b", true);
            assertThat(found.isAlive()).isTrue();
            assertThat(found.text()).isEqualTo("it is running");
            assertThat(texts(found.rings().get(0))).containsExactly("delivered DELIVERED");
            assertThat(texts(found.rings().get(1))).containsExactly("not read any more WAITING");
            machine.stop("b");
            assertThatThrownBy(() -> PostmortemTransfer.fetch(client, "b", true)).hasMessageContaining("does not run");
        }
        assertThatThrownBy(() -> fetch("b")).hasMessageContaining("os=b has not failed");
    }

    @Test
    void anOsThatDidNotFailHasNone() {
        assertThatThrownBy(() -> fetch("a")).isInstanceOf(ControlException.class)
                .hasMessageContaining("os=a has not failed");
    }
}
