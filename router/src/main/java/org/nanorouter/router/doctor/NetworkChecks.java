// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Switches of the machine's own IP stack, which matter where it is an OS itself: kind external. */
final class NetworkChecks implements Checks {
    private static final int STRICT = 1;

    @Override
    public String group() {
        return "network";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        reversePath(here, findings);
        forwarding(here, findings);
        bridges(here, findings);
    }

    private static void reversePath(Surroundings here, Findings findings) {
        Long all = here.number("proc/sys/net/ipv4/conf/all/rp_filter");
        Long usual = here.number("proc/sys/net/ipv4/conf/default/rp_filter");
        if (all == null || usual == null) {
            findings.skipped("rp_filter", "this kernel has no such switch here");
        } else if (Math.max(all, usual) == STRICT) {
            findings.warn("rp_filter", "strict: what comes in where the way back does not go out is dropped",
                    "matters to an OS of kind external with more than one way to its peers; 2 is loose",
                    here.sudo() + "sysctl net.ipv4.conf.all.rp_filter=2");
        } else {
            findings.ok("rp_filter", Math.max(all, usual) == 0 ? "off" : "loose");
        }
    }

    private static void forwarding(Surroundings here, Findings findings) {
        Long forward = here.number("proc/sys/net/ipv4/ip_forward");
        if (forward == null) {
            findings.skipped("ip_forward", "this kernel has no such switch here");
        } else {
            findings.ok("ip_forward", forward == 0
                    ? "off: guests reach an OS of kind external, and nothing behind it"
                    : "on: an OS of kind external routes for guests that ask it to");
        }
    }

    private static void bridges(Surroundings here, Findings findings) {
        Long calls = here.number("proc/sys/net/bridge/bridge-nf-call-iptables");
        if (calls == null || calls == 0) {
            findings.ok("bridge-nf-call", calls == null ? "br_netfilter is not loaded" : "off");
            return;
        }
        String tap = bridgedTap(here.path("sys/class/net"));
        if (tap == null) {
            findings.ok("bridge-nf-call", "on, and no TAP is in a Linux bridge");
        } else {
            findings.warn("bridge-nf-call", "iptables sees what crosses the Linux bridge of TAP " + tap,
                    "its rules drop or change frames there", here.sudo()
                    + "sysctl net.bridge.bridge-nf-call-iptables=0");
        }
    }

    private static @Nullable String bridgedTap(Path interfaces) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(interfaces)) {
            for (Path each : all) {
                if (Files.exists(each.resolve("tun_flags")) && Files.exists(each.resolve("brport"))) {
                    return String.valueOf(each.getFileName());
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return null;
        }
        return null;
    }
}
