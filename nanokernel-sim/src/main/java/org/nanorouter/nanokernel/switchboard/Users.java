// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;

/** The programs that have an object, and how often each; kept for the next nanokernel. */
final class Users {
    private final Keeper keeper;
    private final String prefix;
    private final Counts<ProgramSession> counts = new Counts<>();

    /**
     * Makes it, with nobody.
     *
     * @param object the name under which the object is kept
     */
    Users(Keeper keeper, String object) {
        this.keeper = keeper;
        this.prefix = object + "/user/";
    }

    void add(ProgramSession program) {
        counts.add(program);
        keep(program);
    }

    /** One less. */
    void remove(ProgramSession program) {
        counts.remove(program);
        keep(program);
    }

    /** Takes over the users that a nanokernel left; who is no program any more, is none. */
    void restore(Map<Integer, ProgramSession> programs) {
        for (Kept kept : keeper.takeUnder(prefix)) {
            ProgramSession program = programs.get(Integer.parseInt(kept.name().substring(prefix.length())));
            if (program == null) {
                keeper.drop(kept.name());
            } else {
                for (int count = Integer.parseInt(kept.text()); count > 0; count--) {
                    counts.add(program);
                }
            }
        }
    }

    private void keep(ProgramSession program) {
        int count = counts.of(program);
        if (count == 0) {
            keeper.drop(prefix + program.id());
        } else {
            keeper.keep(prefix + program.id(), 0, Integer.toString(count));
        }
    }

    /** None any more; answers how many there were. */
    int removeAll(ProgramSession program) {
        int count = counts.removeAll(program);
        if (count > 0) {
            keeper.drop(prefix + program.id());
        }
        return count;
    }

    /** The object is no more. */
    void end() {
        counts.all().forEach(program -> keeper.drop(prefix + program.id()));
    }

    int of(ProgramSession program) {
        return counts.of(program);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    int size() {
        return counts.size();
    }

    List<ProgramSession> all() {
        return counts.all();
    }
}
