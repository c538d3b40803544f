// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.config.Limits;
import org.nanorouter.nanokernel.config.RestartConfig;
import org.nanorouter.nanokernel.memory.ManagementRegion;

/** An OS as the command line shows it. The keys are stable. */
final class OsReport {
    private static final double NS_PER_S = 1e9;
    private static final long NS_PER_MS = 1_000_000;

    private OsReport() {
    }

    static Map<String, Object> summary(ManagedOs os, MachineMemory memory, OsState state, long now) {
        ManagementRegion table = memory.management().region();
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("name", os.name());
        report.put("id", os.id());
        report.put("kind", ConfigReader.label(os.config.kind()));
        report.put("state", Machine.label(state));
        report.put("epoch", table.epoch(os.id()));
        report.put("pid", os.pid == 0 ? null : os.pid);
        report.put("attached", os.session() != null);
        report.put("ready", os.isReady());
        report.put("restarts", table.restartCount(os.id()));
        report.put("uptime_s", os.region == null ? null : seconds(now - table.startedAt(os.id())));
        report.put("heartbeat_silence_ms", os.isReady() ? os.watch.silence(now) / NS_PER_MS : null);
        report.put("heartbeat_deadline_ms", table.heartbeatDeadlineMs(os.id()));
        report.put("recovery_seconds", os.recoveries.report());
        report.put("last_failure", lastFailure(os, table, now));
        return complete(report);
    }

    static Map<String, Object> details(ManagedOs os, MachineMemory memory, OsState state, long now) {
        ManagementRegion table = memory.management().region();
        Map<String, @Nullable Object> report = new LinkedHashMap<>(summary(os, memory, state, now));
        report.put("mac", os.config.mac().toString());
        report.put("memory_bytes", os.config.regionLength());
        report.put("isolation", isolation(os));
        putLimits(report, os);
        report.putAll(os.devices.report(os.pid));
        report.put("autostart", os.config.autostart());
        report.put("init", os.config.init());
        report.put("services", os.config.services());
        AttachSession session = os.session();
        report.put("endpoint_pid", session == null || session.peerPid() <= 0 ? null : session.peerPid());
        report.put("restart", restart(os));
        report.put("peers", os.config.peers().stream().sorted().toList());
        report.put("run_directory", os.directory.path().toString());
        report.put("console_log", os.config.kind() == OsKind.EXTERNAL ? null : os.directory.consoleLog().toString());
        return complete(report);
    }

    private static @Nullable Map<String, @Nullable Object> lastFailure(ManagedOs os, ManagementRegion table, long now) {
        Failure failure = table.lastFailure(os.id());
        if (failure == null || failure == Failure.NONE) {
            return null;
        }
        Map<String, @Nullable Object> last = new LinkedHashMap<>();
        last.put("kind", ConfigReader.label(failure));
        last.put("text", os.failureText);
        last.put("ago_s", seconds(now - table.lastFailureAt(os.id())));
        return last;
    }

    /** Only if there are limits: what was asked for, and which of it holds. */
    private static void putLimits(Map<String, @Nullable Object> report, ManagedOs os) {
        Limits limits = os.config.limits();
        if (limits.memory() != 0) {
            report.put("memory_limit", limits.memory());
        }
        if (!limits.cpus().isEmpty()) {
            report.put("cpus", limits.cpus());
        }
        if (limits.cpuWeight() != 0) {
            report.put("cpu_weight", limits.cpuWeight());
        }
        if (limits.any()) {
            report.put("limits", os.group.report(os.pid));
        }
    }

    private static Map<String, Object> restart(ManagedOs os) {
        RestartConfig config = os.config.restart();
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("policy", ConfigReader.label(config.policy()));
        report.put("limit", config.limit());
        report.put("window_s", config.window().toSeconds());
        report.put("used", os.budget.used());
        report.put("hung", ConfigReader.label(config.hung()));
        report.put("quarantined", ConfigReader.label(config.quarantined()));
        report.put("stalled", ConfigReader.label(config.stalled()));
        return report;
    }

    /** What keeps other OSes' programs from this one's memory and files. */
    private static String isolation(ManagedOs os) {
        return switch (os.config.kind()) {
            case NAMESPACE -> os.hasUidRange ? "uid-range" : "shared-uid";
            default -> "none";
        };
    }

    private static double seconds(long ns) {
        return Math.round(ns / NS_PER_S * 1000) / 1000.0;
    }

    /** A reply shows an absent value as null, which the type of the control interface does not speak of. */
    @SuppressWarnings("NullAway")
    private static Map<String, Object> complete(Map<String, @Nullable Object> report) {
        return report;
    }
}
