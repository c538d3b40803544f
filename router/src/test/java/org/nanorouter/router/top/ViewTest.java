// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nanorouter.router.top.Samples.SECOND;

import java.util.List;
import java.util.Map;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewTest {
    private static final int COLOURS = 256;

    private final Settings settings = new Settings();

    private List<String> draw(TopModel model, int width, int height) {
        return View.draw(model, settings, new Look(width, height, true, Palette.COLOURS)).stream()
                .map(AttributedString::toString).toList();
    }

    private void type(String text) {
        text.chars().forEach(character -> settings.press(Key.CHARACTER, (char) character));
    }

    @Test
    void at120x40EverythingIsThere() {
        List<String> lines = draw(Samples.busy(), 120, 40);
        assertThat(lines).hasSize(40);
        assertThat(lines.get(0)).startsWith("nanorouter  default  up 1h02m  1 router, 1 standing by")
                .endsWith("12.0 Mbit/s  15.0k frames/s").hasSize(120);
        assertThat(lines.get(2)).isEqualTo("OS     KIND       STATE    EPOCH   BEAT  RESTARTS      UP");
        assertThat(lines.get(3)).isEqualTo("guest  namespace  booting      2  100ms         1   1m00s");
        assertThat(lines.get(6)).isEqualTo("PORT         STATE  IN bit/s\u25be  OUT bit/s  IN frm/s  OUT frm/s  "
                + "LAST 60 s             RING              DROP/s  WHY");
        assertThat(lines.get(7)).startsWith("nk0          up         8.00M      4.00M     10.0k      5.00k  ")
                .endsWith("     10  ring_full");
        assertThat(lines.get(8)).startsWith("peers:guest  up         4.00M      2.00M     5.00k      2.50k  ")
                .endsWith("\u2501".repeat(5) + "\u2500".repeat(5) + "  50%        0");
        assertThat(lines.get(39)).startsWith("q quit  ? help");
    }

    @Test
    void at80x24TheNumbersAreThere() {
        List<String> lines = draw(Samples.busy(), 80, 24);
        assertThat(lines).hasSize(24);
        assertThat(lines.get(6)).contains("PORT", "IN bit/s", "OUT bit/s", "IN frm/s", "OUT frm/s", "RING", "DROP/s");
        assertThat(lines.get(8)).startsWith("peers:guest up").endsWith(" 50%       0");
    }

    @Test
    void at40x10TheMostImportantIsThere() {
        List<String> lines = draw(Samples.busy(), 40, 10);
        assertThat(lines).hasSize(10);
        assertThat(lines.get(0)).isEqualTo("nanorouter  default          12.0 Mbit/s");
        assertThat(lines.get(1)).isEmpty();
        assertThat(lines.get(2)).isEqualTo("OS    STATE   EPOCH  BEAT RESTARTS");
        assertThat(lines.get(6)).startsWith("PORT ").contains(" IN bit/s", " OUT bit/s", " DROP/s");
        assertThat(lines.get(8)).startsWith("peers:guest").contains("4.00M", "2.00M");
        assertThat(lines.get(9)).startsWith("q quit");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "10, 3", "20, 5", "40, 10", "79, 24", "80, 24", "120, 40", "500, 100"})
    void noSizeIsOverrun(int width, int height) {
        for (TopModel model : List.of(new TopModel(), Samples.busy(), Samples.large(32))) {
            for (String keys : List.of("", "h", " ", "/nothing", "o", "p", "opf")) {
                type(keys);
                assertThat(draw(model, width, height)).hasSize(height).allMatch(line -> line.length() <= width);
                settings.press(Key.ESCAPE, '\0');
            }
        }
    }

    @Test
    void withoutUtf8ThereIsAsciiAlone() {
        List<AttributedString> lines = View.draw(Samples.busy(), settings, new Look(120, 40, false, Palette.COLOURS));
        assertThat(lines).allMatch(line -> line.chars().allMatch(c -> c >= ' ' && c <= '~'));
        assertThat(lines.get(8).toString()).contains("=====-----  50%");
    }

    @Test
    void withoutColoursThereIsNone() {
        String all = ansi(Palette.MONOCHROME);
        assertThat(all.replaceAll("\u001b\\[[017]m", "")).doesNotContain("\u001b");
        assertThat(ansi(Palette.PLAIN)).doesNotContain("\u001b");
        assertThat(ansi(Palette.COLOURS)).contains("\u001b[32m");
    }

    private String ansi(Palette palette) {
        StringBuilder all = new StringBuilder();
        View.draw(Samples.busy(), settings, new Look(120, 40, true, palette)).forEach(
                line -> all.append(line.toAnsi(COLOURS, AttributedString.ForceMode.None)));
        return all.toString();
    }

    @Test
    void rowsAreOrderedAsTheUserLikes() {
        TopModel model = Samples.busy();
        assertThat(ports(model)).containsExactly("nk0", "peers:guest");
        type("r");
        assertThat(ports(model)).containsExactly("peers:guest", "nk0");
        type("sss");
        assertThat(ports(model)).containsExactly("peers:guest", "nk0");
        type("r");
        assertThat(ports(model)).containsExactly("nk0", "peers:guest");
    }

    private List<String> ports(TopModel model) {
        return draw(model, 120, 40).stream().filter(line -> line.startsWith("nk0") || line.startsWith("peers:"))
                .map(line -> line.substring(0, line.indexOf(' '))).toList();
    }

    @Test
    void whatDoesNotFitIsReachedByScrollingAndCounted() {
        TopModel model = Samples.large(32);
        type("sss");
        List<String> lines = draw(model, 80, 24);
        assertThat(lines.get(1)).startsWith("OS +");
        assertThat(lines.get(2)).startsWith("os41");
        assertThat(lines).anyMatch(line -> line.startsWith("os10") && line.contains("nk0"));
        settings.press(Key.END, '\0');
        assertThat(draw(model, 80, 24)).anyMatch(line -> line.startsWith("os41") && line.contains("peers:guest"));
    }

    @Test
    void bytesCanBeShown() {
        type("b");
        List<String> lines = draw(Samples.busy(), 120, 40);
        assertThat(lines.get(0)).contains("1.50 MB/s");
        assertThat(lines.get(6)).contains("IN byte/s");
        assertThat(lines.get(7)).contains(" 1.00M ");
    }

    @Test
    void whoDoesNotAnswerIsNamed() {
        TopModel model = Samples.busy();
        model.add(Samples.sample(5 * SECOND, Sample.Kernel.silent("Connection refused"),
                Sample.Router.silent("host", 5 * SECOND, "nothing within 400 ms")));
        model.add(Samples.sample(9 * SECOND, Sample.Kernel.silent("Connection refused"),
                Sample.Router.silent("host", 9 * SECOND, "nothing within 400 ms")));
        List<String> lines = draw(model, 100, 30);
        assertThat(lines.get(0)).startsWith("nanorouter  no nanokernel for 4s: Connection refused");
        assertThat(lines).contains("host no router for 4s: nothing within 400 ms");
        assertThat(lines.get(29)).startsWith("the router of host does not answer");
    }

    @Test
    void flowsAreAPaneOnlyWhereSomebodyKnowsThem() {
        TopModel model = Samples.busy();
        assertThat(draw(model, 120, 40)).noneMatch(line -> line.contains("FLOWS"));
        model.add(List.of(new Flow("10.77.0.1:40000", "10.77.0.2:5201", "tcp", 125_000_000, 90_000)));
        assertThat(draw(model, 120, 40)).contains(
                "10.77.0.1:40000  10.77.0.2:5201  tcp       1.00G      90.0k");
        type("f");
        assertThat(draw(model, 120, 40)).noneMatch(line -> line.contains("FLOWS"));
    }

    @Test
    void textForPipesHasEveryColumnAndNoPictures() {
        assertThat(TopReport.lines(Samples.busy(), true)).contains(
                "PORT         KIND     STATE   IN bit/s  OUT bit/s   IN frm/s  OUT frm/s  RING   DROP/s  WHY",
                "nk0          tap      up         8.00M      4.00M      10.0k      5.00k             10  ring_full");
    }

    @Test
    void jsonHasNullWhereThereIsNoRate() {
        TopModel model = Samples.busy();
        Map<String, Object> report = TopReport.object(model, "now", SECOND);
        assertThat(report.keySet()).containsExactly("time", "interval_ms", "nanokernel", "oses", "routers");
        assertThat(report.toString()).contains("received_bytes_per_s=1000000.0", "drops_per_s={ring_full=10.0}",
                "ring_used=500, ring_capacity=1000");
        model.add(Samples.sample(3 * SECOND, null, Samples.router("host", 3 * SECOND, 2, Samples.tap(0, Map.of()))));
        assertThat(TopReport.object(model, "now", SECOND).toString()).contains("received_bytes_per_s=null");
    }
}
