// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Mixin: which running instance a command speaks to. */
public final class InstanceOption {
    /** Takes what an instance may be called. */
    static final class NameReader implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (!RunDirectory.isName(text)) {
                throw new TypeConversionException("'" + text + "' is not 1 to 31 letters a-z, digits or hyphens");
            }
            return text;
        }
    }

    @Option(
            names = {"-I", "--instance"},
            paramLabel = "NAME",
            converter = NameReader.class,
            description = "The running instance to speak to. Default: the only one.")
    private @Nullable String name;

    /** The name that was given, or null: the only living instance is meant. */
    public @Nullable String name() {
        return name;
    }
}
