// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutputTest {
    private final StringWriter text = new StringWriter();

    @Test
    void columnsAreAsWideAsTheirWidestCellAndNumbersAlignRight() {
        output(false).table("port", ">frames").row("nk0", 7).row("guest-1", 1234567).row("x", null).print();
        assertThat(text.toString().lines())
                .containsExactly("port      frames", "nk0            7", "guest-1  1234567", "x              -");
    }

    @Test
    void headingsAreBoldOnlyWithColours() {
        output(true).heading("ports");
        assertThat(text.toString()).startsWith("\u001b[1mports\u001b[0m");
    }

    @Test
    void aRowWithTheWrongNumberOfCellsIsRefused() {
        Output.Table table = output(false).table("a", "b");
        assertThatThrownBy(() -> table.row("1")).hasMessage("cells=1 columns=2");
    }

    @Test
    void controlCharactersAreReplacedInLinesHeadingsAndCells() {
        Output output = output(false);
        output.line("a\u001b[2Jb\u009bc\nd");
        output.heading("e\rf");
        output.table("g").row("h\u0007\u202e").print();
        assertThat(text.toString().lines())
                .containsExactly("a\ufffd[2Jb\ufffdc\ufffdd", "e\ufffdf", "g", "h\ufffd\ufffd");
    }

    @Test
    void jsonKeepsTheOrderOfKeysAndShowsNulls() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("zeta", 1);
        value.put("alpha", null);
        output(false).json(value);
        assertThat(text.toString()).containsSubsequence("zeta", ":", "1", "alpha", ":", "null");
    }

    private Output output(boolean colours) {
        return new Output(new PrintWriter(text), false, colours);
    }
}
