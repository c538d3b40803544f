// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.attach.ConnectionGrant;
import org.nanorouter.nanokernel.attach.ProgramHost;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/** What programs have for one another: ports and the connections between them, memory, and sync objects. */
public final class Switchboard implements ProgramHost {
    /** Ports, connections, memories and sync objects that one program may have, of each. */
    public static final int MAX_PER_PROGRAM = 64;
    /** Memories, and openings of sync objects, that all programs of an OS may have, of each: they cost descriptors. */
    public static final int MAX_PER_OS = 128;

    private static final String PROGRAM = "program/";
    private static final String PORT = "port/";
    private static final String CONNECTION = "connection/";
    private static final String COUNTERS = "counters";
    /** So many ids are kept as used at once. */
    private static final int IDS_AT_ONCE = 1024;

    private final Keeper keeper;
    private final List<Share> shares;
    private final SharedBytes shared;
    private final MemoryTable memories;
    private final SyncTable syncs;
    private final Map<String, OpenPort> ports = new LinkedHashMap<>();
    private final Set<Integer> portIds = new HashSet<>();
    private final Map<Integer, Connection> connections = new LinkedHashMap<>();
    private final Set<Integer> programs = new HashSet<>();
    private int lastId;
    private int reservedIds;
    private int lastProgram;

    /**
     * Makes it, with no port.
     *
     * @param keeper for whom goes on with it when this nanokernel is killed
     * @param shares of all OSes
     */
    public Switchboard(Keeper keeper, List<Share> shares) {
        this.keeper = keeper;
        this.shares = List.copyOf(shares);
        shared = new SharedBytes(shares);
        memories = new MemoryTable(keeper, shared, this::nextId);
        syncs = new SyncTable(keeper, shared, this::nextId);
    }

    @Override
    public int nextProgram() {
        do {
            lastProgram = lastProgram % SyncDescriptor.HOLDER + 1;
        } while (!programs.add(lastProgram));
        keepCounters();
        return lastProgram;
    }

    /** A successor must not give an id again that somebody may still speak of. */
    private void keepCounters() {
        reservedIds = lastId > Integer.MAX_VALUE - IDS_AT_ONCE ? Integer.MAX_VALUE : lastId + IDS_AT_ONCE;
        keeper.keep(COUNTERS, 0, lastProgram + " " + reservedIds);
    }

    private int nextId() {
        do {
            lastId = lastId % Integer.MAX_VALUE + 1;
        } while (connections.containsKey(lastId) || portIds.contains(lastId) || memories.has(lastId)
                || syncs.has(lastId));
        if (lastId >= reservedIds || lastId == 1) {
            keepCounters();
        }
        return lastId;
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

    /**
     * What an OS may have of the machine's memory.
     *
     * @param region bytes of its region
     * @param limit  bytes that its programs may share
     */
    public record Share(String os, long region, long limit) {
    }

    /**
     * Memory as it is shown.
     *
     * @param program  that made it
     * @param allWrite whether every program may write it, or its maker alone
     * @param programs how many others have it
     */
    public record MemoryReport(String os, String name, int program, int epoch, long length, boolean allWrite,
            int programs) {
    }

    /**
     * A sync object as it is shown.
     *
     * @param word     as it is at this moment, and as its programs wrote it
     * @param programs how many have it
     */
    public record SyncReport(String name, SyncKind kind, int limit, int word, int programs) {
    }

    @Override
    public void openPort(ProgramSession program, int request, String name, int capacity) {
        String key = key(program.osName(), name);
        if (!ObjectName.isLegal(name)) {
            program.refuse(request, AttachError.BAD_NAME, ObjectName.refusal(name, "a port"));
        } else if (!RecordDescriptor.isCapacity(capacity)) {
            program.refuse(request, AttachError.BAD_CAPACITY, "capacity=" + Integer.toUnsignedString(capacity)
                    + ", expected a power of two from 256 KiB to 64 MiB");
        } else if (ports.containsKey(key)) {
            program.refuse(request, AttachError.NAME_TAKEN, "program " + ports.get(key).owner().id() + " of OS "
                    + program.osName() + " has port " + name);
        } else if (ports.values().stream().filter(port -> port.owner() == program).count() >= MAX_PER_PROGRAM) {
            program.refuse(request, AttachError.LIMIT, "the program has " + MAX_PER_PROGRAM + " ports");
        } else {
            OpenPort port = new OpenPort(nextId(), name, capacity, program);
            keeper.keep(PORT + port.id(), 0, program.id() + " " + capacity + " " + name);
            enter(port);
            program.done(request, port.id());
        }
    }

    private void enter(OpenPort port) {
        ports.put(key(port.owner().osName(), port.name()), port);
        portIds.add(port.id());
    }

    private void removePorts(Predicate<OpenPort> which) {
        for (OpenPort port : ports.values().stream().filter(which).toList()) {
            ports.remove(key(port.owner().osName(), port.name()));
            portIds.remove(port.id());
            keeper.drop(PORT + port.id());
        }
    }

    @Override
    public void closePort(ProgramSession program, int portId) {
        removePorts(port -> port.id() == portId && port.owner() == program);
    }

    @Override
    public void connect(ProgramSession program, int request, String os, String name) {
        OpenPort port = ports.get(key(os, name));
        if (!shared.hasOs(os)) {
            program.refuse(request, AttachError.BAD_NAME, "this machine has no OS '" + ObjectName.printable(os) + "'");
        } else if (port == null) {
            program.refuse(request, AttachError.NO_SUCH_PORT, "no program of OS " + os + " has a port '"
                    + ObjectName.printable(name) + "'");
        } else if (port.owner() == program) {
            program.refuse(request, AttachError.NO_SUCH_PORT, "port " + name + " is the program's own");
        } else if (!port.owner().reads()) {
            program.refuse(request, AttachError.LIMIT, "program " + port.owner().id() + " of OS " + os
                    + " does not read what it is told");
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
            String refusal = shared.refusal(end.osName(), wanted, "the connection");
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    private void make(ProgramSession caller, int request, OpenPort port) {
        int length = Half.length(port.capacity());
        Connection connection = new Connection(nextId(), port.id(), caller, port.owner(), length);
        try (Half of0 = Half.create(0, length); Half of1 = Half.create(1, length)) {
            keeper.keep(CONNECTION + connection.id(), 0, connection.portId() + " " + caller.id() + " "
                    + port.owner().id() + " " + length);
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
    public void createMemory(ProgramSession program, int request, String os, String name, long length,
            boolean allWrite) {
        memories.create(program, request, os, name, length, allWrite);
    }

    @Override
    public void openMemory(ProgramSession program, int request, String os, String name, boolean write) {
        memories.open(program, request, os, name, write);
    }

    @Override
    public void openSync(ProgramSession program, int request, String name, int kind, int initial, int limit) {
        syncs.open(program, request, name, kind, initial, limit);
    }

    @Override
    public void list(ProgramSession program, int request) {
        byte[] text = new Listing(this).text();
        try {
            int fd = Errno.check(MemoryObject.create("nk-listing", text.length), "make a listing");
            try (MappedMemory memory = MemoryObject.map(fd, text.length, true, 0)) {
                memory.buffer().put(text);
                int readOnly = Errno.check(MemoryObject.reopenReadOnly(fd), "open a listing");
                program.listing(request, text.length, readOnly);
                Fd.close(readOnly);
            } finally {
                Fd.close(fd);
            }
        } catch (ShimException e) {
            program.refuse(request, AttachError.LIMIT, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close(ProgramSession program, int id) {
        Connection connection = connections.get(id);
        if (connection != null) {
            if (connection.isOf(program)) {
                end(connection, program, ClosedReason.BY_PEER);
            }
        } else if (!memories.close(program, id)) {
            syncs.close(program, id);
        }
    }

    @Override
    public void left(ProgramSession program, boolean epochEnded) {
        removePorts(port -> port.owner() == program);
        for (Connection connection : connectionsThat(each -> each.isOf(program))) {
            end(connection, program, epochEnded ? ClosedReason.EPOCH_ENDED : ClosedReason.PROGRAM_ENDED);
        }
        memories.left(program, epochEnded);
        syncs.left(program);
        programs.remove(program.id());
        keeper.drop(PROGRAM + program.id());
    }

    @Override
    public void joined(ProgramSession program, int fd) {
        keeper.keep(PROGRAM + program.id(), 0, program.osName() + " " + program.epoch(), fd);
    }

    /**
     * Takes over what a nanokernel left that was killed. Then whoever is not to go on is ended as at any other time.
     *
     * @param resume goes on with the session of a program
     */
    public void restore(Resume resume) {
        Kept counters = keeper.take(COUNTERS);
        if (counters != null) {
            String[] words = counters.text().split(" ");
            lastProgram = Integer.parseInt(words[0]);
            lastId = Integer.parseInt(words[1]);
        }
        Map<Integer, ProgramSession> sessions = new HashMap<>();
        for (Kept kept : keeper.takeUnder(PROGRAM)) {
            String[] words = kept.text().split(" ");
            int id = idOf(kept, PROGRAM);
            programs.add(id);
            sessions.put(id, resume.resume(words[0], Integer.parseInt(words[1]), id, kept.descriptors()[0]));
        }
        for (Kept kept : keeper.takeUnder(PORT)) {
            String[] words = kept.text().split(" ");
            ProgramSession owner = sessions.get(Integer.parseInt(words[0]));
            if (owner == null) {
                keeper.drop(kept.name());
            } else {
                enter(new OpenPort(idOf(kept, PORT), words[2], Integer.parseInt(words[1]), owner));
            }
        }
        for (Kept kept : keeper.takeUnder(CONNECTION)) {
            restoreConnection(idOf(kept, CONNECTION), kept.text().split(" "), sessions);
        }
        memories.restore(sessions);
        syncs.restore(sessions);
    }

    /** Goes on with the session of a program that joined in an epoch of an OS, on this descriptor. */
    @FunctionalInterface
    public interface Resume {
        ProgramSession resume(String os, int epoch, int programId, int fd);
    }

    private void restoreConnection(int id, String[] words, Map<Integer, ProgramSession> sessions) {
        ProgramSession caller = sessions.get(Integer.parseInt(words[1]));
        ProgramSession callee = sessions.get(Integer.parseInt(words[2]));
        if (caller != null && callee != null) {
            Connection connection = new Connection(id, Integer.parseInt(words[0]), caller, callee,
                    Integer.parseInt(words[3]));
            connections.put(id, connection);
            charge(connection, 1);
            return;
        }
        // One end left, and its nanokernel was killed before it had told the other one.
        keeper.drop(CONNECTION + id);
        ProgramSession left = caller == null ? callee : caller;
        if (left != null) {
            left.closed(id, ClosedReason.PROGRAM_ENDED);
        }
    }

    private static int idOf(Kept kept, String prefix) {
        return Integer.parseInt(kept.name().substring(prefix.length()));
    }

    private void end(Connection connection, ProgramSession by, ClosedReason reason) {
        // Telling the other end may end that one too.
        if (connections.remove(connection.id()) != null) {
            charge(connection, -1);
            if (connection.otherThan(by) != by) {
                connection.otherThan(by).closed(connection.id(), reason);
            }
            keeper.drop(CONNECTION + connection.id());
        }
    }

    private List<Connection> connectionsThat(Predicate<Connection> wanted) {
        return new ArrayList<>(connections.values().stream().filter(wanted).toList());
    }

    private void charge(Connection connection, int sign) {
        for (ProgramSession end : List.of(connection.caller(), connection.callee())) {
            shared.charge(end.osName(), (long) sign * connection.halfLength());
        }
    }

    /** Bytes that the programs of an OS share. */
    public long sharedBy(String os) {
        return shared.usedBy(os);
    }

    /** What each OS may have. */
    public List<Share> shares() {
        return shares;
    }

    /** All memory of programs, in the order in which it was made. */
    public List<MemoryReport> memories() {
        return memories.reports();
    }

    /** All sync objects, in the order in which they were made. */
    public List<SyncReport> syncs() {
        return syncs.reports();
    }

    /** All ports, in the order in which they were opened. */
    public List<PortReport> ports() {
        return ports.values().stream().map(port -> port.report((int) connections.values().stream()
                .filter(connection -> connection.portId() == port.id()).count())).toList();
    }

    private static String key(String os, String port) {
        return os + "/" + port;
    }
}
