// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/**
 * Frames of one 5-tuple, in one direction; the rates are estimates of a sample.
 *
 * @param source      IP address and port, as {@code 10.77.0.1:5201}
 * @param destination the same
 * @param protocol    as {@code tcp}
 * @param bytes       a second
 * @param frames      a second
 */
public record Flow(String source, String destination, String protocol, double bytes, double frames) {
}
