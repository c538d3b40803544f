// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether cells can be made, by root and by ordinary users. */
final class NamespaceChecks implements Checks {
    private static final String[] KINDS = {"user", "net", "pid", "mnt", "uts", "ipc"};

    @Override
    public String group() {
        return "namespaces";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        kinds(here, findings);
        limits(here, findings);
        forOrdinaryUsers(here, findings);
        findings.ok("subuid", subordinate(here));
        cell(here, findings);
    }

    private static void kinds(Surroundings here, Findings findings) {
        List<String> missing = new ArrayList<>();
        for (String kind : KINDS) {
            if (!Files.exists(here.path("proc/self/ns/" + kind), LinkOption.NOFOLLOW_LINKS)) {
                missing.add(kind);
            }
        }
        if (missing.isEmpty()) {
            findings.ok("kinds", "the kernel has " + String.join(", ", KINDS));
        } else {
            findings.fail("kinds", "the kernel has no namespaces of kind " + String.join(", ", missing),
                    "it needs CONFIG_NAMESPACES and CONFIG_" + String.join("_NS, CONFIG_", missing).toUpperCase(
                    Locale.ROOT) + "_NS", "grep _NS= /boot/config-$(uname -r)");
        }
    }

    private static void limits(Surroundings here, Findings findings) {
        for (String kind : KINDS) {
            Long limit = here.number("proc/sys/user/max_" + kind + "_namespaces");
            if (limit != null && limit == 0) {
                findings.fail("limits", "namespaces of kind " + kind + " are switched off", "allow some",
                        here.sudo() + "sysctl user.max_" + kind + "_namespaces=10000");
                return;
            }
        }
        Long users = here.number("proc/sys/user/max_user_namespaces");
        findings.ok("limits", users == null ? "none is known" : users + " user namespaces");
    }

    private static void forOrdinaryUsers(Surroundings here, Findings findings) {
        Long clone = here.number("proc/sys/kernel/unprivileged_userns_clone");
        Long apparmor = here.number("proc/sys/kernel/apparmor_restrict_unprivileged_userns");
        // To root itself neither is in the way.
        Verdict verdict = here.isRoot() ? Verdict.WARN : Verdict.FAIL;
        if (clone != null && clone == 0) {
            findings.add("rootless", verdict, "user namespaces are for root alone",
                    "allow them to ordinary users, or run as root",
                    here.sudo() + "sysctl kernel.unprivileged_userns_clone=1");
        } else if (apparmor != null && apparmor == 1) {
            findings.add("rootless", verdict, "AppArmor restricts the user namespaces of ordinary users",
                    "lift that, or run as root",
                    here.sudo() + "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
        } else {
            findings.ok("rootless", "no switch forbids user namespaces to ordinary users");
        }
    }

    /** Other container programs need them, so people look for them. */
    private static String subordinate(Surroundings here) {
        String ranges = here.text("etc/subuid");
        return "newuidmap and /etc/subuid are not needed: a cell has one uid if an ordinary user makes it"
                + (ranges == null || ranges.isEmpty() ? "" : "; there are some");
    }

    private static void cell(Surroundings here, Findings findings) {
        String failure = here.cell().failure();
        if (failure == null) {
            findings.ok("cell", "one was made, and is gone");
        } else if (here.programs() == null || failure.endsWith("not there")) {
            findings.skipped("cell", failure);
        } else {
            // nk-cell knows best, and ends with the command if there is one.
            String command = commandIn(failure);
            String advice = command == null ? "in a container, it has to allow unshare(2) and mount(2)"
                    : "as nk-cell says";
            findings.fail("cell", failure, advice, command == null
                    ? "docker run --privileged ..." : here.sudo() + command);
        }
    }

    private static @Nullable String commandIn(String failure) {
        int at = failure.indexOf("as root: ");
        return at < 0 ? null : failure.substring(at + "as root: ".length());
    }
}
