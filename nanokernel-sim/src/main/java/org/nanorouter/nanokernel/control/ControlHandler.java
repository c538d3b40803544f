// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import java.util.Map;

/** Answers the requests of a control socket; called on the socket's thread, one request at a time. */
@FunctionalInterface
public interface ControlHandler {

    /**
     * Answers one request.
     *
     * @param request the request; it has a text under {@code verb}
     * @return the reply, of texts, numbers, booleans, lists and maps
     * @throws ControlException to answer with an error
     */
    Map<String, Object> handle(Map<String, Object> request) throws ControlException;
}
