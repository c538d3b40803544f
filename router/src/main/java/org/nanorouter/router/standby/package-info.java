// SPDX-License-Identifier: Apache-2.0
/**
 * Routers of one OS that follow one another: one leads, the others stand by.
 *
 * <h2>Who leads</h2>
 * Who holds the {@link org.nanorouter.router.standby.LeaderLock}, a record lock on a file beside the control socket.
 * The kernel takes it back when its holder ends, however it ends, and gives it to one of those who wait for it.
 *
 * <h2>What a standby has</h2>
 * Its JVM runs, its configuration is read, and its data path was {@linkplain
 * org.nanorouter.router.standby.Rehearsal rehearsed}, as was to lead ({@code daemon.LeadRehearsal}), both on a {@code
 * Stage} within the process. From the leader's {@link org.nanorouter.router.standby.StandbyDoor} it gets a duplicate of
 * each TAP's descriptor over its {@link org.nanorouter.router.standby.LeaderLine}. So the TAP stays open when the
 * leader dies: its carrier stays, and so do the frames that its OS sent and nobody has read yet. A leader that comes
 * without such duplicates opens the TAP anew.
 *
 * <h2>What the next leader takes over</h2>
 * The OS's epoch, the cursors in its region (docs/abi.md), the TAPs, and from a file what the bridge had learned. The
 * kernel gives back with the dead process, not in one moment: what is still held is asked for again for a second
 * ({@link org.nanorouter.router.standby.Reclaim}).
 *
 * <h2>What it refuses</h2>
 * The messages between leader and standby are those of one version of this program and nobody else's business. A
 * standby that the leader cannot reach loses only the duplicates. Counters and open control connections are not handed
 * on.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.standby;
