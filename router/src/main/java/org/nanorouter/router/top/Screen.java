// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.io.IOException;
import java.nio.charset.Charset;
import java.util.EnumSet;
import java.util.List;
import org.jline.keymap.BindingReader;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.PosixSysTerminal;
import org.jline.terminal.impl.exec.ExecPty;
import org.jline.terminal.impl.exec.ExecTerminalProvider;
import org.jline.terminal.spi.SystemStream;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;

/**
 * The terminal of standard input and output while a picture is on it: without echo, a key at a time, and its second
 * screen. {@link #close} puts everything back.
 *
 * <p>Of JLine's ways to the terminal this is the one by {@code stty}: JNI and JNA would unpack or load a library, and
 * Java 17 has no other. It costs a few processes at the begin and the end, and one when the size changes.
 */
final class Screen implements AutoCloseable {
    private final PosixSysTerminal terminal;
    private final Attributes original;
    private final Display display;
    private Size size;

    /** What the terminal's driver turned into a signal. */
    interface Signals {
        void resized();

        /** ^C, or INT from elsewhere. */
        void interrupted();

        /** ^Z. */
        void suspended();
    }

    Screen(String type, Charset charset, Signals signals) throws IOException {
        // What Unicode has is not to come from the terminal's other character set.
        System.setProperty("org.jline.utils.disableAlternateCharset", "true");
        // Its reading thread would look ten times a second else.
        System.setProperty("org.jline.terminal.pty.nonBlockingReads", "false");
        terminal = new PosixSysTerminal("top", type,
                ExecPty.current(new ExecTerminalProvider(), SystemStream.Output), charset, false,
                Terminal.SignalHandler.SIG_DFL);
        original = terminal.getAttributes();
        size = terminal.getSize();
        display = new Display(terminal, true);
        enter();
        terminal.handle(Terminal.Signal.WINCH, signal -> signals.resized());
        terminal.handle(Terminal.Signal.INT, signal -> signals.interrupted());
        terminal.handle(Terminal.Signal.TSTP, signal -> signals.suspended());
    }

    private void enter() {
        Attributes raw = new Attributes(original);
        raw.setLocalFlags(EnumSet.of(Attributes.LocalFlag.ICANON, Attributes.LocalFlag.ECHO,
                Attributes.LocalFlag.IEXTEN), false);
        raw.setInputFlags(EnumSet.of(Attributes.InputFlag.IXON, Attributes.InputFlag.ICRNL,
                Attributes.InputFlag.INLCR), false);
        raw.setControlChar(Attributes.ControlChar.VMIN, 1);
        raw.setControlChar(Attributes.ControlChar.VTIME, 0);
        terminal.setAttributes(raw);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        terminal.puts(Capability.keypad_xmit);
        repaint();
    }

    private void leave() {
        terminal.puts(Capability.keypad_local);
        terminal.puts(Capability.cursor_normal);
        if (!terminal.puts(Capability.exit_ca_mode)) {
            terminal.puts(Capability.clear_screen);
        }
        terminal.flush();
    }

    private void repaint() {
        display.resize(size.getRows(), size.getColumns());
        display.reset();
        display.clear();
    }

    /** Asks the terminal for its size; the next picture is drawn anew. */
    void resize() {
        size = terminal.getSize();
        repaint();
    }

    int columns() {
        return Math.max(1, size.getColumns());
    }

    int rows() {
        return Math.max(1, size.getRows());
    }

    /** Shows these lines; false if the terminal is gone. */
    boolean draw(List<AttributedString> lines) {
        display.update(lines, 0);
        return !terminal.writer().checkError();
    }

    /** For the thread that reads keys. */
    Keyboard keyboard() {
        return new Keyboard(terminal, new BindingReader(terminal.reader()));
    }

    /** Gives the terminal back and stops this process; returns when it was told to go on. */
    void suspend() throws IOException, InterruptedException {
        leave();
        terminal.setAttributes(original);
        new ProcessBuilder("kill", "-STOP", Long.toString(ProcessHandle.current().pid())).inheritIO().start()
                .waitFor();
        size = terminal.getSize();
        enter();
    }

    @Override
    public void close() throws IOException {
        leave();
        terminal.close();
    }
}
