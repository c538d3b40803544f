// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;

/** Removes directories in which somebody else may write: no symbolic link leads the removal anywhere else. */
public final class FileTree {
    private FileTree() {
    }

    /** Removes a directory and what is in it; nothing happens if there is none. The path to it must be trusted. */
    public static void remove(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(directory);
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            if (!(entries instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException(directory + " has no secure directory streams");
            }
            removeEntries(secure);
        }
        Files.deleteIfExists(directory);
    }

    private static void removeEntries(SecureDirectoryStream<Path> directory) throws IOException {
        for (Path entry : directory) {
            Path name = entry.getFileName();
            try {
                boolean isDirectory = directory.getFileAttributeView(name, BasicFileAttributeView.class,
                        LinkOption.NOFOLLOW_LINKS).readAttributes().isDirectory();
                if (!isDirectory) {
                    directory.deleteFile(name);
                    continue;
                }
                try (SecureDirectoryStream<Path> below =
                        directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    removeEntries(below);
                }
                directory.deleteDirectory(name);
            } catch (NoSuchFileException e) {
                // Its owner was faster.
                continue;
            }
        }
    }

    /** Removes a directory unless there is something in it. */
    public static void removeIfEmpty(Path directory) throws IOException {
        try {
            Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException e) {
            return;
        }
    }
}
