// SPDX-License-Identifier: Apache-2.0
/**
 * What Prometheus scrapes: the state of an instance as metrics.
 *
 * <pre>
 *   GET /metrics -> ExporterServer -> Scraper -> Daemons: one control socket each, all at once
 *                                        |
 *   text        <- Exposition   <-   Samples  <- Answers
 * </pre>
 *
 * <p>Nothing is kept between two scrapes and nothing is asked between them: what counts lies in the daemons. A scrape
 * takes a second at most, however many daemons there are and whatever they do; who has not answered by then is
 * <em>down</em>, and the rest is there. Scrapes that come while one is under way share its result, so daemons are never
 * asked twice at a time.
 *
 * <p>A router belongs to its OS, which may be hostile: its replies are bounded in length, names that no configuration
 * would take and numbers that no counter has are left out, reasons are those that this program knows, and of two
 * samples with the same labels the second is left out. So no OS can spoil what is said of another one.
 *
 * <p>Refused: addresses other than loopback, TLS, authentication, and any label with an address of a frame.
 */
@NullMarked
package org.nanorouter.router.exporter;

import org.jspecify.annotations.NullMarked;
