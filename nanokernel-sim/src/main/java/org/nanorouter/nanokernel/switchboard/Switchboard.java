// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.attach.ConnectionGrant;
import org.nanorouter.nanokernel.attach.ProgramHost;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.shim.ShimException;

/** The ports of all programs, and the connections between them. */
public final class Switchboard implements ProgramHost {
    /** Ports, and connections, that one program may have. */
    public static final int MAX_PER_PROGRAM = 64;

    private final Map<String, Long> limits;
    private final Map<String, Long> shared = new HashMap<>();
    private final Map<String, OpenPort> ports = new LinkedHashMap<>();
    private final Map<Integer, Connection> connections = new LinkedHashMap<>();
    private int lastId;
    private int lastProgram;

    /**
     * Makes it, with no port.
     *
     * @param limits name of each OS, and the bytes that its programs may share
     */
    public Switchboard(Map<String, Long> limits) {
        this.limits = Map.copyOf(limits);
    }

    @Override
    public int nextProgram() {
        return ++lastProgram;
    }

    private record OpenPort(int id, String name, int capacity, ProgramSession owner) {
        PortReport report(int connections) {
            return new PortReport(owner.osName(), name, owner.id(), capacity, connections);
        }
    }

    private record Connection(int id, int portId, ProgramSession caller, ProgramSession callee, int halfLength) {
        boolean isOf(ProgramSession program) {
            return caller == program || callee == program;
        }

        ProgramSession otherThan(ProgramSession program) {
            return caller == program ? callee : caller;
        }
    }

    /**
     * A port as it is shown.
     *
     * @param program     id of the one that owns it
     * @param connections how many there are to it
     */
    public record PortReport(String os, String name, int program, int capacity, int connections) {
    }

    @Override
    public void openPort(ProgramSession program, int request, String name, int capacity) {
        String key = key(program.osName(), name);
        if (!PortName.isLegal(name)) {
            program.refuse(request, AttachError.BAD_NAME, "'" + printable(name) + "' is not the name of a port: "
                    + "1 to 31 of a-z, 0-9, '.', '_' and '-', a letter or digit first");
        } else if (!RecordDescriptor.isCapacity(capacity)) {
            program.refuse(request, AttachError.BAD_CAPACITY, "capacity=" + Integer.toUnsignedString(capacity)
                    + ", expected a power of two from 256 KiB to 64 MiB");
        } else if (ports.containsKey(key)) {
            program.refuse(request, AttachError.NAME_TAKEN, "program " + ports.get(key).owner().id() + " of OS "
                    + program.osName() + " has port " + name);
        } else if (ports.values().stream().filter(port -> port.owner() == program).count() >= MAX_PER_PROGRAM) {
            program.refuse(request, AttachError.LIMIT, "the program has " + MAX_PER_PROGRAM + " ports");
        } else {
            OpenPort port = new OpenPort(++lastId, name, capacity, program);
            ports.put(key, port);
            program.done(request, port.id());
        }
    }

    @Override
    public void closePort(ProgramSession program, int portId) {
        ports.values().removeIf(port -> port.id() == portId && port.owner() == program);
    }

    @Override
    public void connect(ProgramSession program, int request, String os, String name) {
        OpenPort port = ports.get(key(os, name));
        if (!limits.containsKey(os)) {
            program.refuse(request, AttachError.BAD_NAME, "this machine has no OS '" + printable(os) + "'");
        } else if (port == null) {
            program.refuse(request, AttachError.NO_SUCH_PORT, "no program of OS " + os + " has a port '"
                    + printable(name) + "'");
        } else if (port.owner() == program) {
            program.refuse(request, AttachError.NO_SUCH_PORT, "port " + name + " is the program's own");
        } else {
            String limit = limit(program, port);
            if (limit != null) {
                program.refuse(request, AttachError.LIMIT, limit);
            } else {
                make(program, request, port);
            }
        }
    }

    private @Nullable String limit(ProgramSession caller, OpenPort port) {
        for (ProgramSession end : List.of(caller, port.owner())) {
            if (connections.values().stream().filter(each -> each.isOf(end)).count() >= MAX_PER_PROGRAM) {
                return "program " + end.id() + " of OS " + end.osName() + " has " + MAX_PER_PROGRAM + " connections";
            }
            // Both ends may be of one OS.
            long wanted = Half.length(port.capacity()) * (caller.osName().equals(port.owner().osName()) ? 2L : 1L);
            if (sharedBy(end.osName()) + wanted > limits.getOrDefault(end.osName(), 0L)) {
                return "OS " + end.osName() + " shares " + sharedBy(end.osName()) + " of "
                        + limits.get(end.osName()) + " bytes, and the connection needs " + wanted;
            }
        }
        return null;
    }

    private void make(ProgramSession caller, int request, OpenPort port) {
        int length = Half.length(port.capacity());
        Connection connection = new Connection(++lastId, port.id(), caller, port.owner(), length);
        try (Half of0 = Half.create(0, length); Half of1 = Half.create(1, length)) {
            connections.put(connection.id(), connection);
            charge(connection, 1);
            // The port's end first: whoever is told that it is connected may send.
            port.owner().connection(new ConnectionGrant(0, connection.id(), port.id(), 1, caller, length,
                    of1.writable(), of0.readOnly(), of0.waiter(), of1.ringer()));
            if (connections.containsKey(connection.id())) {
                caller.connection(new ConnectionGrant(request, connection.id(), 0, 0, port.owner(), length,
                        of0.writable(), of1.readOnly(), of1.waiter(), of0.ringer()));
            }
        } catch (ShimException e) {
            caller.refuse(request, AttachError.LIMIT, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close(ProgramSession program, int connectionId) {
        Connection connection = connections.get(connectionId);
        if (connection != null && connection.isOf(program)) {
            end(connection, program, ClosedReason.BY_PEER);
        }
    }

    @Override
    public void left(ProgramSession program, boolean epochEnded) {
        ports.values().removeIf(port -> port.owner() == program);
        for (Connection connection : connectionsThat(each -> each.isOf(program))) {
            end(connection, program, epochEnded ? ClosedReason.EPOCH_ENDED : ClosedReason.PROGRAM_ENDED);
        }
    }

    private void end(Connection connection, ProgramSession by, ClosedReason reason) {
        // Telling the other end may end that one too.
        if (connections.remove(connection.id()) != null) {
            charge(connection, -1);
            if (connection.otherThan(by) != by) {
                connection.otherThan(by).closed(connection.id(), reason);
            }
        }
    }

    private List<Connection> connectionsThat(Predicate<Connection> wanted) {
        return new ArrayList<>(connections.values().stream().filter(wanted).toList());
    }

    private void charge(Connection connection, int sign) {
        for (ProgramSession end : List.of(connection.caller(), connection.callee())) {
            shared.merge(end.osName(), (long) sign * connection.halfLength(), Long::sum);
        }
    }

    /** Bytes that the programs of an OS write and others may read. */
    public long sharedBy(String os) {
        return shared.getOrDefault(os, 0L);
    }

    /** All ports, in the order in which they were opened. */
    public List<PortReport> ports() {
        return ports.values().stream().map(port -> port.report((int) connections.values().stream()
                .filter(connection -> connection.portId() == port.id()).count())).toList();
    }

    private static String key(String os, String port) {
        return os + "/" + port;
    }

    private static String printable(String name) {
        return name.replaceAll("[^ -~]", "?");
    }
}
