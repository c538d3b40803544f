// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/**
 * Something that happened to a daemon or an OS.
 *
 * @param atNs when it was seen
 * @param bad  whether somebody may have to do something
 */
record Notice(long atNs, String text, boolean bad) {
}
