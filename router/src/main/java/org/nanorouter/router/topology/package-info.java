// SPDX-License-Identifier: Apache-2.0
/**
 * Draws a machine: its OSes as boxes, the channels between them as lines.
 *
 * <p>A {@link org.nanorouter.router.topology.Topology} is what there is to draw, whether it runs or is only a
 * configuration; {@link org.nanorouter.router.topology.TextDrawing} and
 * {@link org.nanorouter.router.topology.SvgDrawing} draw it. Neither asks anybody; who calls has done that. Names,
 * states and addresses may be words of a guest: the drawings place them as text and nothing else.
 */
@NullMarked
package org.nanorouter.router.topology;

import org.jspecify.annotations.NullMarked;
