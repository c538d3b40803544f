// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files whose process is gone, and processes whose nanokernel is. */
final class LeftoverChecks implements Checks {
    private static final int MAX_NAMED = 5;
    /** Place of the start time among the words behind the parenthesis of /proc/PID/stat. */
    private static final int START_TIME_WORD = 19;

    @Override
    public String group() {
        return "leftovers";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        List<Path> instances;
        try {
            instances = entries(here.runBase());
        } catch (IOException e) {
            findings.skipped("run directories", here.runBase() + " cannot be read: " + e.getMessage());
            return;
        }
        int before = findings.all().size();
        for (Path instance : instances) {
            instance(here, instance, findings);
        }
        if (findings.all().size() == before) {
            findings.ok("run directories", instances.isEmpty() ? "none in " + here.runBase()
                    : "each in " + here.runBase() + " has its nanokernel");
        }
        claims(here, findings);
    }

    private static List<Path> entries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
                all.forEach(entries::add);
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
        Collections.sort(entries);
        return entries;
    }

    private static void instance(Surroundings here, Path directory, Findings findings) {
        String name = String.valueOf(directory.getFileName());
        if (listens(directory.resolve("kernel.sock"))) {
            sockets(directory, name, findings);
            return;
        }
        List<String> alive = alive(here, directory.resolve("cells"));
        if (!alive.isEmpty()) {
            findings.warn("processes of " + name, "its nanokernel was killed, and of its cells still run: "
                    + String.join(", ", alive), "the next nanokernel of that name ends them; or kill them",
                    "kill " + String.join(" ", alive));
        } else {
            findings.warn("files of " + name, directory + " has no nanokernel any more",
                    "the next nanokernel of that name removes it; or do it yourself", "rm -r " + directory);
        }
    }

    /** Router sockets that nobody listens at, of OSes that have no other router. */
    private static void sockets(Path directory, String name, Findings findings) {
        try {
            for (Path os : entries(directory.resolve("os"))) {
                Path socket = os.resolve("router.sock");
                if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS) && !listens(socket)) {
                    findings.warn("router of " + name + "/" + os.getFileName(), "no router listens at " + socket,
                            "it was killed and none stood by; start one", "nanorouter run --standby -c router.toml");
                }
            }
        } catch (IOException e) {
            findings.skipped("routers of " + name, "its OSes' directories cannot be read: " + e.getMessage());
        }
    }

    private static boolean listens(Path socket) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // An OS that accepts no connection would be waited for for ever; its full queue is somebody's, too.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(socket));
            return true;
        } catch (BindException e) {
            // Not ours to connect to; but there.
            return true;
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Of the processes of the file those that still are the same. */
    private static List<String> alive(Surroundings here, Path cells) {
        List<String> alive = new ArrayList<>();
        String text = Surroundings.text(cells);
        for (String line : text == null ? new String[0] : text.split("\n")) {
            String[] words = line.split(" ");
            if (words.length == 3 && words[2].equals(startTime(here, words[1]))) {
                alive.add(words[1]);
            }
        }
        return alive;
    }

    private static @Nullable String startTime(Surroundings here, String pid) {
        String stat = pid.isEmpty() || !pid.chars().allMatch(Character::isDigit) ? null
                : here.text("proc/" + pid + "/stat");
        if (stat == null) {
            return null;
        }
        String[] words = stat.substring(Math.min(stat.length(), stat.lastIndexOf(')') + 2)).split(" ");
        return words.length > START_TIME_WORD ? words[START_TIME_WORD] : null;
    }

    private static void claims(Surroundings here, Findings findings) {
        List<String> stale = new ArrayList<>();
        String locks = here.text("proc/locks");
        try {
            for (Path claim : entries(here.claims())) {
                if (locks != null && !locks.contains(":" + Files.getAttribute(claim, "unix:ino") + " ")) {
                    stale.add(String.valueOf(claim.getFileName()));
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            findings.skipped("claims", here.claims() + " cannot be read: " + e.getMessage());
            return;
        }
        if (locks == null) {
            findings.skipped("claims", "/proc/locks cannot be read");
        } else if (stale.isEmpty()) {
            findings.ok("claims", "no device is claimed by a process that is gone");
        } else {
            List<String> some = stale.subList(0, Math.min(MAX_NAMED, stale.size()));
            findings.warn("claims", stale.size() + " of processes that are gone: " + String.join(", ", some),
                    "they are in nobody's way, and go when the device is claimed again; or remove them",
                    "cd " + here.claims() + " && rm " + String.join(" ", stale));
        }
    }
}
