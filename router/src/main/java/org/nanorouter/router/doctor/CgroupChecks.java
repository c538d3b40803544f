// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.cell.CgroupMounts;
import org.nanorouter.nanokernel.cell.ControlGroups;

/** Whether limits of OSes could be enforced by a nanokernel that is started from here. */
final class CgroupChecks implements Checks {
    @Override
    public String group() {
        return "limits";
    }

    @Override
    public void look(Surroundings here, Findings findings) {
        Map<String, String> reasons = ControlGroups.outlook(new CgroupMounts(here.path("proc")),
                ProcessHandle.current().pid());
        List<String> good = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        reasons.forEach((controller, reason) -> {
            if (reason.isEmpty()) {
                good.add(controller);
            } else {
                bad.add(controller + " (" + reason + ")");
            }
        });
        if (bad.isEmpty()) {
            findings.ok("control groups", "a nanokernel that is started here can limit " + String.join(", ", good));
        } else {
            findings.warn("control groups", "not to be limited: " + String.join("; ", bad),
                    "only memory_limit, cpus and cpu_weight of machine.toml need it; as a service, or in a group of "
                    + "its own, they are enforced",
                    "systemd-run " + (here.isRoot() ? "" : "--user ")
                    + "--scope -p Delegate=yes nanorouter kernel -c machine.toml");
        }
    }
}
