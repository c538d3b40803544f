// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

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
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/** The memory that programs made for others. It is neither mapped nor read here. */
final class MemoryTable {
    private static final long GRANULE = 4096;

    private final SharedBytes shared;
    private final IntSupplier nextId;
    private final Map<String, Memory> memories = new LinkedHashMap<>();

    MemoryTable(SharedBytes shared, IntSupplier nextId) {
        this.shared = shared;
        this.nextId = nextId;
    }

    /** Both descriptors are the table's. */
    private record Memory(int id, String name, ProgramSession maker, boolean allWrite, long length, int writable,
            int readOnly, Users users) {
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
        if (memories.values().stream().filter(each -> each.maker() == program).count() >= Switchboard.MAX_PER_PROGRAM) {
            return "the program has made " + Switchboard.MAX_PER_PROGRAM + " memories";
        }
        return shared.refusal(program.osName(), length, "the memory");
    }

    private void make(ProgramSession program, int request, String name, long length, boolean allWrite) {
        int writable = -1;
        try {
            writable = Errno.check(MemoryObject.create("nk-memory", length), "make memory of " + length + " bytes");
            int readOnly = Errno.check(MemoryObject.reopenReadOnly(writable), "open memory to be read");
            Memory memory = new Memory(nextId.getAsInt(), name, program, allWrite, length, writable, readOnly,
                    new Users());
            memories.put(memory.key(), memory);
            shared.charge(program.osName(), length);
            program.memory(request, memory.id(), program, true, length, writable);
        } catch (ShimException e) {
            if (writable >= 0) {
                Fd.close(writable);
            }
            program.refuse(request, AttachError.LIMIT, String.valueOf(e.getMessage()));
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
            program.memory(request, memory.id(), memory.maker(), write, memory.length(),
                    write ? memory.writable() : memory.readOnly());
        }
    }

    /** The program does not use it any more; false if there is none of that id. */
    boolean close(ProgramSession program, int id) {
        Memory memory = memories.values().stream().filter(each -> each.id() == id).findFirst().orElse(null);
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
            shared.charge(memory.maker().osName(), -memory.length());
            Fd.close(memory.writable());
            Fd.close(memory.readOnly());
            memory.users().all().forEach(user -> user.closed(memory.id(), reason));
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
