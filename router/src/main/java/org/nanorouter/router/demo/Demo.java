// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.daemon.InstanceException;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.chaos.Chaos;
import org.nanorouter.router.chaos.ChaosResult;
import org.nanorouter.router.chaos.ChaosSettings;
import org.nanorouter.router.chaos.Trouble;

/** The list of steps. */
public final class Demo {
    private static final int MAX_INSTANCES = 99;
    private static final int TELNET_PORT = 23;
    private static final int FTP_PORT = 21;
    private static final int LARGE_PING = 60_000;
    private static final int CAP_NET_ADMIN = 12;
    private static final String GUEST_IPV4 = "10.77.0.2";
    private static final String GUEST_IPV6 = "fd77::2";
    private static final String HOST_TAP = "nk0";
    private static final int CHAOS_PAUSE_MS = 200;

    private final DemoSettings settings;
    private final Report report;
    private final Programs programs;
    private final boolean embedded;

    private Demo(DemoSettings settings, Report report, Programs programs) {
        this.settings = settings;
        this.report = report;
        this.programs = programs;
        this.embedded = settings.embedded() || !programs.haveServers();
    }

    /**
     * Runs the demonstration.
     *
     * @param live    whether lines may be overwritten, as on a terminal
     * @param colours whether colours are welcome
     * @return true if every step passed
     */
    public static boolean run(DemoSettings settings, PrintWriter out, boolean live, boolean colours)
            throws IOException, InterruptedException, DemoException {
        List<String> missing = new ArrayList<>();
        Programs programs = Programs.find(missing);
        if (!missing.isEmpty()) {
            throw new DemoException(DemoException.Kind.UNAVAILABLE,
                    "programs are missing; to have them: sudo apt-get install -y " + String.join(" ", missing));
        }
        if (settings.externalHost()) {
            checkExternalHost();
        }
        Report report = new Report(out, live, colours, System::nanoTime);
        return new Demo(settings, report, programs).run();
    }

    /** The TAP of an external host OS appears in the network namespace of whoever called. */
    private static void checkExternalHost() throws IOException, DemoException {
        if (!hasNetAdmin()) {
            throw new DemoException(DemoException.Kind.NO_PERMISSION, "--host external makes the TAP " + HOST_TAP
                    + " in your own network namespace, which needs root (CAP_NET_ADMIN); "
                    + "without --host no rights are needed");
        }
        // Not java.net.NetworkInterface, which leaves out what has no address.
        if (Files.readAllLines(Path.of("/proc/self/net/dev")).stream()
                .anyMatch(line -> line.strip().startsWith(HOST_TAP + ":"))) {
            throw new DemoException(DemoException.Kind.CANNOT_CREATE, "there is a network interface " + HOST_TAP
                    + " here already, perhaps that of another 'demo --host external'");
        }
    }

    private static boolean hasNetAdmin() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("CapEff:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> CAP_NET_ADMIN & 1) == 1;
            }
        }
        return false;
    }

    private boolean run() throws IOException, InterruptedException, DemoException {
        report.heading("Nanorouter: two operating systems on one machine");
        report.line(settings.externalHost()
                ? "  host   this machine's own Linux, Java router, " + HOST_TAP + " 10.77.0.1 fd77::1"
                : "  host   a cell, Java router, " + HOST_TAP + " 10.77.0.1 fd77::1");
        report.line("  guest  a cell, nk-agent, " + HOST_TAP + " " + GUEST_IPV4 + " " + GUEST_IPV6 + ", "
                + (embedded ? "embedded telnet and ftp servers" : "telnetd and ftpd of GNU inetutils"));
        if (settings.chaos() > 0) {
            report.line("  guest2 a cell, nk-agent, " + HOST_TAP + " 10.77.0.3 fd77::3");
        }
        report.line("");
        AtomicReference<Machine> started = new AtomicReference<>();
        Thread atEnd = new Thread(() -> {
            report.silence();
            end(started.get());
        });
        Runtime.getRuntime().addShutdownHook(atEnd);
        boolean booted = report.step("nanokernel", () -> {
            started.set(start());
            return "instance " + started.get().name();
        });
        if (booted) {
            Machine machine = started.get();
            if (boot(machine)) {
                if (settings.chaos() > 0) {
                    runChaos(machine);
                } else {
                    runTraffic(machine);
                }
            }
            if (settings.stay() && report.failed() == 0) {
                stay(machine);
            }
            report.step("everything ended", () -> {
                if (!machine.end()) {
                    throw new StepFailure("not in time, it had to be killed", machine.logs());
                }
                return "";
            });
        }
        if (!disarm(atEnd)) {
            return false;
        }
        report.line("");
        if (!settings.check() && !settings.stay()) {
            suggest();
        }
        report.line(report.sum());
        return report.failed() == 0;
    }

    /** Takes the hook back; false if it runs already, since this process was interrupted. */
    private static boolean disarm(Thread hook) {
        try {
            return Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static void end(@Nullable Machine machine) {
        if (machine == null) {
            return;
        }
        try {
            machine.end();
        } catch (IOException e) {
            // The lifeline is broken already.
            machine.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts the machine as the first instance of the demonstration whose place is free. */
    private Machine start() throws IOException, InterruptedException, InstanceException, StepFailure {
        for (int i = 1; i <= MAX_INSTANCES; i++) {
            RunDirectory instance = RunDirectory.of(RunDirectory.base(), i == 1 ? "demo" : "demo-" + i);
            Optional<Machine> machine = Machine.start(settings, instance,
                    files -> files.write(values(instance, files), settings.externalHost(), settings.chaos() > 0));
            if (machine.isPresent()) {
                return machine.get();
            }
        }
        throw new StepFailure(MAX_INSTANCES + " demonstrations are running already");
    }

    private Map<String, String> values(RunDirectory instance, DemoFiles files) {
        Map<String, String> values = new HashMap<>();
        values.put("INSTANCE", instance.name());
        values.put("FILES", files.directory().toString());
        values.put("HOME", settings.home().toString());
        values.put("JAVA_HOME", System.getProperty("java.home"));
        values.put("SERVICES", embedded ? "embedded" : "inetutils");
        values.put("GUEST_UID", RunDirectory.uid() == 0 ? "1000" : "0");
        values.put("TELNETD", String.valueOf(programs.telnetd()));
        values.put("FTPD", String.valueOf(programs.ftpd()));
        values.put("TAP", HOST_TAP);
        return values;
    }

    private boolean boot(Machine machine) throws InterruptedException {
        return report.step("OS host: the Java router", () -> {
            if (settings.externalHost()) {
                machine.startRouters();
            }
            machine.awaitRunning(Machine.HOST);
            return "running";
        }) && report.step("OS guest: nk-agent", () -> {
            machine.awaitRunning(Machine.GUEST);
            return "running";
        }) && report.step("OS guest: telnetd and ftpd", () -> {
            machine.awaitListening(Machine.GUEST, TELNET_PORT);
            machine.awaitListening(Machine.GUEST, FTP_PORT);
            return "listening";
        });
    }

    private void runTraffic(Machine machine) throws InterruptedException {
        Traffic traffic = new Traffic(machine, report, programs, settings.fileLength());
        List<String> addresses = List.of(GUEST_IPV4, GUEST_IPV6);
        for (String address : addresses) {
            report.step("ping " + address, () -> traffic.ping(address, 56));
        }
        for (String address : addresses) {
            report.step("ping " + address + " with " + LARGE_PING + " bytes", () -> traffic.ping(address, LARGE_PING));
        }
        for (String address : addresses) {
            report.step("telnet " + address, () -> traffic.telnet(address));
        }
        String size = (settings.fileLength() >> 20) + " MiB";
        if (report.step("a file of " + size, traffic::makeFile)) {
            for (String address : addresses) {
                for (Traffic.Mode mode : Traffic.Mode.values()) {
                    String how = size + ", " + mode.name().toLowerCase(Locale.ROOT) + ", " + address;
                    if (report.step("ftp put " + how, () -> traffic.put(address, mode))) {
                        report.step("ftp get " + how, () -> traffic.get(address, mode));
                    }
                }
            }
        }
        report.step("router: every frame is accounted for", () -> countedFrames(machine));
        report.step("measured", () -> {
            traffic.removeFiles();
            return "ftp " + traffic.rate() + " over all transfers, ping " + traffic.measureRoundTrip(GUEST_IPV4);
        });
    }

    /** OSes and routers fail at random, under traffic between every two of them. */
    private void runChaos(Machine machine) throws InterruptedException {
        if (!report.step("OS guest2: nk-agent", () -> {
            machine.awaitRunning("guest2");
            return "running";
        })) {
            return;
        }
        long seed = ThreadLocalRandom.current().nextLong(1, Integer.MAX_VALUE);
        report.step("chaos for " + settings.chaos() + " s, seed " + seed, () -> {
            ChaosSettings chaosSettings = new ChaosSettings(settings.chaos(), 0, seed, List.of(Trouble.values()),
                    List.of(), CHAOS_PAUSE_MS);
            try (Chaos chaos = new Chaos(chaosSettings, machine.kernelSocket(), report::line)) {
                ChaosResult result = chaos.run();
                if (!result.isGood()) {
                    throw new StepFailure(result.sum(), machine.logs());
                }
                return result.sum();
            }
        });
    }

    private static String countedFrames(Machine machine) throws IOException, ControlException, StepFailure {
        Map<?, ?> totals = (Map<?, ?>) machine.askRouter("status").get("totals");
        long received = ((Number) totals.get("received_frames")).longValue();
        long forwarded = ((Number) totals.get("forwarded_frames")).longValue();
        long dropped = ((Number) totals.get("dropped_frames")).longValue();
        String found = received + " received, " + forwarded + " forwarded, " + dropped + " dropped";
        if (received == 0 || received != forwarded + dropped) {
            throw new StepFailure(found, totals.toString());
        }
        return found;
    }

    private void stay(Machine machine) throws InterruptedException {
        report.line("");
        report.heading("What to try next, from another terminal (user " + Traffic.USER + ", password "
                + Traffic.PASSWORD + "):");
        for (String command : List.of("telnet " + GUEST_IPV4, "ftp " + GUEST_IPV6, "ping -s 60000 " + GUEST_IPV4)) {
            report.line("  " + (settings.externalHost() ? "" : "./nanorouter exec host -- ") + command);
        }
        report.line("  ./nanorouter exec guest                 a shell inside the guest");
        report.line("  ./nanorouter status                     what runs; and: os list, port, fdb");
        report.line("");
        report.line("Everything stays up until you press Ctrl-C.");
        machine.awaitEnd();
        report.line("The nanokernel has ended.");
    }

    private void suggest() {
        report.heading("What to try next:");
        report.line("  ./nanorouter demo --stay                leaves both OSes up for your own telnet, ftp and ping");
        report.line("  sudo ./nanorouter demo --stay --host external");
        report.line("                                          your own Linux is the host: telnet 10.77.0.2");
        report.line("  ./nanorouter --help                     everything else");
        report.line("");
    }
}
