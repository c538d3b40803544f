// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/** What a key means. */
enum Key {
    UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END, ENTER, ESCAPE, BACKSPACE,
    /** Any character, which is handed over with it. */
    CHARACTER,
    /** A key that means nothing here. */
    OTHER,
    /** There will be no more: the terminal is gone. */
    CLOSED
}
