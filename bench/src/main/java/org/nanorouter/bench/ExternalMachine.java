// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nanorouter.nanokernel.attach.AttachListener;
import org.nanorouter.nanokernel.attach.Attachment;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;

/**
 * A nanokernel with OSes of kind external, os0 and so on, in a ring: each has a channel to its two neighbours. It ends
 * with its site.
 */
final class ExternalMachine {
    private static final String RING_SIZE = "256 KiB";
    private static final int POLL_MS = 1_000;

    private final Site site;
    private final String home;
    private final Path directory;
    private final List<String> oses = new ArrayList<>();

    ExternalMachine(Site site, String name, int count) throws IOException, InterruptedException {
        this.site = site;
        home = System.getProperty("nanorouter.home");
        if (home == null) {
            throw new Programs.ProgramException("nanorouter.home is not set: run this by the nanorouter command");
        }
        StringBuilder machine = new StringBuilder("[machine]\nname = \"" + name + "\"\nring_size = \"" + RING_SIZE
                + "\"\n");
        for (int i = 0; i < count; i++) {
            Set<String> neighbours = new TreeSet<>(List.of("os" + (i + 1) % count, "os" + (i + count - 1) % count));
            oses.add("os" + i);
            machine.append("[[os]]\nname = \"os").append(i).append("\"\nkind = \"external\"\npeers = [\"")
                    .append(String.join("\", \"", neighbours)).append("\"]\n");
        }
        Path file = Files.writeString(site.folder().resolve("machine.toml"), machine);
        Path run = site.folder().resolve("run");
        directory = run.resolve(name).resolve("os");
        site.startHere(List.of("env", "NANOROUTER_RUN=" + run, home + "/bin/nanorouter", "kernel", "-c",
                file.toString(), "--lifeline"));
        for (String os : oses) {
            Site.await("OS " + os, () -> Files.exists(attachSocket(os)) && Files.exists(token(os)));
        }
    }

    private Path attachSocket(String os) {
        return directory.resolve(os).resolve("attach.sock");
    }

    private Path token(String os) {
        return directory.resolve(os).resolve("token");
    }

    private List<String> program(String os, String... arguments) {
        List<String> command = new ArrayList<>(List.of("env", "NK_ATTACH=" + attachSocket(os), "NK_OS=" + os,
                "NK_TOKEN_FILE=" + token(os), home + "/native/nk-bench"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs nk-bench in an OS to its end, and answers what it printed. */
    String run(String os, String... arguments) throws IOException, InterruptedException {
        return Programs.run(program(os, arguments));
    }

    /** Starts nk-bench in an OS. */
    Process start(String os, String... arguments) throws IOException {
        return site.startHere(program(os, arguments));
    }

    /** Attaches an endpoint to each OS; nanoseconds until each has all its channels. */
    long attachAll() throws IOException {
        long begin = System.nanoTime();
        List<Attachment> attachments = new ArrayList<>();
        Counter counter = new Counter();
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            for (String os : oses) {
                attachments.add(Attachment.connect(attachSocket(os), os, token(os)));
            }
            for (Attachment each : attachments) {
                int wanted = oses.size() == 2 ? 1 : 2;
                for (counter.channels = 0; counter.channels < wanted || !counter.synced;) {
                    counter.synced = false;
                    entry.buffer().putInt(Poll.FD_OFFSET, each.fd()).putShort(Poll.EVENTS_OFFSET, Poll.IN);
                    if (Poll.poll(entry.address(), 1, POLL_MS) == 0) {
                        throw new Programs.ProgramException(each.osName() + " has " + counter.channels
                                + " channels, and no more came");
                    }
                    each.dispatch(counter);
                }
            }
            return System.nanoTime() - begin;
        } finally {
            attachments.forEach(Attachment::close);
        }
    }

    /** Bytes of the regions of all OSes. */
    long regionBytes() throws IOException, InterruptedException {
        long sum = 0;
        String map = Programs.run("env", "NANOROUTER_RUN=" + directory.getParent().getParent(),
                home + "/bin/nanorouter", "mem", "map", "-j");
        for (Object os : (List<?>) JSON.std.mapFrom(map).get("oses")) {
            sum += ((Number) ((Map<?, ?>) os).get("region")).longValue();
        }
        return sum;
    }

    /** Bytes that the nanokernel, without its keeper, has in memory. */
    long residentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + nanokernel() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new Programs.ProgramException("the nanokernel has ended");
    }

    private long nanokernel() throws IOException {
        try (ControlClient client = ControlClient.connect(directory.resolveSibling("kernel.sock"))) {
            return ((Number) client.call("status").get("pid")).longValue();
        } catch (ControlException e) {
            throw new IOException(e);
        }
    }

    private static final class Counter implements AttachListener {
        private int channels;
        private boolean synced;

        @Override
        public void peer(Channel channel) {
            channels++;
        }

        @Override
        public void peerGone(Channel channel) {
            channels--;
        }

        @Override
        public void synced() {
            synced = true;
        }

        @Override
        public void peerRefused(int peerId, int peerEpoch, String reason) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void lost(String reason) {
            throw new IllegalStateException(reason);
        }
    }
}
