// SPDX-License-Identifier: Apache-2.0
/**
 * Moves frames: asks ports for batches, asks the bridge where each frame goes, and keeps the books.
 *
 * <h2>A turn and a round</h2>
 * In a <em>turn</em> one port is asked for one batch, each frame of it is looked up and sent, the egress ports are
 * flushed (which rings each doorbell at most once), and the batch is released. Since a port ends a batch after a
 * bounded number of frames and bytes, no port can hold the loop. In a <em>round</em> each port that may have
 * something has one turn. {@link org.nanorouter.router.engine.Engine#pump} makes rounds until one moves nothing; then
 * every port is told that the loop wants to sleep and looks a last time. A pump that has made its number of rounds
 * gives the event loop a chance and asks to be called again.
 *
 * <h2>Prediction</h2>
 * The next frames of an ingress probably go where its last one went. If that port has a
 * {@link org.nanorouter.router.port.Landing}, the ingress reads straight into it; see {@link
 * org.nanorouter.router.port}.
 *
 * <h2>Full egress</h2>
 * Nothing is queued. With {@code on_full = wait} the engine stops asking an ingress whose predicted egress has no
 * room, and the kernel's queue behind that ingress fills up, which slows its senders. An egress that stays full for
 * {@link org.nanorouter.router.engine.Engine#MAX_WAIT_NANOS} counts as stalled: frames for it are dropped and counted
 * until it has room again, so that one stalled peer stops nobody else for longer than that. The port sees to it that
 * there can be room again: having refused one frame, it refuses all until {@code hasRoom} holds, and then the engine
 * holds back anew.
 *
 * <h2>What it refuses</h2>
 * It knows no Netty, no native call and no clock but the one that it is given, so that a test can step it. A port
 * that throws is taken out of service and logged; the others go on.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.engine;
