// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Tap;

/** TAPs: the device, a TAP in a cell, and which segments it takes. */
final class DeviceChecks implements Checks {
    private static final String TUN = "dev/net/tun";
    private static final String CONTAINER = "in a container, give it the device: docker run --device /dev/net/tun "
            + "--cap-add NET_ADMIN ...";

    @Override
    public String group() {
        return "tap";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        if (!Files.exists(here.path(TUN))) {
            findings.fail("device", "/dev/net/tun is missing",
                    "load the kernel's module; " + CONTAINER, here.sudo() + "modprobe tun");
            return;
        }
        open(here, findings);
        Long tap = here.cell().value("tap");
        if (tap == null) {
            findings.skipped("tap", "no cell to try one in: " + here.cell().failure());
            return;
        } else if (tap < 0) {
            findings.fail("tap", "a cell cannot make a TAP: " + Errno.describe(tap.intValue()),
                    tap == -Errno.EPERM || tap == -Errno.EACCES ? "the device is forbidden here; " + CONTAINER
                            : "the kernel needs CONFIG_TUN", here.sudo() + "modprobe tun");
            return;
        }
        findings.ok("tap", "a cell can make one, with vnet_hdr");
        offloads(here.cell().value("offloads"), findings);
    }

    private static void open(Surroundings here, Findings findings) {
        Long open = here.machine().value("tun_open");
        if (open == null) {
            findings.skipped("device", "/dev/net/tun is there; not opened: " + here.machine().failure());
        } else if (open == 0) {
            findings.ok("device", "/dev/net/tun is there and can be opened");
        } else if (open == -Errno.EACCES) {
            findings.fail("device", "/dev/net/tun may not be opened by this user",
                    "let every user open it, as udev's rules do", here.sudo() + "chmod 666 /dev/net/tun");
        } else {
            findings.fail("device", "/dev/net/tun cannot be opened: " + Errno.describe(open.intValue()),
                    "load the kernel's module; " + CONTAINER, here.sudo() + "modprobe tun");
        }
    }

    private static void offloads(@Nullable Long found, Findings findings) {
        long mask = found == null || found < 0 ? 0 : found;
        List<String> missing = new ArrayList<>();
        addMissing(missing, mask, Tap.CSUM, "checksums");
        addMissing(missing, mask, Tap.TSO4 | Tap.TSO6, "TSO");
        addMissing(missing, mask, Tap.USO4 | Tap.USO6, "USO");
        if (missing.isEmpty()) {
            findings.ok("offloads", "checksums, TSO and USO");
        } else {
            findings.warn("offloads", "a TAP does not take " + String.join(", ", missing),
                    "it works and is slower; a kernel from 6.2 on has them all", "uname -r");
        }
    }

    private static void addMissing(List<String> missing, long mask, int bits, String name) {
        if ((mask & bits) != bits) {
            missing.add(name);
        }
    }
}
