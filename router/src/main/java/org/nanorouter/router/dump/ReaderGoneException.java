// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;

/** Whoever read the output has had enough. */
public final class ReaderGoneException extends IOException {
    private static final long serialVersionUID = 1;
}
