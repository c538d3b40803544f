// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Java, the native programs, and the libraries that come from the machine. */
final class ProgramChecks implements Checks {
    private static final int OLDEST_JAVA = 17;
    private static final int NEWEST_TRIED_JAVA = 25;
    private static final List<String> PROGRAMS = List.of("nk-agent", "nk-cell", "nk-keeper");
    private static final List<String> LIBRARY_FOLDERS = List.of("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib",
            "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu");
    private static final List<String> COMMAND_FOLDERS = List.of("usr/bin", "bin", "usr/local/bin", "usr/sbin", "sbin");

    @Override
    public String group() {
        return "programs";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        java(here, findings);
        archive(here, findings);
        natives(here, findings);
        pcap(here, findings);
        nsenter(here, findings);
    }

    private static void java(Surroundings here, Findings findings) {
        Map<String, String> properties = here.properties();
        String found = "Java " + properties.get("java.version") + " of " + properties.get("java.vendor") + ", "
                + properties.get("java.vm.name");
        int feature = feature(properties.getOrDefault("java.specification.version", ""));
        String install = here.sudo() + "apt-get install -y default-jre-headless";
        if (feature < OLDEST_JAVA) {
            findings.fail("java", found, "Java " + OLDEST_JAVA + " or later is needed", install);
        } else if (!String.valueOf(properties.get("java.vm.name")).contains("HotSpot")
                && !String.valueOf(properties.get("java.vm.name")).contains("OpenJDK")) {
            findings.warn("java", found, "nobody has tried this virtual machine; another Java is chosen by JAVA_HOME",
                    install);
        } else if (feature > NEWEST_TRIED_JAVA) {
            findings.warn("java", found, "tried with " + OLDEST_JAVA + " to " + NEWEST_TRIED_JAVA
                    + "; another Java is chosen by JAVA_HOME", install);
        } else {
            findings.ok("java", found);
        }
    }

    private static int feature(String version) {
        try {
            return Integer.parseInt(version);
        } catch (NumberFormatException e) {
            // 1.8 and before.
            return 0;
        }
    }

    private static void archive(Surroundings here, Findings findings) {
        Path home = here.home();
        if (home == null) {
            findings.skipped("quick start", "the program is not installed");
            return;
        }
        Path archive = home.resolve("cds").resolve(here.properties().get("java.runtime.version") + ".jsa");
        if (Files.isReadable(archive)) {
            findings.ok("quick start", "there is a class data archive for this Java");
        } else {
            findings.warn("quick start", "there is no class data archive for this Java",
                    "every command starts more slowly, and so does a router; make one",
                    (Files.isWritable(home) ? "" : "sudo ") + home.resolve("libexec/archive"));
        }
    }

    private static void natives(Surroundings here, Findings findings) {
        Path folder = here.programs();
        List<String> missing = new ArrayList<>();
        if (folder != null) {
            for (String program : PROGRAMS) {
                if (!Files.isExecutable(folder.resolve(program))) {
                    missing.add(program);
                }
            }
            if (!Files.isReadable(folder.resolve("libnkshim.so"))) {
                missing.add("libnkshim.so");
            }
        }
        if (folder == null) {
            findings.skipped("native parts", "it is not known where they are");
        } else if (missing.isEmpty()) {
            findings.ok("native parts", "all in " + folder);
        } else {
            findings.fail("native parts", String.join(", ", missing) + " cannot be used in " + folder,
                    "install the program anew, from its source tree", "./nanorouter --version");
        }
    }

    private static void pcap(Surroundings here, Findings findings) {
        for (String folder : LIBRARY_FOLDERS) {
            Path library = libraryIn(here.path(folder));
            if (library != null) {
                String name = String.valueOf(library.getFileName());
                int version = name.indexOf(".so.");
                findings.ok("libpcap", library + (version < 0 ? "" : ", version " + name.substring(version + 4)));
                return;
            }
        }
        findings.warn("libpcap", "not found", "only a port of kind nic that replays a capture file needs it",
                here.sudo() + "apt-get install -y libpcap0.8");
    }

    private static @Nullable Path libraryIn(Path folder) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "libpcap.so*")) {
            for (Path each : found) {
                // Names are links to the file that has the whole version in its own.
                return each.toRealPath();
            }
        } catch (IOException | DirectoryIteratorException e) {
            return null;
        }
        return null;
    }

    private static void nsenter(Surroundings here, Findings findings) {
        for (String folder : COMMAND_FOLDERS) {
            if (Files.isExecutable(here.path(folder).resolve("nsenter"))) {
                findings.ok("nsenter", "'exec' can enter cells");
                return;
            }
        }
        findings.warn("nsenter", "not found", "'nanorouter exec' needs it",
                here.sudo() + "apt-get install -y util-linux");
    }
}
