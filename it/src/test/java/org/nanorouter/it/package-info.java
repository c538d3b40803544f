// SPDX-License-Identifier: Apache-2.0
/**
 * End-to-end tests: they run the built programs in namespaces that they make, and leave nothing behind.
 *
 * <p>What a test needs of the machine it asks {@link org.nanorouter.it.Privilege} for, which skips it, or fails it
 * where {@code CI=true}.
 */
package org.nanorouter.it;
