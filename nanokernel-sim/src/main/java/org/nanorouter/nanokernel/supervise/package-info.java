// SPDX-License-Identifier: Apache-2.0
/**
 * The machine: which OSes there are, what each has, and how it goes from one state to another.
 *
 * <p><b>Purpose.</b> {@link org.nanorouter.nanokernel.supervise.Machine} owns the management region, the doorbells, and
 * for each OS its region, attach socket and process. Every change of a state happens here; which ones are allowed is
 * the table of {@link org.nanorouter.nanokernel.abi.OsState}.
 *
 * <p><b>An epoch.</b>
 * <pre>
 *   begin:  directory and token anew, region made and sealed, attach socket open   (nothing is visible yet)
 *           state BOOTING, epoch + 1, rings entered into the directory
 *           PEER to every attached peer; then the process is started
 *   READY:  state RUNNING, the heartbeat is watched while the endpoint stays attached
 *   end:    if by a failure, the rings' bytes copied by FlightRecorder; rings taken out, PEER_GONE to every attached
 *           peer, session, region and doorbells closed
 * </pre>
 *
 * <p><b>Ends.</b> A stop or restart that was asked for sends TERM to the process, and KILL two seconds later. An exit
 * that nobody asked for, a fatal signal, or a panic record in the OS's region makes the OS PANICKED, a missed heartbeat
 * deadline makes it HUNG. Either ends its epoch: peers are told at once, what still runs of it is killed, and
 * {@link org.nanorouter.nanokernel.supervise.Recovery} begins its next epoch, if the OS's policy and budget say so. An
 * OS that is hung and only to be reported goes on: a later beat, or an endpoint that attaches again, makes it RUNNING.
 *
 * <p><b>Rooms.</b> {@link org.nanorouter.nanokernel.supervise.Lookout} looks at the regions from outside and finds
 * failures; {@link org.nanorouter.nanokernel.supervise.Lifecycle} has every change of a state, which becomes an event;
 * {@link org.nanorouter.nanokernel.supervise.RestartBudget} counts restarts;
 * {@link org.nanorouter.nanokernel.supervise.Ledger} gives the keeper what a next nanokernel needs, and
 * {@link org.nanorouter.nanokernel.supervise.Takeover} is that one's beginning.
 *
 * <p><b>What holds.</b> Nothing that an OS does reaches farther than its own epoch: its process is a child whose death
 * is one event, its socket costs at most a handful of connections, its region is only ever read.
 *
 * <p>One thread, the loop's, calls everything here.
 */
@NullMarked
package org.nanorouter.nanokernel.supervise;

import org.jspecify.annotations.NullMarked;
