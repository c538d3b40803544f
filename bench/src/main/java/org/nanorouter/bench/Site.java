// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What one contender needs for one round: three network namespaces (A, B, and one in which the contender itself makes
 * its devices), a folder, and the processes it starts. Closing it ends and removes all of that; the end of the JVM
 * closes it. Of a JVM that was killed the processes end too, and the next site removes the rest. Used by one thread.
 */
final class Site implements AutoCloseable {
    static final String ADDRESS_A = "10.77.9.1";
    static final String ADDRESS_B = "10.77.9.2";
    private static final long READY_SECONDS = 20;

    private final String namespaceA;
    private final String namespaceB;
    private final String namespaceWire;
    private final String tag;
    private final Deque<Process> processes = new ArrayDeque<>();
    private final List<String> namespaces = new ArrayList<>();
    private final Thread atEnd = new Thread(this::closeAtEnd, "bench-end");
    private Path folder;
    private boolean closed;

    Site() throws IOException, InterruptedException {
        Leftovers.remove();
        tag = Leftovers.NAMESPACE_PREFIX + ProcessHandle.current().pid();
        namespaceA = tag + "-a";
        namespaceB = tag + "-b";
        namespaceWire = tag + "-w";
        // Before anything is made: a JVM that ends does not wait for this thread.
        try {
            Runtime.getRuntime().addShutdownHook(atEnd);
        } catch (IllegalStateException e) {
            throw new Programs.ProgramException("this program is being ended");
        }
        try {
            makeFolder();
            for (String name : List.of(namespaceA, namespaceB, namespaceWire)) {
                addNamespace(name);
                Programs.run("ip", "-n", name, "link", "set", "lo", "up");
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private synchronized void makeFolder() throws IOException {
        checkOpen();
        folder = Files.createTempDirectory(Leftovers.FOLDER_PREFIX + ProcessHandle.current().pid() + "-");
    }

    private synchronized void addNamespace(String name) throws IOException, InterruptedException {
        checkOpen();
        Programs.run("ip", "netns", "add", name);
        namespaces.add(name);
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new Programs.ProgramException("interrupted");
        }
    }

    Path folder() {
        return folder;
    }

    Path log() {
        return folder.resolve("log");
    }

    /** Name for side A's device; at most 15 characters, as the kernel wants it. */
    String deviceA() {
        return tag + "a";
    }

    String deviceB() {
        return tag + "b";
    }

    Wire wire() {
        return new Wire(enter(namespaceA), enter(namespaceB), ADDRESS_A, ADDRESS_B);
    }

    /** Starts a program that stays until this site is closed, in the namespace where the contender makes devices. */
    Process startInWire(String... command) throws IOException {
        return start(namespaceWire, command);
    }

    Process startInA(String... command) throws IOException {
        return start(namespaceA, command);
    }

    Process startInB(String... command) throws IOException {
        return start(namespaceB, command);
    }

    /** Starts a program that stays until this site is closed, in the current namespaces. */
    synchronized Process startHere(List<String> command) throws IOException {
        checkOpen();
        Process process = Programs.start(log(), command);
        processes.push(process);
        return process;
    }

    String runInWire(String... command) throws IOException, InterruptedException {
        return Programs.run(join(namespaceWire, command));
    }

    /** Moves the two devices, once they exist, from the contender's namespace to their sides, with addresses, up. */
    void moveDevices() throws IOException, InterruptedException {
        awaitDevice(namespaceWire, deviceA());
        awaitDevice(namespaceWire, deviceB());
        Programs.run("ip", "-n", namespaceWire, "link", "set", deviceA(), "netns", namespaceA);
        Programs.run("ip", "-n", namespaceWire, "link", "set", deviceB(), "netns", namespaceB);
        configureDevices();
    }

    /** Gives the two devices, once they exist on their sides, addresses, and brings them up. */
    void configureDevices() throws IOException, InterruptedException {
        configure(namespaceA, deviceA(), ADDRESS_A);
        configure(namespaceB, deviceB(), ADDRESS_B);
    }

    /** Waits until side B answers side A. */
    static void awaitAnswer(Wire wire) throws IOException, InterruptedException {
        await("an answer from " + wire.addressB(), () -> {
            Process ping = new ProcessBuilder(wire.onA("ping", "-c1", "-W1", wire.addressB()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return ping.waitFor() == 0;
        });
    }

    /** Something that becomes true. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Asks ten times a second until it holds. */
    static void await(String what, Condition condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new Programs.ProgramException("waited " + READY_SECONDS + " s for " + what);
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** The last lines of what the contender's programs printed, for an error message. */
    String logTail() {
        try {
            List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void closeAtEnd() {
        try {
            removeAll();
        } catch (IOException e) {
            System.err.println("not everything was removed: " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        removeAll();
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException e) {
            // The JVM ends, and the hook finds nothing to do.
            closed = true;
        }
    }

    private synchronized void removeAll() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            while (!processes.isEmpty()) {
                Programs.end(processes.pop());
            }
            for (String name : namespaces) {
                Programs.run("ip", "netns", "del", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Programs.ProgramException("interrupted before everything was removed: " + namespaces);
        }
        if (folder != null) {
            Leftovers.removeTree(folder);
        }
    }

    private Process start(String namespace, String... command) throws IOException {
        return startHere(join(namespace, command));
    }

    private static void configure(String namespace, String device, String address)
            throws IOException, InterruptedException {
        awaitDevice(namespace, device);
        Programs.run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", device);
        Programs.run("ip", "-n", namespace, "link", "set", device, "up");
    }

    private static void awaitDevice(String namespace, String device) throws IOException, InterruptedException {
        await("device " + device, () -> Programs.run("ip", "-n", namespace, "-o", "link").contains(" " + device));
    }

    private static List<String> enter(String namespace) {
        return List.of("ip", "netns", "exec", namespace);
    }

    private static List<String> join(String namespace, String... command) {
        List<String> whole = new ArrayList<>(enter(namespace));
        whole.addAll(List.of(command));
        return whole;
    }
}
