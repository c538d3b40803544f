// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nanorouter.nanokernel.abi.AbiDescriptor;

/** What runs: whether it is this program, and whether its interfaces fit one another and the rings. */
final class InstanceChecks implements Checks {
    /** vnet_hdr, Ethernet header, and a VLAN tag. */
    private static final int HEADERS = 12 + 14 + 4;
    private static final String DELETED = " (deleted)";

    @Override
    public String group() {
        return "running";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        if (here.running().isEmpty()) {
            findings.skipped("instances", "nothing is running, or nothing that this user may ask");
        }
        for (RunningInstance instance : here.running()) {
            versions(here, instance, findings);
            interfaces(here, instance, findings);
        }
    }

    private static void versions(Surroundings here, RunningInstance instance, Findings findings) {
        List<String> other = new ArrayList<>();
        for (RunningInstance.Daemon daemon : instance.daemons()) {
            String own = here.version();
            String its = daemon.version();
            if (own != null && its != null && !own.equals(its)) {
                other.add(daemon.what() + " is version " + its);
            } else if (runsReplacedFile(here, daemon.pid())) {
                other.add(daemon.what() + " runs a file that was replaced since");
            }
        }
        String name = "versions of " + instance.name();
        if (other.isEmpty()) {
            findings.ok(name, "the daemons are of this program's version"
                    + (here.version() == null ? "" : ", " + here.version()));
        } else {
            findings.warn(name, String.join("; ", other), "restart them when it suits you: first routers and agents, "
                    + "by a restart of their OS, then the nanokernel", "nanorouter os list -I " + instance.name());
        }
    }

    /** Whether a process has a file of ours in memory that is not the one of that name any more. */
    private static boolean runsReplacedFile(Surroundings here, long pid) {
        if (pid <= 0) {
            return false;
        }
        try {
            String program = Files.readSymbolicLink(here.path("proc/" + pid + "/exe")).toString();
            if (program.endsWith(DELETED)) {
                return true;
            }
        } catch (IOException e) {
            return false;
        }
        String maps = here.text("proc/" + pid + "/maps");
        for (String line : maps == null ? new String[0] : maps.split("\n")) {
            if (line.endsWith("libnkshim.so" + DELETED)) {
                return true;
            }
        }
        return false;
    }

    private static void interfaces(Surroundings here, RunningInstance instance, Findings findings) {
        Map<Integer, List<String>> byMtu = new TreeMap<>();
        for (RunningInstance.Os os : instance.oses()) {
            Path folder = here.path("proc/" + os.pid() + "/root/sys/class/net");
            try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
                for (Path each : all) {
                    String name = String.valueOf(each.getFileName());
                    boolean tap = os.taps().isEmpty() ? Files.exists(each.resolve("tun_flags"))
                            : os.taps().contains(name);
                    // The OS may have mounted anything there: no link and no pipe is opened.
                    Path file = each.resolve("mtu");
                    String mtu = tap && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                            ? Surroundings.text(file) : null;
                    if (isPlain(name) && mtu != null && mtu.length() < 6 && mtu.chars().allMatch(Character::isDigit)) {
                        byMtu.computeIfAbsent(Integer.parseInt(mtu), none -> new ArrayList<>())
                                .add(os.name() + ":" + name);
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                // An OS that this user may not look into, or that has just ended.
                continue;
            }
        }
        judge(byMtu, "MTU of " + instance.name(), findings);
    }

    /** Nothing that a shell sees something in, for a command that somebody copies. */
    private static boolean isPlain(String name) {
        return name.chars().allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || "._-".indexOf(c) >= 0));
    }

    private static void judge(Map<Integer, List<String>> byMtu, String name, Findings findings) {
        if (byMtu.isEmpty()) {
            findings.skipped(name, "no interface of an OS can be looked at");
            return;
        }
        int largest = 0;
        StringBuilder found = new StringBuilder();
        for (Map.Entry<Integer, List<String>> each : byMtu.entrySet()) {
            largest = each.getKey();
            found.append(found.isEmpty() ? "" : "; ").append(largest).append(": ")
                    .append(String.join(" ", each.getValue()));
        }
        int smallest = byMtu.keySet().iterator().next();
        String last = byMtu.get(largest).get(0);
        String os = last.substring(0, last.indexOf(':'));
        String device = last.substring(last.indexOf(':') + 1);
        if (largest + HEADERS > AbiDescriptor.MAX_PAYLOAD) {
            findings.fail(name, found.toString(), "a frame may have " + AbiDescriptor.MAX_PAYLOAD + " bytes with its "
                    + "headers in a ring; larger ones are dropped", "nanorouter exec " + os + " -- ip link set dev "
                    + device + " mtu " + (AbiDescriptor.MAX_PAYLOAD - HEADERS));
        } else if (byMtu.size() > 1) {
            findings.warn(name, found.toString(), "small packets cross and large ones may not: make them equal",
                    "nanorouter exec " + os + " -- ip link set dev " + device + " mtu " + smallest);
        } else {
            findings.ok(name, found + "; the largest frame in a ring has " + AbiDescriptor.MAX_PAYLOAD + " bytes");
        }
    }
}
