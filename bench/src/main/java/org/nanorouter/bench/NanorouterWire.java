// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Lays our own wire: a nanokernel with two cells, the Java router in the first and the agent in the second. */
final class NanorouterWire {
    private static final String DEVICE = "nk0";
    private static final String INSTANCE = "bench";
    private static final String FILE_MEGABYTES = "500";
    private static final String CONFIGURATION = "/run/bench";

    private NanorouterWire() {
    }

    static Wire lay(Site site) throws IOException, InterruptedException {
        String home = home();
        Path configuration = Files.createDirectory(site.folder().resolve("configuration"));
        Path run = site.folder().resolve("run");
        Files.writeString(configuration.resolve("router.toml"), router());
        Path machine = configuration.resolve("machine.toml");
        Files.writeString(machine, machine(home, configuration));
        site.startHere(List.of("env", "NANOROUTER_RUN=" + run, home + "/bin/nanorouter", "kernel",
                "-c", machine.toString(), "--lifeline"));
        return new Wire(enter(run, "host"), enter(run, "guest"), Site.ADDRESS_A, Site.ADDRESS_B);
    }

    private static String home() throws Programs.ProgramException {
        String home = System.getProperty("nanorouter.home");
        if (home == null) {
            throw new Programs.ProgramException("nanorouter.home is not set: run this by the nanorouter command");
        }
        return home;
    }

    /** Captures everything, whole, to two files in turn. */
    static void capture(Site site) throws IOException, InterruptedException {
        Path run = site.folder().resolve("run");
        Path socket = run.resolve(INSTANCE).resolve("os").resolve("host").resolve("router.sock.capture");
        Site.await("the router", () -> Files.exists(socket));
        site.startHere(List.of("env", "NANOROUTER_RUN=" + run, home() + "/bin/nanorouter", "capture", "-w",
                site.folder().resolve("capture").toString(), "-C", FILE_MEGABYTES, "-W", "2"));
        Site.await("the capture", () -> site.logTail().contains("capturing at"));
    }

    private static List<String> enter(Path run, String os) throws IOException, InterruptedException {
        Path pid = run.resolve(INSTANCE).resolve("os").resolve(os).resolve("init.pid");
        Site.await("OS " + os, () -> Files.exists(pid) && !Files.readString(pid).isBlank());
        return List.of("nsenter", "--target", Files.readString(pid).strip(), "--all");
    }

    private static String machine(String home, Path configuration) {
        return """
                [machine]
                name = "%s"

                [[os]]
                name = "host"
                init = ["%s/bin/nanorouter", "run", "-c", "%s/router.toml"]
                mounts = [{ source = "%s", target = "%s" }]

                [[os]]
                name = "guest"
                init = ["%s/native/nk-agent", "--tap", "%s", "--address", "%s/24"]
                """.formatted(INSTANCE, home, CONFIGURATION, configuration, CONFIGURATION, home, DEVICE,
                Site.ADDRESS_B);
    }

    private static String router() {
        return """
                [[port]]
                name = "%s"
                kind = "tap"
                addresses = ["%s/24"]

                [[port]]
                name = "peers"
                kind = "channel"
                """.formatted(DEVICE, Site.ADDRESS_A);
    }
}
