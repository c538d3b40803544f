// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.attach.ObjectGrant;

/** What a program asks the nanokernel, one thing at a time, and what it answers. */
final class Inquiry {
    private int number;
    private boolean answered = true;
    private int id;
    private String text = "";
    private @Nullable AttachError error;
    private @Nullable ObjectGrant grant;

    /** The number of the next request, whose answer is waited for from now on. */
    int begin() {
        number++;
        answered = false;
        return number;
    }

    /** Nobody waits any more. */
    void giveUp() {
        answered = true;
    }

    /** Whether this is the request whose answer is waited for. */
    boolean awaits(int request) {
        return !answered && request == number;
    }

    boolean isAnswered() {
        return answered;
    }

    /** An answer to a request that nobody waits for is passed over. */
    void answer(int request, int objectId, @Nullable AttachError why, String words) {
        if (awaits(request)) {
            answered = true;
            id = objectId;
            error = why;
            text = words;
        }
    }

    void answer(ObjectGrant given) {
        grant = given;
        answer(given.request(), given.id(), null, "");
    }

    /**
     * Looks at the answer.
     *
     * @throws AttachRefusedException if the nanokernel said no
     */
    void check() throws AttachRefusedException {
        if (error != null) {
            throw new AttachRefusedException(error, text);
        }
    }

    /** Id of what was answered. */
    int id() {
        return id;
    }

    /** What was answered in words. */
    String text() {
        return text;
    }

    /** Hands over the object that was answered. */
    ObjectGrant takeGrant() throws IOException {
        ObjectGrant given = grant;
        grant = null;
        if (given == null) {
            throw new IOException("the nanokernel answered without an object");
        }
        return given;
    }
}
