// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SettingsTest {
    private final Settings settings = new Settings();

    private boolean type(String text) {
        boolean goesOn = true;
        for (char character : text.toCharArray()) {
            goesOn = settings.press(Key.CHARACTER, character);
        }
        return goesOn;
    }

    @Test
    void onlyQAndTheEndOfInputEndIt() {
        assertThat(type("hsrboopf j k?x1")).isTrue();
        assertThat(settings.press(Key.ESCAPE, '\0')).isTrue();
        assertThat(settings.press(Key.OTHER, '\0')).isTrue();
        assertThat(type("q")).isFalse();
        assertThat(settings.press(Key.CLOSED, '\0')).isFalse();
    }

    @Test
    void sGoesThroughAllOrdersAndRTurnsThemRound() {
        type("sss");
        assertThat(settings.sort()).isEqualTo(Settings.Sort.NAME);
        type("sr");
        assertThat(settings.sort()).isEqualTo(Settings.Sort.RATE);
        assertThat(settings.isReversed()).isTrue();
    }

    @Test
    void whatIsTypedIntoTheFilterIsNoCommand() {
        type("/qGu");
        assertThat(settings.filter()).isEqualTo("qGu");
        settings.press(Key.BACKSPACE, '\0');
        settings.press(Key.BACKSPACE, '\0');
        settings.press(Key.BACKSPACE, '\0');
        settings.press(Key.BACKSPACE, '\0');
        type("GU");
        settings.press(Key.ENTER, '\0');
        assertThat(settings.isTyping()).isFalse();
        assertThat(settings.admits("peers:guest")).isTrue();
        assertThat(settings.admits("nk0")).isFalse();
        settings.press(Key.ESCAPE, '\0');
        assertThat(settings.admits("nk0")).isTrue();
    }

    @Test
    void aFilterIsBoundedAndPlain() {
        type("/" + "x".repeat(1000) + "\u00e4");
        assertThat(settings.filter()).hasSize(40);
    }

    @Test
    void scrollingGoesNoFurtherThanThereIsSomething() {
        settings.press(Key.END, '\0');
        settings.press(Key.DOWN, '\0');
        settings.limitScroll(7);
        assertThat(settings.scroll()).isEqualTo(7);
        settings.press(Key.UP, '\0');
        settings.press(Key.PAGE_UP, '\0');
        assertThat(settings.scroll()).isZero();
    }

    @Test
    void anyKeyLeavesTheHelpAndDoesNothingElse() {
        type("?");
        assertThat(settings.hasHelp()).isTrue();
        assertThat(type("q")).isTrue();
        assertThat(settings.hasHelp()).isFalse();
    }
}
