// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.ConfigReader;

/**
 * The configuration of a router.
 *
 * @param name shown in the outputs; null: that of its OS
 * @param bridge the learning bridge
 * @param attach how to reach the nanokernel; null: this router is not attached
 * @param control path of the control socket
 * @param ports at least one
 */
public record RouterConfig(@Nullable String name, Bridging bridge, @Nullable Attach attach, Path control,
        List<PortConfig> ports) {
    /** Variable with the path of the attach socket. */
    public static final String ATTACH_VARIABLE = "NK_ATTACH";
    /** Variable with the name of the OS. */
    public static final String OS_VARIABLE = "NK_OS";
    /** Variable with the path of the token file. */
    public static final String TOKEN_FILE_VARIABLE = "NK_TOKEN_FILE";
    /** Variable with the directory of the OS, which holds the control socket. */
    public static final String RUN_VARIABLE = "NK_RUN";

    /**
     * Settings of the learning bridge.
     *
     * @param ageing after which an address that was not seen again is forgotten
     * @param capacity addresses that the table holds
     * @param portLimit addresses that are learned behind one port at most
     */
    public record Bridging(Duration ageing, int capacity, int portLimit) {
    }

    /**
     * How to reach the nanokernel.
     *
     * @param socket attach socket of the OS
     * @param os name of the OS
     * @param tokenFile file with the token of the OS's incarnation
     */
    public record Attach(Path socket, String os, Path tokenFile) {
    }

    /**
     * Reads a file for its mistakes alone: what the environment of a cell would give is no mistake to leave out.
     *
     * @throws ConfigException with all mistakes
     */
    public static void check(Path file) throws ConfigException {
        read(file, Map.of(ATTACH_VARIABLE, "/attach.sock", OS_VARIABLE, "os", TOKEN_FILE_VARIABLE, "/token",
            RUN_VARIABLE, "/"));
    }

    /**
     * Reads a file.
     *
     * @param environment where what the file leaves out comes from
     * @throws ConfigException with all mistakes
     */
    public static RouterConfig read(Path file, Map<String, String> environment) throws ConfigException {
        return new RouterReader(ConfigReader.open(file), environment).read();
    }

    /** The same for the text of a file. */
    public static RouterConfig parse(String text, Path file, Map<String, String> environment) throws ConfigException {
        return new RouterReader(ConfigReader.parse(text, file), environment).read();
    }
}
