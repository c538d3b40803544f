// SPDX-License-Identifier: Apache-2.0
/**
 * The system calls that Java lacks.
 *
 * <p><b>Flow.</b> Each class binds its native methods to functions of {@code libnkshim.so} of the same name in snake
 * case ({@code Tap.readBatch} is {@code nks_tap_read_batch}) when it is first used. The library is looked for in the
 * directory that system property {@code nanorouter.native} names, and nowhere else. {@code src/main/c/shim/nk_shim.h}
 * is the contract of every function: units, ranges, errors, threads.
 *
 * <p><b>Speed.</b> JNA's direct mapping costs about 0.1 microseconds a call as long as arguments are int and long
 * alone. So addresses are longs, structures lie in a {@link org.nanorouter.shim.NativeBuffer} by {@code *Descriptor}
 * constants, and whatever happens once a frame has a batch form. Methods that take a String copy it for the kernel and
 * belong to set-up.
 *
 * <p><b>Errors.</b> A method that returns a number returns {@code -errno} on failure, for the hot path must not throw
 * and set-up code wraps the call in {@link org.nanorouter.shim.Errno#check(int, String)}. A method that returns an
 * object or nothing throws {@link org.nanorouter.shim.ShimException}.
 *
 * <p><b>Ownership.</b> A descriptor that a method returns belongs to the caller, who closes it with
 * {@link org.nanorouter.shim.Fd#close(int)}. Addresses are not checked: a wrong one ends the JVM. Therefore only code
 * that owns the memory passes one, and no other package has native methods.
 *
 * <p><b>JNA itself</b> unpacks its own library to a temporary directory when it is first used. Where that is mounted
 * noexec, system property {@code jna.tmpdir} names another one, or {@code jna.boot.library.path} names one that holds
 * {@code libjnidispatch.so} already, and nothing is unpacked. From Java 24 on the JVM wants
 * {@code --enable-native-access=ALL-UNNAMED}.
 */
package org.nanorouter.shim;
