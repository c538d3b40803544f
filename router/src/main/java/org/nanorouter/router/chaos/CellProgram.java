// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.process.Entrance;
import org.nanorouter.shim.Shim;

/**
 * {@code nk-traffic} inside a cell, started anew in each epoch of its OS. It ends with its OS, and with this process,
 * whose end closes its standard input.
 */
final class CellProgram implements AutoCloseable {
    private static final long RETRY_MS = 20;

    private final Kernel kernel;
    private final String os;
    private final List<String> arguments;
    private final Consumer<String> lines;
    private final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Process process;

    CellProgram(Kernel kernel, String os, List<String> arguments, Consumer<String> lines) {
        this.kernel = kernel;
        this.os = os;
        this.arguments = arguments;
        this.lines = lines;
        this.thread = new Thread(this::keepRunning, "traffic-" + os);
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs it once and returns what it writes. */
    static String output(Kernel kernel, String os, String... arguments) throws IOException, ControlException {
        Process process = start(kernel, os, List.of(arguments));
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static Process start(Kernel kernel, String os, List<String> arguments)
        throws IOException, ControlException {
        Map<String, Object> entrance = kernel.entrance(os);
        // A cell sees the program's home, and in it the native parts, at the same path.
        List<String> command = new ArrayList<>(List.of(Shim.directory().resolve("nk-traffic").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(Entrance.command(entrance, command)).redirectErrorStream(true);
        Entrance.environment(builder.environment(), entrance);
        return builder.start();
    }

    private void keepRunning() {
        do {
            try {
                Process current = start(kernel, os, arguments);
                process = current;
                BufferedReader reader = current.inputReader();
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.accept(line);
                }
                current.waitFor();
                lines.accept("ended " + System.nanoTime());
            } catch (IOException | ControlException e) {
                // The OS is between two epochs, or ended while it was entered.
            } catch (InterruptedException e) {
                return;
            }
        } while (!awaitClosed());
    }


    private boolean awaitClosed() {
        try {
            return closed.await(RETRY_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        Process current = process;
        if (current != null) {
            try {
                current.getOutputStream().close();
            } catch (IOException e) {
                // It has ended already.
                current.destroy();
            }
        }
        thread.interrupt();
    }
}
