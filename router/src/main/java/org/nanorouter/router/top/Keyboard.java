// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.io.IOError;
import org.jline.keymap.BindingReader;
import org.jline.keymap.KeyMap;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;

/** Reads keys. On one thread. */
final class Keyboard {
    /** An escape that nothing follows for so long is the key of that name. */
    private static final long ESCAPE_MS = 100;

    private final BindingReader reader;
    private final KeyMap<Key> keys = new KeyMap<>();

    Keyboard(Terminal terminal, BindingReader reader) {
        this.reader = reader;
        keys.setAmbiguousTimeout(ESCAPE_MS);
        keys.setNomatch(Key.OTHER);
        keys.setUnicode(Key.OTHER);
        keys.bind(Key.CHARACTER, KeyMap.range(" -~"));
        keys.bind(Key.ENTER, "\r", "\n");
        keys.bind(Key.BACKSPACE, KeyMap.del(), KeyMap.ctrl('H'));
        keys.bind(Key.ESCAPE, KeyMap.esc());
        for (String prefix : new String[] {"\u001b[", "\u001bO"}) {
            keys.bind(Key.UP, prefix + "A");
            keys.bind(Key.DOWN, prefix + "B");
            keys.bind(Key.OTHER, prefix + "C", prefix + "D");
            keys.bind(Key.HOME, prefix + "H");
            keys.bind(Key.END, prefix + "F");
        }
        keys.bind(Key.PAGE_UP, "\u001b[5~");
        keys.bind(Key.PAGE_DOWN, "\u001b[6~");
        keys.bind(Key.HOME, "\u001b[1~");
        keys.bind(Key.END, "\u001b[4~");
        keys.bind(Key.OTHER, "\u001b[2~", "\u001b[3~");
        bind(terminal, Key.UP, Capability.key_up);
        bind(terminal, Key.DOWN, Capability.key_down);
        bind(terminal, Key.PAGE_UP, Capability.key_ppage);
        bind(terminal, Key.PAGE_DOWN, Capability.key_npage);
        bind(terminal, Key.HOME, Capability.key_home);
        bind(terminal, Key.END, Capability.key_end);
    }

    private void bind(Terminal terminal, Key key, Capability capability) {
        String sequence = KeyMap.key(terminal, capability);
        if (sequence != null) {
            keys.bind(key, sequence);
        }
    }

    /** Waits for a key. */
    Key read() {
        try {
            Key key = reader.readBinding(keys);
            return key == null ? Key.CLOSED : key;
        } catch (IOError e) {
            return Key.CLOSED;
        }
    }

    /** The character of the last key. */
    char character() {
        String last = reader.getLastBinding();
        return last == null || last.isEmpty() ? 0 : last.charAt(0);
    }
}
