// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Memory, space for files, and how many may be open. */
final class ResourceChecks implements Checks {
    private static final long MEBIBYTE = 1 << 20;
    private static final long MIN_MEMORY = 256 * MEBIBYTE;
    private static final long MIN_RUN_SPACE = 16 * MEBIBYTE;
    private static final long MIN_INODES = 1000;
    /** Each of 32 OSes has a region, and a doorbell of two descriptors to each peer, here and at the keeper. */
    private static final long ENOUGH_FILES = 8192;
    private static final long FEW_FILES = 1024;
    private static final long UNLIMITED = Long.MAX_VALUE;

    @Override
    public String group() {
        return "resources";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        memory(here, findings);
        Path base = here.runBase();
        while (!Files.exists(base) && base.getParent() != null) {
            base = base.getParent();
        }
        space(List.of("run directory", "shared memory", "temporary files"),
                List.of(base, here.path("dev/shm"), here.path("tmp")), here, findings);
        files(here, findings);
    }

    private static void memory(Surroundings here, Findings findings) {
        long available = bytes(here.field("proc/meminfo", "MemAvailable:"));
        if (available < 0) {
            findings.skipped("memory", "/proc/meminfo does not say how much is available");
        } else if (available < MIN_MEMORY) {
            findings.warn("memory", available / MEBIBYTE + " MiB are available",
                    "regions are memory that is not swapped while it is in use; a smaller machine.ring_size takes less",
                    "free -m");
        } else {
            findings.ok("memory", available / MEBIBYTE + " MiB are available");
        }
    }

    /** A number of kB; -1 if there is none. */
    private static long bytes(@Nullable String text) {
        if (text == null || !text.endsWith(" kB")) {
            return -1;
        }
        try {
            return Long.parseLong(text.substring(0, text.length() - " kB".length()).strip()) << 10;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static void space(List<String> names, List<Path> places, Surroundings here, Findings findings) {
        List<String> words = new ArrayList<>(List.of("space"));
        for (Path place : places) {
            words.add(place.toString());
        }
        // One process for all.
        Probe probe = here.space().apply(words);
        List<?> found = probe.values().get("places") instanceof List<?> all ? all : List.of();
        for (int i = 0; i < places.size(); i++) {
            space(names.get(i), places.get(i), i < found.size() ? found.get(i) : null, probe.failure(), findings);
        }
    }

    private static void space(String name, Path place, @Nullable Object one, @Nullable String failure,
            Findings findings) {
        if (!(one instanceof Map<?, ?> found) || !(found.get("bytes") instanceof Number bytes)
                || !(found.get("inodes") instanceof Number inodes)) {
            findings.skipped(name, failure == null ? place + " cannot be asked" : failure);
            return;
        }
        boolean few = inodes.longValue() >= 0 && inodes.longValue() < MIN_INODES;
        String free = place + ": " + bytes.longValue() / MEBIBYTE + " MiB free"
                + (inodes.longValue() < 0 ? "" : ", " + inodes + " inodes");
        if (bytes.longValue() < MIN_RUN_SPACE || few) {
            findings.add(name, few || bytes.longValue() == 0 ? Verdict.FAIL : Verdict.WARN, free,
                    "make room: sockets, logs and consoles of OSes are files there",
                    (few ? "df -i " : "df -h ") + place);
        } else {
            findings.ok(name, free);
        }
    }

    private static void files(Surroundings here, Findings findings) {
        String line = here.field("proc/self/limits", "Max open files");
        if (line == null) {
            findings.skipped("open files", "/proc/self/limits cannot be read");
            return;
        }
        String[] words = line.split("\\s+");
        long most = words.length > 1 ? limit(words[1]) : 0;
        String found = (most == UNLIMITED ? "any number" : "at most " + most) + " in a process";
        String command = "ulimit -n 16384";
        if (most < FEW_FILES) {
            findings.fail("open files", found, "the nanokernel cannot hold the descriptors of a few OSes; "
                    + "raise the hard limit, in a unit by LimitNOFILE=16384", command);
        } else if (most < ENOUGH_FILES) {
            findings.warn("open files", found, "32 OSes need more; raise the hard limit, in a unit by "
                    + "LimitNOFILE=16384", command);
        } else {
            findings.ok("open files", found);
        }
    }

    private static long limit(String word) {
        try {
            return "unlimited".equals(word) ? UNLIMITED : Long.parseLong(word);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
