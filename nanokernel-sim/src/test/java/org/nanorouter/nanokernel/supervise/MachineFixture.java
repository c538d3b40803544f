// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.nanorouter.nanokernel.attach.AttachListener;
import org.nanorouter.nanokernel.attach.Attachment;
import org.nanorouter.nanokernel.cell.CellCommand;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.cell.CgroupMounts;
import org.nanorouter.nanokernel.cell.ControlGroups;
import org.nanorouter.nanokernel.cell.DeviceRegistry;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.switchboard.Switchboard;

/** A machine on a loop of its own thread, and endpoints of the test's process. */
final class MachineFixture {
    private static final long WAIT_S = 15;
    private static final Duration POLL = Duration.ofMillis(10);

    final Path directory;
    private final AtomicLong passed = new AtomicLong();
    private final PollLoop loop;
    private final Machine machine;
    private final Thread thread;

    MachineFixture(Path directory, String config) throws IOException, ConfigException {
        this.directory = directory;
        Files.createDirectory(directory.resolve("os"));
        this.loop = new PollLoop(this::now);
        this.machine = new Machine(MachineConfig.parse(config, Path.of("m.toml")), this::osDirectory,
                new CellCommand(null, false, null,
                        ControlGroups.open(CgroupMounts.own(), "machine-fixture", false, false),
                        new DeviceRegistry(directory.resolve("devices"), RunDirectory.uid(), "fixture")),
                new CellRecord(directory.resolve("cells")), Keeper.none(), loop);
        this.thread = new Thread(loop::run, "machine");
        thread.start();
    }

    Path osDirectory(String os) {
        return directory.resolve("os").resolve(os);
    }

    Path attachSocket(String os) {
        return osDirectory(os).resolve("attach.sock");
    }

    /** The machine's time: it goes as it does for everybody, and jumps with {@link #pass}. */
    long now() {
        return System.nanoTime() + passed.get();
    }

    /** Lets time pass for the machine at once; then it looks at the signs of life, as it does not by itself. */
    void pass(Duration time) throws Exception {
        on(() -> {
            passed.addAndGet(time.toNanos());
            return machine.look(now(), 0);
        });
    }

    /** Lets time pass in which the nanokernel does nothing. */
    void standStill(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    <T> T on(Supplier<T> call) throws Exception {
        return wait(later(call));
    }

    /** Calls on the loop's thread; if that is this one, then after one look at all descriptors. */
    <T> CompletableFuture<T> later(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, loop);
    }

    void start(String os) throws Exception {
        wait(CompletableFuture.supplyAsync(() -> machine.start(os), loop).thenCompose(started -> started));
    }

    void stop(String os) throws Exception {
        wait(CompletableFuture.supplyAsync(() -> machine.stop(os), loop).thenCompose(stopped -> stopped));
    }

    void garble(String os) {
        machine.faults().garble(os);
    }

    /** To be used on the loop. */
    Switchboard switchboard() {
        return machine.view().switchboard();
    }

    /** The rings, each as {@code from>to: state used}. */
    List<String> rings() throws Exception {
        return on(() -> machine.view().channels().stream().map(ring -> ring.get("from") + ">" + ring.get("to") + ": "
                + ring.get("state") + " " + ring.get("used")).toList());
    }

    EventLog events() {
        return machine.view().events();
    }

    /** Waits until something of this kind has happened to the OS. */
    void awaitEvent(String os, String reason) {
        await(os + ": " + reason).atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL).until(() ->
                on(() -> machine.view().events().of(os).stream().anyMatch(event -> event.reason().contains(reason))));
    }

    /** Begins to restart an OS. */
    CompletableFuture<Void> requestRestart(String os) throws Exception {
        return on(() -> machine.restart(os));
    }

    /** Brings a failure about, if there is a process for it. */
    void inject(String os, FaultSignal fault) throws Exception {
        on(() -> {
            try {
                return machine.faults().signal(os, fault);
            } catch (IllegalStateException e) {
                return 0;
            }
        });
    }

    void restart(String os) throws Exception {
        wait(CompletableFuture.supplyAsync(() -> machine.restart(os), loop).thenCompose(started -> started));
    }

    private static <T> T wait(CompletableFuture<T> future)
            throws InterruptedException, TimeoutException, ExecutionException {
        return future.get(WAIT_S, TimeUnit.SECONDS);
    }

    Map<String, Object> show(String os) throws Exception {
        return on(() -> machine.view().show(os));
    }

    /** Answers os.postmortem as the control socket does. */
    Map<String, Object> answerPostmortem(Map<String, Object> request) throws Exception {
        return on(() -> machine.view().postmortem((String) request.get("os"), request));
    }

    /** Names of the ports that programs of an OS have opened. */
    List<String> ports(String os) throws Exception {
        return on(() -> machine.view().switchboard().ports().stream().filter(port -> port.os().equals(os))
                .map(port -> port.name()).toList());
    }

    String state(String os) throws Exception {
        return (String) show(os).get("state");
    }

    void awaitState(String os, String state) {
        await(os + " is " + state).atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL)
                .until(() -> state(os).equals(state));
    }

    /** Attaches and is done with SYNCED. */
    Endpoint attach(String os) throws IOException {
        Endpoint endpoint =
                new Endpoint(Attachment.connect(attachSocket(os), os, osDirectory(os).resolve("token")));
        endpoint.await("synced");
        return endpoint;
    }

    Endpoint attachReady(String os) throws Exception {
        Endpoint endpoint = attach(os);
        endpoint.attachment.ready();
        awaitState(os, "running");
        return endpoint;
    }

    /** Begins to stop everything. */
    CompletableFuture<Void> stopAll() throws Exception {
        return on(machine::stopAll);
    }

    void close() throws Exception {
        wait(stopAll());
        end();
    }

    /** Ends without a stop of what runs. */
    void end() throws Exception {
        loop.execute(loop::stop);
        thread.join();
        machine.close();
        loop.close();
    }

    /** An OS's end of the attach socket, and what it was told. */
    static final class Endpoint implements AttachListener, AutoCloseable {
        final Attachment attachment;
        final List<String> told = new ArrayList<>();

        private Endpoint(Attachment attachment) {
            this.attachment = attachment;
        }

        void await(String event) {
            org.awaitility.Awaitility.await(event).atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL).until(() -> {
                attachment.dispatch(this);
                return told.contains(event);
            });
        }

        @Override
        public void peer(Channel channel) {
            told.add("peer " + channel.peerName() + " " + channel.peerEpoch());
        }

        @Override
        public void peerGone(Channel channel) {
            told.add("gone " + channel.peerName() + " " + channel.peerEpoch());
        }

        @Override
        public void synced() {
            told.add("synced");
        }

        @Override
        public void peerRefused(int peerId, int peerEpoch, String reason) {
            told.add("refused " + peerId + " " + reason);
        }

        @Override
        public void lost(String reason) {
            told.add("lost");
        }

        @Override
        public void close() {
            attachment.close();
        }
    }
}
