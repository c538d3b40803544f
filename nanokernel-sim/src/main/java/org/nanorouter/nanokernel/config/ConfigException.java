// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.util.List;

/** Every mistake of one configuration file, in the order of its lines; a program ends with exit code 78 on it. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> mistakes;

    /**
     * Makes the exception of one file.
     *
     * @param mistakes one line each, {@code file:line:column: what is wrong; expected what}
     */
    public ConfigException(List<String> mistakes) {
        super(String.join(System.lineSeparator(), mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    public List<String> mistakes() {
        return mistakes;
    }
}
