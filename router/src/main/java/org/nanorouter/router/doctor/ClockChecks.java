// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The clocks: deadlines run by the monotonic one, and what people read is of the wall's. */
final class ClockChecks implements Checks {
    private static final String FOLDER = "sys/devices/system/clocksource/clocksource0/";
    /** Those that are read without a call of the kernel. */
    private static final List<String> QUICK = List.of("tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
            "arch_sys_counter", "xen");
    /** TIME_ERROR of adjtimex(2). */
    private static final long UNSYNCHRONISED = 5;
    private static final long MIN_STEP_S = 2;

    @Override
    public String group() {
        return "clock";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        source(here, findings);
        Long state = here.machine().value("clock_state");
        if (state == null) {
            findings.skipped("synchronised", String.valueOf(here.machine().failure()));
        } else {
            findings.ok("synchronised", state == UNSYNCHRONISED
                    ? "nobody sets the wall clock; only the times that are shown depend on it"
                    : "the wall clock is set");
        }
        steps(here, findings);
    }

    private static void source(Surroundings here, Findings findings) {
        String current = here.text(FOLDER + "current_clocksource");
        String available = here.text(FOLDER + "available_clocksource");
        if (current == null) {
            findings.skipped("source", "the kernel does not say which clock it reads");
        } else if (QUICK.contains(current)) {
            findings.ok("source", current + tsc(here));
        } else if (available != null && List.of(available.split("\\s+")).contains("tsc")) {
            findings.warn("source", current + ", though there is a tsc", "each look at the clock is a call of the "
                    + "kernel; the kernel's log says why it left the tsc",
                    here.sudo() + "dmesg | grep -i -e tsc -e clocksource");
        } else {
            findings.warn("source", current, "each look at the clock is a call of the kernel, which costs round trips; "
                    + "a virtual machine can be given kvm-clock or a stable tsc",
                    "cat /sys/devices/system/clocksource/clocksource0/available_clocksource");
        }
    }

    private static String tsc(Surroundings here) {
        String flags = here.field("proc/cpuinfo", "flags");
        if (flags == null) {
            return "";
        }
        List<String> words = List.of(flags.split("\\s+"));
        return words.contains("constant_tsc") && words.contains("nonstop_tsc") ? "; the tsc is constant and never stops"
                : "; the tsc may change its pace or stop";
    }

    /** The socket of a nanokernel is as old as the nanokernel, by another clock. */
    private static void steps(Surroundings here, Findings findings) {
        Long wall = here.machine().value("wall_s");
        for (RunningInstance instance : here.running()) {
            Long made = made(instance);
            if (wall == null || made == null) {
                continue;
            }
            long step = wall - made - Math.round(instance.uptimeS());
            if (Math.abs(step) >= MIN_STEP_S) {
                findings.warn("steps of " + instance.name(), "the wall clock went " + Math.abs(step) + " s "
                        + (step < 0 ? "back" : "ahead") + " since the nanokernel started, or the machine slept",
                        "times in logs from before are that much off; nothing else depends on it", "timedatectl");
            } else {
                findings.ok("steps of " + instance.name(), "none since the nanokernel started");
            }
        }
    }

    private static @Nullable Long made(RunningInstance instance) {
        try {
            return Files.getLastModifiedTime(instance.socket()).toMillis() / 1000;
        } catch (IOException e) {
            return null;
        }
    }
}
