// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Finds {@code libnkshim.so} and binds the native methods of this package to it. */
public final class Shim {
    /** Names the directory that holds {@code libnkshim.so}, {@code nk-agent} and {@code nk-cell}. */
    public static final String DIRECTORY_PROPERTY = "nanorouter.native";

    private static final String LIBRARY = "libnkshim.so";

    private Shim() {
    }

    /**
     * The directory of the native parts.
     *
     * @throws UnsatisfiedLinkError if the system property is not set
     */
    public static Path directory() {
        String directory = System.getProperty(DIRECTORY_PROPERTY);
        if (directory == null || directory.isEmpty()) {
            throw new UnsatisfiedLinkError(LIBRARY + " was not looked for: system property " + DIRECTORY_PROPERTY
                + " is not set; it names the directory that holds it");
        }
        return Path.of(directory).toAbsolutePath();
    }

    /** Binds every native method of {@code type} to the function {@code prefix} + the method's name in snake case. */
    static void bind(Class<?> type, String prefix) {
        Path library = directory().resolve(LIBRARY);
        if (!Files.isRegularFile(library)) {
            throw new UnsatisfiedLinkError(library + " does not exist; " + DIRECTORY_PROPERTY + "="
                + System.getProperty(DIRECTORY_PROPERTY));
        }
        bind(type, library.toString(), prefix);
    }

    /** The same for another library, found by path or by name. */
    static void bind(Class<?> type, String library, String prefix) {
        FunctionMapper names = (ignored, method) -> prefix + snakeCase(method);
        Native.register(type, NativeLibrary.getInstance(library, Map.of(Library.OPTION_FUNCTION_MAPPER, names)));
    }

    private static String snakeCase(Method method) {
        return method.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
