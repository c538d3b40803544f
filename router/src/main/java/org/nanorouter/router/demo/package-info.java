// SPDX-License-Identifier: Apache-2.0
/**
 * The demonstration: boots an emulated host OS and a guest, and lets real telnet and ftp programs cross between them.
 *
 * <p><b>What runs.</b> A nanokernel of its own instance ({@code demo}, or {@code demo-2} beside another), started from
 * files that are made for this run out of the readable templates beside this package. The host OS is a cell with the
 * Java router and one that stands by, or with {@code --host external} the machine's own Linux; the guest is a cell
 * with {@code nk-agent}, telnetd and ftpd. {@link org.nanorouter.router.demo.Machine} knows how to start all that, and
 * how to reach into an OS; {@link org.nanorouter.router.demo.Demo} is the list of steps; {@link
 * org.nanorouter.router.demo.Report} shows them. The clients are the machine's own programs and run in the host OS.
 *
 * <p><b>Nothing is left behind.</b> The demonstration holds one end of a pipe, the <i>lifeline</i>. The other end is
 * the standard input of a small shell that runs the nanokernel, which hands the lifeline on to the cells. When
 * it breaks, because the demonstration ended or was killed, they all end by themselves, and at last the shell
 * removes the files. Nothing depends on a handler that a {@code kill -9} would skip.
 *
 * <p><b>No rights needed.</b> For an ordinary user the guest has one uid only, so that {@code login(1)}, which
 * insists on changing groups, cannot run; a short script stands in for it. Where inetutils is not installed, servers
 * inside a JVM take over ({@link org.nanorouter.router.demo.EmbeddedServices}).
 */
@NullMarked
package org.nanorouter.router.demo;

import org.jspecify.annotations.NullMarked;
