/* SPDX-License-Identifier: Apache-2.0 */
/* announce.h - tells the neighbours which Ethernet address this OS's IP addresses have. */
#ifndef NK_IP_ANNOUNCE_H
#define NK_IP_ANNOUNCE_H

/*
 * Has the kernel send a gratuitous ARP request for each IPv4 address of the interface, and an unsolicited neighbour
 * advertisement for each IPv6 address that is not tentative; those that are follow when they no longer are. The
 * interface is up and has its addresses, and frames can leave it already: what is sent is sent once. From then on the
 * kernel does the same whenever the interface comes up.
 *
 * Sets arp_notify and ndisc_notify of the interface (Linux, networking/ip-sysctl), and then its Ethernet address anew,
 * which is what makes the kernel announce. What this OS knew of its own neighbours there is forgotten by that.
 *
 * 0; -EINVAL: no name of an interface; -ENODEV: there is none of that name; -EROFS, -EACCES, -EPERM: this
 * process may not. Either protocol is announced even if the other cannot be; the first error is returned. Acts on
 * the network namespace of the calling thread; keeps nothing.
 */
int nk_announce(const char *interface);

#endif
