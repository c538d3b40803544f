// SPDX-License-Identifier: Apache-2.0
/**
 * What the router counts.
 *
 * <p>Every number is a member of an enum, so that its name, its label in the outputs and its meaning stand in one
 * place: {@link org.nanorouter.router.metrics.PortCounter} for traffic, {@link org.nanorouter.router.metrics.Drop}
 * for each reason for which a frame went nowhere. A {@link org.nanorouter.router.metrics.PortCounters} is a plain
 * array that the data loop alone writes; other threads read it through opaque loads, so that a reader sees each
 * number whole and recent, at no cost to the writer.
 *
 * <p>The books balance exactly. At its ingress, each frame is either forwarded (delivered to at least one port) or
 * dropped for exactly one reason: for each port, and in total, {@code received = forwarded + sum of drops}. Copies
 * that a flood makes beyond the first delivery are counted apart and take no part in that sum. At its egress a port
 * counts what it handed on and what it refused.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.metrics;
