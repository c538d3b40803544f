// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sync objects, and what becomes of them when a program ends that has them. Nobody's wait goes through here. */
final class SyncTable {
    private static final Logger LOG = LoggerFactory.getLogger(SyncTable.class);
    private static final String KEPT = "sync/";

    private final Keeper keeper;
    private final SharedBytes shared;
    private final IntSupplier nextId;
    private final Map<String, Sync> syncs = new LinkedHashMap<>();
    private final Map<Integer, Sync> byId = new HashMap<>();
    private final Map<ProgramSession, Set<Sync>> byProgram = new HashMap<>();
    private final Counts<String> inOs = new Counts<>();

    SyncTable(Keeper keeper, SharedBytes shared, IntSupplier nextId) {
        this.keeper = keeper;
        this.shared = shared;
        this.nextId = nextId;
    }

    /** Descriptor and mapping are the table's. */
    private record Sync(int id, String name, SyncKind kind, int limit, int fd, MappedMemory page,
            Users users) {
    }

    void open(ProgramSession program, int request, String name, int kindValue, int initial, int limit) {
        SyncKind kind = SyncKind.of(kindValue);
        Sync there = syncs.get(name);
        if (!ObjectName.isLegal(name)) {
            program.refuse(request, AttachError.BAD_NAME, ObjectName.refusal(name, "a sync object"));
        } else if (kind == null || !kind.allowsLimit(limit) || !kind.allowsInitial(initial, limit)) {
            program.refuse(request, AttachError.BAD_SYNC, kind == null ? "kind=" + Integer.toUnsignedString(kindValue)
                    + " of a sync object" : kind + " with initial=" + Integer.toUnsignedString(initial) + " and limit="
                    + Integer.toUnsignedString(limit));
        } else if (there != null && (there.kind() != kind || there.limit() != limit)) {
            program.refuse(request, AttachError.BAD_SYNC, name + " is there, as " + there.kind()
                    + " with limit=" + there.limit());
        } else {
            String refusal = limit(program, there);
            if (refusal != null) {
                program.refuse(request, AttachError.LIMIT, refusal);
            } else {
                open(program, request, there, name, kind, initial, limit);
            }
        }
    }

    private @Nullable String limit(ProgramSession program, @Nullable Sync there) {
        Set<Sync> its = byProgram.getOrDefault(program, Set.of());
        if (inOs.of(program.osName()) >= Switchboard.MAX_PER_OS) {
            return "the programs of OS " + program.osName() + " have opened " + Switchboard.MAX_PER_OS
                    + " sync objects";
        }
        if (its.size() >= Switchboard.MAX_PER_PROGRAM && !its.contains(there)) {
            return "the program has " + Switchboard.MAX_PER_PROGRAM + " sync objects";
        }
        return shared.refusal(program.osName(), SyncDescriptor.LENGTH, "the sync object");
    }

    private void open(ProgramSession program, int request, @Nullable Sync there, String name, SyncKind kind,
            int initial, int limit) {
        try {
            Sync sync = there == null ? make(name, kind, initial, limit) : there;
            sync.users().add(program);
            charge(program, sync);
            program.sync(request, sync.id(), sync.fd());
        } catch (ShimException e) {
            program.refuse(request, AttachError.LIMIT, String.valueOf(e.getMessage()));
        }
    }

    private void charge(ProgramSession program, Sync sync) {
        byProgram.computeIfAbsent(program, key -> new LinkedHashSet<>()).add(sync);
        inOs.add(program.osName());
        shared.charge(program.osName(), SyncDescriptor.LENGTH);
    }

    private Sync make(String name, SyncKind kind, int initial, int limit) throws ShimException {
        int fd = Errno.check(MemoryObject.create("nk-sync", SyncDescriptor.LENGTH), "make a sync object");
        try {
            Sync sync = map(nextId.getAsInt(), name, kind, limit, fd);
            ByteBuffer buffer = sync.page().buffer();
            buffer.putInt(SyncDescriptor.KIND_OFFSET, kind.value()).putInt(SyncDescriptor.LIMIT_OFFSET, limit)
                    .putInt(SyncDescriptor.WORD_OFFSET, initial)
                    .putLong(SyncDescriptor.MAGIC_OFFSET, SyncDescriptor.MAGIC);
            keeper.keep(KEPT + sync.id(), 0, kind.value() + " " + limit + " " + name, fd);
            return sync;
        } catch (ShimException e) {
            Fd.close(fd);
            throw e;
        }
    }

    private Sync map(int id, String name, SyncKind kind, int limit, int fd) throws ShimException {
        MappedMemory page = MemoryObject.map(fd, SyncDescriptor.LENGTH, true, 0);
        Sync sync = new Sync(id, name, kind, limit, fd, page, new Users(keeper, KEPT + id));
        syncs.put(name, sync);
        byId.put(id, sync);
        return sync;
    }

    /** Takes over the sync objects that a nanokernel left, with what it had not put right yet. */
    void restore(Map<Integer, ProgramSession> programs) {
        for (Kept kept : keeper.takeUnder(KEPT)) {
            String[] words = kept.text().split(" ");
            try {
                Sync sync = map(Integer.parseInt(kept.name().substring(KEPT.length())), words[2],
                        Objects.requireNonNull(SyncKind.of(Integer.parseInt(words[0]))), Integer.parseInt(words[1]),
                        kept.descriptors()[0]);
                restoreUsers(sync, programs);
            } catch (ShimException e) {
                LOG.error("sync object {} is lost to who opens it from now on: {}", words[2], e.getMessage());
                Fd.close(kept.descriptors()[0]);
                keeper.drop(kept.name());
            }
        }
    }

    private void restoreUsers(Sync sync, Map<Integer, ProgramSession> programs) {
        sync.users().restore(programs);
        for (ProgramSession user : sync.users().all()) {
            for (int openings = sync.users().of(user); openings > 0; openings--) {
                charge(user, sync);
            }
        }
        endIfUnused(sync);
    }

    /** The program gives one opening back; false if there is no sync object of that id. */
    boolean close(ProgramSession program, int id) {
        Sync sync = byId.get(id);
        if (sync == null) {
            return false;
        }
        int openings = sync.users().of(program);
        if (openings == 1) {
            // First: who takes over from a nanokernel that was killed here does it again.
            SyncRepair.closed(sync.page(), sync.kind(), program.id());
        }
        if (openings > 0) {
            uncharge(program);
            sync.users().remove(program);
            if (openings == 1) {
                Set<Sync> its = byProgram.getOrDefault(program, Set.of());
                its.remove(sync);
                if (its.isEmpty()) {
                    byProgram.remove(program);
                }
                endIfUnused(sync);
            }
        }
        return true;
    }

    void left(ProgramSession program) {
        Set<Sync> its = byProgram.remove(program);
        for (Sync sync : its == null ? Set.<Sync>of() : its) {
            SyncRepair.ended(sync.page(), sync.kind(), program.id());
            for (int openings = sync.users().removeAll(program); openings > 0; openings--) {
                uncharge(program);
            }
            endIfUnused(sync);
        }
    }

    private void uncharge(ProgramSession program) {
        inOs.remove(program.osName());
        shared.charge(program.osName(), -SyncDescriptor.LENGTH);
    }

    boolean has(int id) {
        return byId.containsKey(id);
    }

    private void endIfUnused(Sync sync) {
        if (sync.users().isEmpty()) {
            syncs.remove(sync.name());
            byId.remove(sync.id());
            keeper.drop(KEPT + sync.id());
            sync.page().close();
            Fd.close(sync.fd());
        }
    }

    List<Switchboard.SyncReport> reports() {
        return syncs.values().stream().map(each -> new Switchboard.SyncReport(each.name(), each.kind(), each.limit(),
                each.page().buffer().getInt(SyncDescriptor.WORD_OFFSET), each.users().size())).toList();
    }
}
