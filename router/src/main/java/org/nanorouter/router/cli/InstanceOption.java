package org.nanorouter.router.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Mixin: which running instance a command speaks to. */
public final class InstanceOption {
    @Option(
            names = {"-i", "--instance"},
            paramLabel = "NAME",
            description = "The running instance to speak to. Default: the only one.")
    private @Nullable String name;

    /** The name that was given, or null: the only living instance is meant. */
    public @Nullable String name() {
        return name;
    }
}
