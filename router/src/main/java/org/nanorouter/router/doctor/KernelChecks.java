// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.nio.file.Files;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;

/** What the kernel has. */
final class KernelChecks implements Checks {
    @Override
    public String group() {
        return "kernel";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        String release = here.text("proc/sys/kernel/osrelease");
        findings.ok("release", release == null ? "not known" : "Linux " + release);
        memory(here, findings);
        wanted(here, findings, "pidfd", here.machine().value("pidfd"), "ends of processes are seen by pidfd",
                Verdict.FAIL, "a kernel from 5.3 on has pidfd_open; a container's seccomp filter may forbid it");
        wanted(here, findings, "futex_waitv", here.machine().value("futex_waitv"), "one wait watches two words",
                Verdict.WARN, "waits for sync objects look every 50 ms; a kernel from 5.16 on has the call");
        wanted(here, findings, "io_uring", here.machine().value("io_uring"), "small frames are read many at a time",
                Verdict.WARN, "each frame is read with a system call; a kernel from 5.6 on has io_uring; "
                        + "the sysctl kernel.io_uring_disabled or a container's seccomp filter may forbid it");
        wanted(here, findings, "INET_DIAG_DESTROY", here.cell().value("end_session"),
                "TCP sessions with a dead OS can be ended", Verdict.WARN,
                "programs notice a dead OS only when TCP gives up; the kernel needs CONFIG_INET_DIAG_DESTROY");
        cores(here, findings);
    }

    private static void memory(Surroundings here, Findings findings) {
        Long sealed = here.machine().value("sealed_memory");
        if (sealed == null) {
            findings.skipped("memfd", String.valueOf(here.machine().failure()));
        } else if (sealed == 0) {
            findings.ok("memfd", "memory can be made, sealed, and opened read-only");
        } else {
            findings.fail("memfd", "memory for the rings cannot be made: " + Errno.describe(sealed.intValue()),
                    "the kernel needs CONFIG_MEMFD_CREATE, and /proc has to be mounted", "ls -l /proc/self/fd");
        }
    }

    private static void wanted(Surroundings here, Findings findings, String name, @Nullable Long value, String good,
            Verdict bad, String advice) {
        if (value == null) {
            String why = here.machine().failure() == null ? here.cell().failure() : here.machine().failure();
            findings.skipped(name, String.valueOf(why));
        } else if (value == 0) {
            findings.ok(name, good);
        } else {
            findings.add(name, bad, "the kernel refuses it: " + Errno.describe(value.intValue()), advice, "uname -r");
        }
    }

    /** What a router or agent leaves that aborts; the flight recorder does without. */
    private static void cores(Surroundings here, Findings findings) {
        String pattern = here.text("proc/sys/kernel/core_pattern");
        if (pattern == null) {
            findings.skipped("core dumps", "/proc/sys/kernel/core_pattern cannot be read");
            return;
        }
        if (pattern.startsWith("|")) {
            String program = pattern.substring(1).strip().split("\\s+")[0];
            String relative = program.startsWith("/") ? program.substring(1) : program;
            if (!Files.isExecutable(here.path(relative))) {
                findings.warn("core dumps", "they go to " + program + ", which is not there",
                        "a router's core, which says why it aborted, is lost; 'os postmortem' needs none",
                        here.sudo() + "sysctl kernel.core_pattern=core");
                return;
            }
            findings.ok("core dumps", "of routers and agents that abort go to " + program
                    + "; 'os postmortem' needs none");
            return;
        }
        findings.ok("core dumps", pattern.isEmpty() ? "none; 'os postmortem' needs none"
                : "to files named " + pattern + ", if 'ulimit -c' allows it; 'os postmortem' needs none");
    }
}
