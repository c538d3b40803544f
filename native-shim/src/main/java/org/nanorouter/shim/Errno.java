// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.util.Map;

/** Error numbers of Linux, the same on x86-64 and arm64. The functions of this package return them negated. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int EBADMSG = 74;
    public static final int EOVERFLOW = 75;
    public static final int EBADFD = 77;
    public static final int EMSGSIZE = 90;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;

    private record Text(String name, String meaning) { }

    private static final Map<Integer, Text> TEXTS = Map.ofEntries(
        text(EPERM, "EPERM", "not permitted"),
        text(ENOENT, "ENOENT", "no such file"),
        text(ESRCH, "ESRCH", "no such process"),
        text(EINTR, "EINTR", "interrupted"),
        text(EIO, "EIO", "input/output error"),
        text(EBADF, "EBADF", "not an open descriptor"),
        text(EAGAIN, "EAGAIN", "would block"),
        text(ENOMEM, "ENOMEM", "out of memory"),
        text(EACCES, "EACCES", "permission denied"),
        text(EFAULT, "EFAULT", "bad address"),
        text(EBUSY, "EBUSY", "in use"),
        text(EEXIST, "EEXIST", "exists already"),
        text(ENODEV, "ENODEV", "no such device"),
        text(ENOTDIR, "ENOTDIR", "not a directory"),
        text(EINVAL, "EINVAL", "invalid argument"),
        text(ENFILE, "ENFILE", "too many open files in the system"),
        text(EMFILE, "EMFILE", "too many open files in this process"),
        text(ENOSPC, "ENOSPC", "no space left"),
        text(EROFS, "EROFS", "read-only file system"),
        text(EPIPE, "EPIPE", "the other side is closed"),
        text(ENAMETOOLONG, "ENAMETOOLONG", "name too long"),
        text(ENOSYS, "ENOSYS", "not known to this kernel"),
        text(EBADMSG, "EBADMSG", "bad message"),
        text(EOVERFLOW, "EOVERFLOW", "value too large"),
        text(EBADFD, "EBADFD", "descriptor in bad state"),
        text(EMSGSIZE, "EMSGSIZE", "wrong size"),
        text(EOPNOTSUPP, "EOPNOTSUPP", "not supported"),
        text(EADDRINUSE, "EADDRINUSE", "address in use"),
        text(EADDRNOTAVAIL, "EADDRNOTAVAIL", "address not available"),
        text(ENETDOWN, "ENETDOWN", "network is down"),
        text(ECONNRESET, "ECONNRESET", "connection reset"),
        text(ENOBUFS, "ENOBUFS", "no buffer space"),
        text(ENOTCONN, "ENOTCONN", "not connected"),
        text(ECONNREFUSED, "ECONNREFUSED", "connection refused"));

    private Errno() {
    }

    /** Passes a result that is no error on, and throws the others. {@code what} begins the exception's message. */
    public static long check(long result, String what) throws ShimException {
        if (result < 0) {
            throw new ShimException((int) -result, what);
        }
        return result;
    }

    /** The same for an int, such as a descriptor. */
    public static int check(int result, String what) throws ShimException {
        if (result < 0) {
            throw new ShimException(-result, what);
        }
        return result;
    }

    /**
     * The symbolic name of an error number, given positive or negative: {@code ENOENT}; {@code errno 200} if unknown.
     *
     */
    public static String name(int errno) {
        Text text = TEXTS.get(Math.abs(errno));
        return text == null ? "errno " + Math.abs(errno) : text.name();
    }

    /** The name with its meaning: {@code ENOENT (no such file)}. */
    public static String describe(int errno) {
        Text text = TEXTS.get(Math.abs(errno));
        return text == null ? name(errno) : text.name() + " (" + text.meaning() + ")";
    }

    private static Map.Entry<Integer, Text> text(int errno, String name, String meaning) {
        return Map.entry(errno, new Text(name, meaning));
    }
}
