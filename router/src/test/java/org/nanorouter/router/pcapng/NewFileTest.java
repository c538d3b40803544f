// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewFileTest {
    @TempDir
    private Path folder;

    private void assertHolds(String... names) throws IOException {
        try (var entries = Files.list(folder)) {
            assertThat(entries.map(entry -> entry.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }

    @Test
    void itAppearsWholeAndForItsOwnerAlone() throws IOException {
        Path path = folder.resolve("file");
        try (NewFile file = NewFile.create(path)) {
            file.stream().write(new byte[] {1, 2, 3});
            assertThat(path).doesNotExist();
            file.commit();
        }
        assertThat(path).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
        assertHolds("file");
    }

    @Test
    void withoutACommitNothingIsLeft() throws IOException {
        try (NewFile file = NewFile.create(folder.resolve("file"))) {
            file.stream().write(new byte[1 << 20]);
        }
        assertHolds();
    }

    @Test
    void whatIsThereIsLeftAlone() throws IOException {
        Path there = Files.writeString(folder.resolve("there"), "mine");
        assertThatThrownBy(() -> NewFile.create(there)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(there).hasContent("mine");
    }

    @Test
    void aSymbolicLinkIsNotFollowedEvenIfItLeadsNowhere() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("elsewhere"));
        assertThatThrownBy(() -> NewFile.create(link)).isInstanceOf(FileAlreadyExistsException.class);
        assertHolds("link");
    }

    @Test
    void whatComesToHaveTheNameMeanwhileIsNotReplaced() throws IOException {
        Path path = folder.resolve("file");
        try (NewFile file = NewFile.create(path)) {
            file.stream().write(1);
            Files.writeString(path, "quicker");
            assertThatThrownBy(file::commit).isInstanceOf(FileAlreadyExistsException.class);
        }
        assertThat(path).hasContent("quicker");
        assertHolds("file");
    }
}
