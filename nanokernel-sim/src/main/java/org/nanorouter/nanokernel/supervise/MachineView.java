// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.CellCommand;
import org.nanorouter.nanokernel.switchboard.Switchboard;

/** What the control socket asks of a machine, and what changes nothing. On the machine's thread. */
public final class MachineView {
    private final Machine machine;
    private final MachineMemory memory;
    private final Lifecycle lifecycle;
    private final Lookout lookout;
    private final CellCommand command;
    private final LongSupplier clock;

    MachineView(Machine machine, MachineMemory memory, Lifecycle lifecycle, Lookout lookout, CellCommand command,
            LongSupplier clock) {
        this.machine = machine;
        this.memory = memory;
        this.lifecycle = lifecycle;
        this.lookout = lookout;
        this.command = command;
        this.clock = clock;
    }

    /** Of the management region, in hexadecimal; the same for all nanokernels that take one another over. */
    public String bootId() {
        return HexFormat.of().formatHex(memory.management().region().bootId());
    }

    /** All OSes as {@code os list} shows them, in the order of their ids. */
    public List<Map<String, Object>> list() {
        long now = clock.getAsLong();
        return machine.oses().stream().map(os -> OsReport.summary(os, memory, lifecycle.state(os), now)).toList();
    }

    /** One OS as {@code os show} shows it. */
    public Map<String, Object> show(String name) {
        ManagedOs os = machine.os(name);
        return OsReport.details(os, memory, lifecycle.state(os), clock.getAsLong());
    }

    /** Each ring, with how full it is. */
    public List<Map<String, @Nullable Object>> channels() {
        return ChannelReport.all(machine.oses(), memory.management().region(), lookout);
    }

    /** The events of all OSes. */
    public EventLog events() {
        return lifecycle.events();
    }

    /** What the programs of the OSes share. */
    public Switchboard switchboard() {
        return memory.switchboard();
    }

    /** Answers os.postmortem: what is kept of an OS that failed, or what is there now. */
    public Map<String, Object> postmortem(String name, Map<String, Object> request) {
        return memory.recorder().answer(machine.os(name), machine.oses(), lifecycle.events(), request);
    }

    /** What it takes to enter an OS: process 1 and the environment of programs there. */
    public Map<String, Object> entrance(String name) {
        ManagedOs os = machine.os(name);
        if (!os.isNamespace()) {
            throw new IllegalStateException("os=" + name + " is not a namespace cell, it cannot be entered");
        } else if (os.pid == 0) {
            throw new IllegalStateException("os=" + name + " is " + Machine.label(lifecycle.state(os))
                    + ", it has no process");
        }
        Map<String, Object> entrance = new LinkedHashMap<>();
        entrance.put("pid", os.pid);
        entrance.put("uid_range", os.hasUidRange);
        entrance.put("environment", command.environment(os.config, os.directory));
        return entrance;
    }
}
