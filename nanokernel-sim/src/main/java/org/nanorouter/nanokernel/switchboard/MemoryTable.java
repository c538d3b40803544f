// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MemoryObject;

/** The memory that programs made for others. It is neither mapped nor read here. */
final class MemoryTable {
    private static final long GRANULE = 4096;

    private static final String KEPT = "memory/";

    private final Keeper keeper;
    private final SharedBytes shared;
    private final IntSupplier nextId;
    private final Map<String, Memory> memories = new LinkedHashMap<>();
    private final Map<Integer, Memory> byId = new HashMap<>();
    private final Counts<ProgramSession> made = new Counts<>();
    private final Counts<String> inOs = new Counts<>();

    MemoryTable(Keeper keeper, SharedBytes shared, IntSupplier nextId) {
        this.keeper = keeper;
        this.shared = shared;
        this.nextId = nextId;
    }

    /** The descriptor is the table's. */
    private record Memory(int id, String name, ProgramSession maker, boolean allWrite, long length, int fd,
            Users users) {
        String key() {
            return MemoryTable.key(maker.osName(), name);
        }
    }

    void create(ProgramSession program, int request, String os, String name, long length, boolean allWrite) {
        Memory other = memories.get(key(program.osName(), name));
        if (!os.equals(program.osName())) {
            program.refuse(request, AttachError.BAD_NAME, "a program of OS " + program.osName()
                    + " makes memory there, not in '" + ObjectName.printable(os) + "'");
        } else if (!ObjectName.isLegal(name)) {
            program.refuse(request, AttachError.BAD_NAME, ObjectName.refusal(name, "memory"));
        } else if (length < 0 || length > AbiDescriptor.MAX_REGION_LENGTH) {
            program.refuse(request, AttachError.BAD_LENGTH, "memory of " + Long.toUnsignedString(length)
                    + " bytes, expected 1 to " + AbiDescriptor.MAX_REGION_LENGTH);
        } else if (other != null) {
            program.refuse(request, AttachError.NAME_TAKEN, "program " + other.maker().id() + " of OS "
                    + program.osName() + " has memory " + name);
        } else {
            long rounded = (length + GRANULE - 1) / GRANULE * GRANULE;
            String limit = limit(program, rounded);
            if (limit != null) {
                program.refuse(request, AttachError.LIMIT, limit);
            } else {
                make(program, request, name, rounded, allWrite);
            }
        }
    }

    private @Nullable String limit(ProgramSession program, long length) {
        if (inOs.of(program.osName()) >= Switchboard.MAX_PER_OS) {
            return "the programs of OS " + program.osName() + " have made " + Switchboard.MAX_PER_OS + " memories";
        }
        if (made.of(program) >= Switchboard.MAX_PER_PROGRAM) {
            return "the program has made " + Switchboard.MAX_PER_PROGRAM + " memories";
        }
        return shared.refusal(program.osName(), length, "the memory");
    }

    private void make(ProgramSession program, int request, String name, long length, boolean allWrite) {
        int fd = MemoryObject.create("nk-memory", length);
        if (fd < 0) {
            program.refuse(request, AttachError.LIMIT, "make memory of " + length + " bytes: " + Errno.describe(-fd));
            return;
        }
        int id = nextId.getAsInt();
        Memory memory = new Memory(id, name, program, allWrite, length, fd, new Users(keeper, KEPT + id));
        keeper.keep(KEPT + id, 0, program.id() + " " + allWrite + " " + length + " " + name, fd);
        enter(memory);
        program.memory(request, memory.id(), program, true, length, fd);
    }

    private void enter(Memory memory) {
        memories.put(memory.key(), memory);
        byId.put(memory.id(), memory);
        made.add(memory.maker());
        inOs.add(memory.maker().osName());
        shared.charge(memory.maker().osName(), memory.length());
    }

    /** Takes over the memories that a nanokernel left, which are those of programs that it left. */
    void restore(Map<Integer, ProgramSession> programs) {
        for (Kept kept : keeper.takeUnder(KEPT)) {
            String[] words = kept.text().split(" ");
            ProgramSession maker = programs.get(Integer.parseInt(words[0]));
            if (maker == null) {
                Fd.close(kept.descriptors()[0]);
                keeper.drop(kept.name());
            } else {
                int id = Integer.parseInt(kept.name().substring(KEPT.length()));
                Memory memory = new Memory(id, words[3], maker, Boolean.parseBoolean(words[1]),
                        Long.parseLong(words[2]), kept.descriptors()[0], new Users(keeper, kept.name()));
                enter(memory);
                memory.users().restore(programs);
            }
        }
    }

    void open(ProgramSession program, int request, String os, String name, boolean write) {
        Memory memory = memories.get(key(os, name));
        if (!shared.hasOs(os)) {
            program.refuse(request, AttachError.BAD_NAME, "this machine has no OS '" + ObjectName.printable(os) + "'");
        } else if (memory == null) {
            program.refuse(request, AttachError.NO_SUCH_MEMORY, "no program of OS " + os + " has memory '"
                    + ObjectName.printable(name) + "'");
        } else if (memory.maker() == program) {
            program.refuse(request, AttachError.NO_SUCH_MEMORY, "memory " + name + " is the program's own");
        } else if (write && !memory.allWrite()) {
            program.refuse(request, AttachError.READ_ONLY, "memory " + name + " of OS " + os
                    + " is written by program " + memory.maker().id() + " alone");
        } else {
            memory.users().add(program);
            grant(program, request, memory, write);
        }
    }

    private static void grant(ProgramSession program, int request, Memory memory, boolean write) {
        int fd = write ? memory.fd() : MemoryObject.reopenReadOnly(memory.fd());
        if (fd < 0) {
            memory.users().remove(program);
            program.refuse(request, AttachError.LIMIT, "open memory to be read: " + Errno.describe(-fd));
            return;
        }
        program.memory(request, memory.id(), memory.maker(), write, memory.length(), fd);
        if (!write) {
            Fd.close(fd);
        }
    }

    boolean has(int id) {
        return byId.containsKey(id);
    }

    /** The program does not use it any more; false if there is none of that id. */
    boolean close(ProgramSession program, int id) {
        Memory memory = byId.get(id);
        if (memory == null) {
            return false;
        }
        if (memory.maker() == program) {
            end(memory, ClosedReason.BY_PEER);
        } else {
            memory.users().remove(program);
        }
        return true;
    }

    void left(ProgramSession program, boolean epochEnded) {
        memories.values().forEach(memory -> memory.users().removeAll(program));
        for (Memory memory : those(each -> each.maker() == program)) {
            end(memory, epochEnded ? ClosedReason.EPOCH_ENDED : ClosedReason.PROGRAM_ENDED);
        }
    }

    private void end(Memory memory, ClosedReason reason) {
        // Telling a user may end that one, which may have made memory too.
        if (memories.remove(memory.key(), memory)) {
            byId.remove(memory.id());
            made.remove(memory.maker());
            inOs.remove(memory.maker().osName());
            shared.charge(memory.maker().osName(), -memory.length());
            Fd.close(memory.fd());
            memory.users().all().forEach(user -> user.closed(memory.id(), reason));
            // Last: a successor that finds it kept tells them again, which they ignore.
            keeper.drop(KEPT + memory.id());
            memory.users().end();
        }
    }

    private List<Memory> those(Predicate<Memory> wanted) {
        return memories.values().stream().filter(wanted).toList();
    }

    List<Switchboard.MemoryReport> reports() {
        return memories.values().stream().map(each -> new Switchboard.MemoryReport(each.maker().osName(), each.name(),
                each.maker().id(), each.maker().epoch(), each.length(), each.allWrite(), each.users().size()))
                .toList();
    }

    private static String key(String os, String name) {
        return os + "/" + name;
    }
}
