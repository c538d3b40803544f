// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.ShimException;

/** Why a router, or one port of it, could not be brought up. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of obstacle it was. */
    public enum Kind {
        /** Something that must be there is not: the nanokernel, /dev/net/tun. */
        UNAVAILABLE,
        /** Its place is taken, or cannot be made. */
        CANNOT_CREATE,
        /** Not permitted. */
        NO_PERMISSION
    }

    private final Kind kind;

    /** Makes the exception; {@code message} is a sentence for people. */
    public StartException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** For a port. */
    static StartException ofPort(String port, IOException cause) {
        int errno = cause instanceof ShimException failure ? failure.errno() : 0;
        String message = "port " + port + ": " + cause.getMessage();
        return switch (errno) {
            case Errno.EBUSY -> new StartException(Kind.CANNOT_CREATE, message
                + "; another process has this interface open", cause);
            case Errno.EPERM, Errno.EACCES -> new StartException(Kind.NO_PERMISSION, message
                + "; it takes CAP_NET_ADMIN", cause);
            case Errno.ENOENT, Errno.ENODEV -> new StartException(Kind.UNAVAILABLE, message
                + "; is there a /dev/net/tun? 'modprobe tun' makes one", cause);
            default -> new StartException(Kind.CANNOT_CREATE, message, cause);
        };
    }

    /** For the attachment. */
    static StartException ofAttach(IOException cause) {
        if (cause instanceof AttachRefusedException refused) {
            AttachError error = refused.error();
            if (error == AttachError.BUSY) {
                return new StartException(Kind.CANNOT_CREATE, cause.getMessage()
                    + "; another router or agent is attached to this OS", cause);
            }
            return new StartException(error == AttachError.BAD_TOKEN ? Kind.NO_PERMISSION : Kind.UNAVAILABLE,
                String.valueOf(cause.getMessage()), cause);
        }
        return new StartException(Kind.UNAVAILABLE,
            "cannot attach to the nanokernel: " + cause.getMessage() + "; does 'nanorouter kernel' run?", cause);
    }
}
