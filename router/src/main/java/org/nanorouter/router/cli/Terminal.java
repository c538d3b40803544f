// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

/**
 * What is known about the terminal. The launcher looks at the descriptors, which costs a JVM much more, and says which
 * of 0, 1 and 2 are terminals in the system property {@code nanorouter.terminal}; without it none is.
 */
public final class Terminal {
    private static final String TERMINALS = System.getProperty("nanorouter.terminal", "");

    private Terminal() {
    }

    public static boolean inputIsTerminal() {
        return TERMINALS.contains("0");
    }

    public static boolean outputIsTerminal() {
        return TERMINALS.contains("1");
    }

    public static boolean outputHasColours() {
        return outputIsTerminal() && coloursAreWelcome();
    }

    public static boolean errorHasColours() {
        return TERMINALS.contains("2") && coloursAreWelcome();
    }

    private static boolean coloursAreWelcome() {
        String noColour = System.getenv("NO_COLOR");
        return (noColour == null || noColour.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
    }
}
