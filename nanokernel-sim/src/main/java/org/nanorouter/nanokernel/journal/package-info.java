// SPDX-License-Identifier: Apache-2.0
/**
 * Log records with fields, for the journal of systemd.
 *
 * <p>A daemon whose standard error is the journal loses what it knows on the way through text: a line there has the
 * priority of standard error and no fields. So {@link org.nanorouter.nanokernel.journal.JournalHandler} writes to the
 * journal's socket in its native protocol instead. Fields are those of SLF4J's MDC, which
 * {@link org.nanorouter.nanokernel.journal.LogFields} sets around a record; elsewhere than in the journal nobody reads
 * them, and a line says the same as before.
 *
 * <pre>
 *   NAME=value\n                       a value of one line
 *   NAME\n [u64, LE: length] value\n   any other
 * </pre>
 *
 * <p>One record is one datagram; one that is too long for the socket goes as a sealed memfd in an empty datagram.
 *
 * <p>No daemon may wait for its log: the socket does not block. What it does not take goes to standard error as a
 * line, if that can be written at once, and is lost and counted otherwise.
 */
@NullMarked
package org.nanorouter.nanokernel.journal;

import org.jspecify.annotations.NullMarked;
