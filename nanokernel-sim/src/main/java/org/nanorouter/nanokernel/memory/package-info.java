// SPDX-License-Identifier: Apache-2.0
/**
 * The memory objects of a machine: one management region, one region per OS, one doorbell per ordered pair of OSes;
 * {@code docs/abi.md} sections 1 to 3.
 *
 * <p>Each object has a maker's side, used by the nanokernel alone, and a user's side:
 * <ul>
 * <li>management region: {@link org.nanorouter.nanokernel.memory.ManagementWriter} writes,
 *     {@link org.nanorouter.nanokernel.memory.ManagementRegion} reads;
 * <li>OS region: {@link org.nanorouter.nanokernel.memory.OsRegionObject} makes and watches,
 *     {@link org.nanorouter.nanokernel.memory.OsRegion} is the own one, writable, or a peer's, read-only;
 * <li>doorbells: {@link org.nanorouter.nanokernel.memory.Doorbells} makes, a channel has two bare descriptors.
 * </ul>
 *
 * <p>Who may write is held by the descriptors that are handed out, not by this code: a region's owner gets one that was
 * opened for writing, everybody else one that was opened read-only. Every descriptor that comes from outside is checked
 * for its seals and its size before it is mapped, and its region for magic and revision before it is used.
 *
 * <p>Closing unmaps. Nothing that was made over a region may be used afterwards: the JVM would end.
 */
package org.nanorouter.nanokernel.memory;
