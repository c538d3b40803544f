// SPDX-License-Identifier: Apache-2.0
/**
 * The port at a TAP device of this OS.
 *
 * <p>{@link org.nanorouter.router.port.tap.TapDevice} opens, names and configures the device and gives it back;
 * {@link org.nanorouter.router.port.tap.TapPort} moves frames. Reading lays a batch of frames out in the space that
 * the engine names, with one native call; writing gathers addresses in a table and writes them with one native call.
 * Either costs one system call per frame, which is what a TAP asks for.
 *
 * <p>The device has {@code IFF_VNET_HDR} and as many offloads as its kernel grants, so large segments and unfinished
 * checksums come and go as they are.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.port.tap;
