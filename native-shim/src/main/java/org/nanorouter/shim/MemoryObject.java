// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Sealed memfds: memory that processes share and that nobody can shrink, grow or execute. Each is a descriptor; who has
 * it closes it with {@link Fd#close(int)}. A mapping lives on after that.
 */
public final class MemoryObject {
    static {
        Shim.bind(MemoryObject.class, "nks_memory_");
    }

    private MemoryObject() {
    }

    /**
     * Makes a memory object of zero bytes, mode 0600, sealed.
     *
     * @param name shown in /proc, means nothing else
     * @return a writable descriptor, or -errno
     */
    public static int create(String name, long size) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return create(text.address(), size);
        }
    }

    /** Makes an object of {@code size} bytes that nobody can change any more. Returns a descriptor, or -errno. */
    public static int createFinal(String name, long address, long size) {
        try (NativeBuffer text = NativeBuffer.of(name)) {
            return createFinal(text.address(), address, size);
        }
    }

    /** Opens the same object so that it can't be mapped writable. Returns a descriptor, or -errno. */
    public static native int reopenReadOnly(int fd);

    /**
     * Checks that a descriptor from somebody else is safe to map: a sealed memory object of exactly this size.
     *
     * @throws ShimException EPERM: a seal is missing; EMSGSIZE: another size; EINVAL: not a memory object
     */
    public static void check(int fd, long size) throws ShimException {
        Errno.check(checkSeals(fd, size), "check memory object, fd=" + fd + " size=" + size);
    }

    /**
     * Maps the object's first {@code size} bytes, shared with everybody who maps it.
     *
     * @param size 1 to 2^31 - 1
     * @param fixedAddressOr0 page-aligned address where it must lie, or 0 for anywhere
     * @throws ShimException EACCES: writable, but the descriptor is read-only; EEXIST: something is mapped at this
     * address
     */
    public static MappedMemory map(int fd, long size, boolean writable, long fixedAddressOr0) throws ShimException {
        if (size <= 0 || size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("size=" + size + "; expected 1 to " + Integer.MAX_VALUE);
        }
        long address = Errno.check(map(fd, size, writable ? 1 : 0, fixedAddressOr0), "map memory object, fd=" + fd
            + " size=" + size + " writable=" + writable + " address=0x" + Long.toHexString(fixedAddressOr0));
        return new MappedMemory(address, size, writable);
    }

    private static native int create(long name, long size);

    private static native int createFinal(long name, long bytes, long size);

    private static native int checkSeals(int fd, long size);

    private static native long map(int fd, long size, int writable, long fixed);
}
