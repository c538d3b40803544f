// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

/** No instance is meant by what was asked, or more than one, or its place is taken. */
public final class InstanceException extends Exception {
    private static final long serialVersionUID = 1L;

    public InstanceException(String message) {
        super(message);
    }
}
