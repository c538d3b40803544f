// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.util.List;

/** Runs all checks. */
public final class Doctor {
    private static final List<Checks> ALL = List.of(new DeviceChecks(), new NamespaceChecks(), new PrivilegeChecks(),
            new KernelChecks(), new ProgramChecks(), new NetworkChecks(), new ResourceChecks(), new ClockChecks(),
            new CgroupChecks(), new LeftoverChecks(), new InstanceChecks());

    private Doctor() {
    }

    /** Everything that was found, in the order of the groups. */
    public static List<Finding> examine(Surroundings here) {
        Findings findings = new Findings();
        for (Checks checks : ALL) {
            findings.group(checks.group());
            checks.look(here, findings);
        }
        return findings.all();
    }
}
