// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class SvgDrawingTest {
    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static List<Element> elements(Document document, String name, String kind) {
        List<Element> found = new ArrayList<>();
        NodeList all = document.getElementsByTagName(name);
        for (int i = 0; i < all.getLength(); i++) {
            Element each = (Element) all.item(i);
            if ((each.getAttribute("class") + " ").startsWith(kind + " ")) {
                found.add(each);
            }
        }
        return found;
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    @Test
    void boxesOfTwoToSixteenOsesDoNotTouchAndLieInTheImage() throws Exception {
        for (int count = 2; count <= 16; count++) {
            Document document = parse(SvgDrawing.draw(TextDrawingTest.machine(count, "open")));
            String[] view = document.getDocumentElement().getAttribute("viewBox").split(" ");
            List<Element> boxes = elements(document, "rect", "box");
            assertThat(boxes).as("boxes").hasSize(count);
            for (Element box : boxes) {
                assertThat(number(box, "x")).isGreaterThan(Double.parseDouble(view[0]));
                assertThat(number(box, "y") + number(box, "height"))
                        .isLessThan(Double.parseDouble(view[1]) + Double.parseDouble(view[3]));
                assertThat(boxes).as("boxes of " + count + " that touch").filteredOn(other -> box != other
                        && !apart(box, other, "x", "width") && !apart(box, other, "y", "height")).isEmpty();
            }
            assertThat(elements(document, "line", "wire")).hasSize(count * (count - 1) / 2);
        }
    }

    private static boolean apart(Element box, Element other, String at, String length) {
        return number(box, at) + number(box, length) < number(other, at)
                || number(other, at) + number(other, length) < number(box, at);
    }

    @Test
    void whatAGuestCallsItselfIsTextAndNothingElse() throws Exception {
        String bad = "</text><script>alert('&\"')\u001b\u0000\ufffe";
        Topology.Node node = new Topology.Node(bad, "namespace", "running", 1, bad,
                List.of(new Topology.Interface(bad, List.of(bad))));
        Document document = parse(SvgDrawing.draw(new Topology(bad, List.of(node), List.of())));
        assertThat(document.getElementsByTagName("script").getLength()).isZero();
        assertThat(document.getElementsByTagName("title").item(0).getTextContent())
                .isEqualTo("</text><script>alert('&\"')\ufffd\ufffd\ufffd");
    }

    @Test
    void imageFetchesNothingAndKnowsLightAndDark() {
        String svg = SvgDrawing.draw(TextDrawingTest.machine(3, "open"));
        assertThat(svg.replace("xmlns=\"http://www.w3.org/2000/svg\"", ""))
                .doesNotContain("http").doesNotContain("url(");
        assertThat(svg).contains("prefers-color-scheme: dark");
    }

    @Test
    void quarantinedChannelIsMarkedAmongManyToo() throws Exception {
        for (int count : new int[] {2, 3, 4, 16}) {
            Document document = parse(SvgDrawing.draw(TextDrawingTest.machine(count, "quarantined")));
            assertThat(elements(document, "text", "note bad")).as(count + " OSes").singleElement()
                    .satisfies(note -> assertThat(note.getTextContent()).isEqualTo("quarantined"));
        }
    }
}
