// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.util.ArrayList;
import java.util.List;
import org.nanorouter.shim.Errno;

/** What this process may do. */
final class PrivilegeChecks implements Checks {
    private static final int HEXADECIMAL = 16;
    /** Of linux/capability.h. */
    private static final String[] NAMES = {"CHOWN 0", "DAC_OVERRIDE 1", "FOWNER 3", "KILL 5", "SETGID 6", "SETUID 7",
        "NET_ADMIN 12", "SYS_ADMIN 21", "SYS_NICE 23", "MKNOD 27"};

    @Override
    public String group() {
        return "privileges";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        capabilities(here, findings);
        realTime(here, findings);
    }

    private static void capabilities(Surroundings here, Findings findings) {
        String text = here.field("proc/self/status", "CapEff:");
        long mask;
        try {
            mask = Long.parseUnsignedLong(String.valueOf(text), HEXADECIMAL);
        } catch (NumberFormatException e) {
            findings.skipped("capabilities", "/proc/self/status does not say which this process has");
            return;
        }
        List<String> missing = new ArrayList<>();
        for (String name : NAMES) {
            int blank = name.indexOf(' ');
            if ((mask >> Integer.parseInt(name.substring(blank + 1)) & 1) == 0) {
                missing.add(name.substring(0, blank));
            }
        }
        if (missing.isEmpty()) {
            findings.ok("capabilities", "all that a nanokernel with users for each cell needs");
        } else if (!here.isRoot()) {
            findings.ok("capabilities", "an ordinary user's: cells share its uid, and '--host external' needs root");
        } else {
            findings.warn("capabilities", "root without " + String.join(", ", missing),
                    "cells get no users of their own, or no devices; a container wants them when it starts",
                    "docker run --cap-add " + String.join(" --cap-add ", missing) + " ...");
        }
    }

    private static void realTime(Surroundings here, Findings findings) {
        Long real = here.machine().value("real_time");
        Long nice = here.machine().value("nice");
        if (real == null) {
            findings.skipped("real time", String.valueOf(here.machine().failure()));
        } else if (real == 0) {
            findings.ok("real time", "the nanokernel may go before the OSes that it watches");
        } else if (here.isRoot()) {
            Long runtime = here.number("proc/sys/kernel/sched_rt_runtime_us");
            findings.warn("real time", "real-time scheduling is refused: " + Errno.describe(real.intValue())
                    + (runtime == null ? "" : ", sched_rt_runtime_us is " + runtime), "without it a busy machine "
                    + "delays what is seen of a failure; give CAP_SYS_NICE, and the control group real time if it "
                    + "has cpu.rt_runtime_us", "sysctl kernel.sched_rt_runtime_us=-1");
        } else {
            findings.warn("real time", "not allowed to this user" + (nice != null && nice == 0 ? "; nice -15 is" : ""),
                    "on a busy machine failures are seen some 20 ms later; as root, or as a service, the nanokernel "
                    + "goes first", "sudo nanorouter kernel -c machine.toml");
        }
    }
}
