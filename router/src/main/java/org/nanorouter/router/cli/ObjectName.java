// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import org.nanorouter.nanokernel.abi.AbiDescriptor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Takes what fits where the nanokernel looks for a name. What else it may be, the nanokernel says. */
final class ObjectName implements ITypeConverter<String> {
    /** Of an OS, a port, memory or a sync object, as help shows it. */
    static final String CHARACTERS = "1 to 31 of a-z, 0-9, '.', '_', '-'.";

    @Override
    public String convert(String text) {
        if (text.isEmpty() || text.length() >= AbiDescriptor.NAME_LENGTH) {
            throw new TypeConversionException("'" + text + "' has not 1 to " + (AbiDescriptor.NAME_LENGTH - 1)
                    + " characters");
        }
        return text;
    }
}
