// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The built-in subcommands. Each has its name in the list and its class in the switch; a test compares the two. */
final class Commands {
    /** In the order of the help page. */
    static final List<String> NAMES =
            List.of("demo", "kernel", "run", "os", "router", "exec", "msg", "mem", "sync", "status", "top", "topology",
                    "port", "fdb", "capture", "metrics", "chaos", "check-config", "doctor");

    /** Those that have the verb {@code list}. */
    static final List<String> OBJECTS = List.of("os", "port", "fdb", "mem", "sync");

    private Commands() {
    }

    /**
     * The command as picocli takes it, a class or an object with annotations or a model without; null if there is none.
     * A switch, so that only the class that is asked for is loaded.
     */
    static @Nullable Object named(String name) {
        return switch (name) {
            case "demo" -> DemoCommand.class;
            case "kernel" -> KernelCommand.class;
            case "run" -> new RunCommand().spec();
            case "os" -> OsCommand.class;
            case "router" -> RouterCommand.class;
            case "exec" -> ExecCommand.class;
            case "msg" -> new MsgCommand(new ThisProgram(System.getenv()));
            case "mem" -> new MemCommand(new ThisProgram(System.getenv()));
            case "sync" -> new SyncCommand(new ThisProgram(System.getenv()));
            case "status" -> StatusCommand.class;
            case "top" -> TopCommand.class;
            case "topology" -> TopologyCommand.class;
            case "port" -> PortCommand.class;
            case "fdb" -> FdbCommand.class;
            case "metrics" -> MetricsCommand.class;
            case "capture" -> CaptureCommand.class;
            case "chaos" -> ChaosCommand.class;
            case "check-config" -> CheckConfigCommand.class;
            case "doctor" -> DoctorCommand.class;
            // Not for people, so not in the list.
            case "demo-services" -> DemoServicesCommand.class;
            default -> null;
        };
    }
}
