// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a machine as one SVG image, without a script and without anything that is fetched. */
public final class SvgDrawing {
    private static final int MARGIN = 28;
    private static final int LINE = 18;
    private static final int HEAD = 34;
    private static final int PADDING = 14;
    /** Of the font's characters, on average and with some room. */
    private static final double CHARACTER = 7.2;
    private static final int MIN_WIDTH = 190;
    private static final int MAX_WIDTH = 330;
    /** Between boxes whose channel has a label: that, and some of the line on both sides. */
    private static final int ROOM_BESIDE = 215;
    private static final int ROOM_ABOVE = 130;
    /** The same among many, where the state of a channel that is not usual is its only label. */
    private static final int SMALL_ROOM_BESIDE = 100;
    private static final int SMALL_ROOM_ABOVE = 36;
    private static final int LABEL_HEIGHT = 17;
    /** With more OSes than that only what is not usual is written at the lines. */
    private static final int MAX_LABELLED = 4;
    private static final double GROWTH = 1.06;
    private static final String STYLE = """
            svg { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
            .ground { fill: #ffffff } text { fill: #1f2328 }
            .box { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5 }
            .name { font-weight: 600; font-size: 15px } .quiet { fill: #59636e }
            .good { stroke: #1a7f37 } .doubtful { stroke: #9a6700 } .bad { stroke: #cf222e }
            .dot { fill: #8c959f } .dot.good { fill: #1a7f37 } .dot.doubtful { fill: #bf8700 }
            .dot.bad { fill: #cf222e }
            .wire { stroke: #0969da; stroke-width: 3; fill: none } .wire.thin { stroke-width: 1.4; opacity: .65 }
            .wire.closed { stroke: #8c959f; stroke-dasharray: 3 6 }
            .wire.quarantined { stroke: #cf222e; stroke-dasharray: 8 5; opacity: 1 }
            .plate { fill: #ffffff; opacity: .94 } .note { font-size: 12px } .note.bad { fill: #cf222e; stroke: none }
            .base { fill: #ddf4ff; stroke: #54aeff }
            @media (prefers-color-scheme: dark) {
              .ground, .plate { fill: #0d1117 } text { fill: #e6edf3 } .box { fill: #161b22; stroke: #6e7681 }
              .quiet { fill: #9198a1 } .good { stroke: #3fb950 } .doubtful { stroke: #d29922 } .bad { stroke: #f85149 }
              .dot.good { fill: #3fb950 } .dot.doubtful { fill: #d29922 } .dot.bad { fill: #f85149 }
              .wire { stroke: #4493f8 } .wire.closed { stroke: #6e7681 } .wire.quarantined { stroke: #f85149 }
              .note.bad { fill: #f85149 } .base { fill: #121d2f; stroke: #388bfd }
            }
            """;

    private final Topology topology;
    private final StringBuilder svg = new StringBuilder();
    private final List<Box> boxes = new ArrayList<>();
    private int boxWidth = MIN_WIDTH;
    private int boxHeight;

    /** Middle of an OS's box. */
    private record Box(Topology.Node node, double x, double y) {
    }

    private SvgDrawing(Topology topology) {
        this.topology = topology;
    }

    /** The image, as text in UTF-8. */
    public static String draw(Topology topology) {
        SvgDrawing drawing = new SvgDrawing(topology);
        drawing.measure();
        drawing.place();
        drawing.write();
        return drawing.svg.toString();
    }

    private void measure() {
        int rows = 0;
        for (Topology.Node node : topology.nodes()) {
            List<String> texts = texts(node);
            rows = Math.max(rows, texts.size());
            boxWidth = Math.max(boxWidth, (int) (node.name().length() * (CHARACTER + 2)) + 4 * PADDING);
            for (String text : texts) {
                boxWidth = Math.max(boxWidth, (int) (text.length() * CHARACTER) + 2 * PADDING);
            }
        }
        boxWidth = Math.min(MAX_WIDTH, boxWidth);
        boxHeight = HEAD + rows * LINE + PADDING / 2;
    }

    private static List<String> texts(Topology.Node node) {
        List<String> texts = new ArrayList<>();
        texts.add((node.state().isEmpty() ? "" : node.state() + ", ") + node.facts());
        if (!node.endpoint().isEmpty()) {
            texts.add(node.endpoint());
        }
        for (Topology.Interface each : node.interfaces()) {
            if (each.addresses().isEmpty()) {
                texts.add(each.name());
            }
            for (String address : each.addresses()) {
                texts.add(each.name() + " " + address);
            }
        }
        return texts;
    }

    /** On an ellipse, as small as it can be without boxes that touch; two OSes side by side. */
    private void place() {
        int count = topology.nodes().size();
        boolean labels = count <= MAX_LABELLED;
        int beside = labels ? ROOM_BESIDE : SMALL_ROOM_BESIDE;
        int above = labels ? ROOM_ABOVE : SMALL_ROOM_ABOVE;
        double across = (boxWidth + beside) / 2.0;
        double down = count <= 2 ? 0 : (boxHeight + above) / 2.0;
        do {
            boxes.clear();
            for (int i = 0; i < count; i++) {
                double angle = 2 * Math.PI * i / count - (count == 2 ? Math.PI : Math.PI / 2)
                        - (count == MAX_LABELLED ? Math.PI / MAX_LABELLED : 0);
                boxes.add(new Box(topology.nodes().get(i), count == 1 ? 0 : across * Math.cos(angle),
                        count == 1 ? 0 : down * Math.sin(angle)));
            }
            across *= GROWTH;
            down *= GROWTH;
        } while (touch(beside, above));
    }

    private boolean touch(int beside, int above) {
        for (int i = 0; i < boxes.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (Math.abs(boxes.get(i).x - boxes.get(j).x) < boxWidth + beside
                        && Math.abs(boxes.get(i).y - boxes.get(j).y) < boxHeight + above) {
                    return true;
                }
            }
        }
        return false;
    }

    private void write() {
        double left = 0;
        double right = 0;
        double top = 0;
        double bottom = 0;
        for (Box box : boxes) {
            left = Math.min(left, box.x - boxWidth / 2.0);
            right = Math.max(right, box.x + boxWidth / 2.0);
            top = Math.min(top, box.y - boxHeight / 2.0);
            bottom = Math.max(bottom, box.y + boxHeight / 2.0);
        }
        List<String> base = baseLines(right - left);
        double width = right - left + 2 * MARGIN;
        double baseHeight = base.size() * LINE + PADDING;
        double height = bottom - top + 3 * MARGIN + baseHeight;
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"").append(number(width))
                .append("\" height=\"").append(number(height)).append("\" viewBox=\"")
                .append(number(left - MARGIN)).append(' ').append(number(top - MARGIN)).append(' ')
                .append(number(width)).append(' ').append(number(height)).append("\">\n<title>")
                .append(escaped(topology.title())).append("</title>\n<style>\n").append(STYLE).append("</style>\n");
        rectangle("ground", left - MARGIN, top - MARGIN, width, height, 0);
        topology.edges().forEach(this::wire);
        boxes.forEach(this::box);
        topology.edges().forEach(this::label);
        double baseTop = bottom + MARGIN;
        rectangle("base", left, baseTop, right - left, baseHeight, 6);
        for (int i = 0; i < base.size(); i++) {
            text("", "middle", (left + right) / 2, baseTop + PADDING / 2.0 + (i + 1) * LINE - 4, base.get(i));
        }
        svg.append("</svg>\n");
    }

    private List<String> baseLines(double width) {
        List<String> lines = new ArrayList<>();
        int room = (int) ((width - 2 * PADDING) / CHARACTER);
        StringBuilder line = new StringBuilder();
        long capacity = topology.edges().isEmpty() ? 0 : topology.edges().get(0).capacity();
        String rings = capacity == 0 || topology.nodes().size() <= MAX_LABELLED ? ""
                : ", rings of " + Topology.Edge.size(capacity);
        for (String word : (topology.title() + rings).split(" ")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > room) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    private Box boxOf(String name) {
        for (Box box : boxes) {
            if (box.node.name().equals(name)) {
                return box;
            }
        }
        throw new IllegalArgumentException("edge to " + name + ", which is no node");
    }

    private void wire(Topology.Edge edge) {
        Box a = boxOf(edge.a());
        Box b = boxOf(edge.b());
        String kind = edge.isUsual() ? "" : "quarantined".equals(edge.state()) ? " quarantined" : " closed";
        String thin = boxes.size() > MAX_LABELLED ? " thin" : "";
        svg.append("<line class=\"wire").append(thin).append(kind).append("\" x1=\"").append(number(a.x))
                .append("\" y1=\"").append(number(a.y)).append("\" x2=\"").append(number(b.x)).append("\" y2=\"")
                .append(number(b.y)).append("\"/>\n");
    }

    /** In the middle of what is seen of the line; where lines cross, nearer to one end. */
    private void label(Topology.Edge edge) {
        boolean few = boxes.size() <= MAX_LABELLED;
        boolean quarantined = "quarantined".equals(edge.state());
        if (!few && !quarantined) {
            return;
        }
        List<String> lines = new ArrayList<>();
        if (!edge.isUsual()) {
            lines.add(edge.state());
        }
        if (few && edge.capacity() > 0) {
            lines.add(Topology.Edge.size(edge.capacity()));
        }
        if (few && edge.fromA() != null) {
            lines.add("to " + edge.b() + " " + edge.fill(true));
        }
        if (few && edge.fromB() != null) {
            lines.add("to " + edge.a() + " " + edge.fill(false));
        }
        if (lines.isEmpty()) {
            return;
        }
        Box a = boxOf(edge.a());
        Box b = boxOf(edge.b());
        boolean crosses = boxes.size() == MAX_LABELLED && Math.abs(boxes.indexOf(a) - boxes.indexOf(b)) == 2;
        double near = crosses ? 0.36 : 0.5;
        double x = a.x + (b.x - a.x) * near;
        double y = a.y + (b.y - a.y) * near;
        int longest = 0;
        for (String line : lines) {
            longest = Math.max(longest, line.length());
        }
        double width = longest * (CHARACTER - 0.6) + 12;
        double height = lines.size() * LABEL_HEIGHT + 6;
        rectangle("plate", x - width / 2, y - height / 2, width, height, 4);
        for (int i = 0; i < lines.size(); i++) {
            text("note" + (i == 0 && quarantined ? " bad" : i == 0 ? "" : " quiet"), "middle", x,
                    y - height / 2 + (i + 1) * LABEL_HEIGHT - 2, lines.get(i));
        }
    }

    private void box(Box box) {
        double left = box.x - boxWidth / 2.0;
        double top = box.y - boxHeight / 2.0;
        String colour = switch (box.node.state()) {
            case "running" -> " good";
            case "booting", "suspect", "restarting" -> " doubtful";
            case "panicked", "hung", "failed" -> " bad";
            default -> "";
        };
        rectangle("box" + colour, left, top, boxWidth, boxHeight, 8);
        boolean dotted = !box.node.state().isEmpty();
        if (dotted) {
            svg.append("<circle class=\"dot").append(colour).append("\" cx=\"").append(number(left + PADDING + 5))
                    .append("\" cy=\"").append(number(top + 19)).append("\" r=\"5\"/>\n");
        }
        text("name", "start", left + PADDING + (dotted ? 18 : 0), top + 24, cut(box.node.name()));
        List<String> texts = texts(box.node);
        for (int i = 0; i < texts.size(); i++) {
            text(i == 0 ? "quiet" : "", "start", left + PADDING, top + HEAD + (i + 1) * LINE - 6, cut(texts.get(i)));
        }
    }

    private String cut(String text) {
        int room = (int) ((boxWidth - 2 * PADDING) / CHARACTER) + 1;
        return text.length() <= room ? text : text.substring(0, room - 1) + "…";
    }

    private void rectangle(String kind, double x, double y, double width, double height, int radius) {
        svg.append("<rect class=\"").append(kind).append("\" x=\"").append(number(x)).append("\" y=\"")
                .append(number(y)).append("\" width=\"").append(number(width)).append("\" height=\"")
                .append(number(height)).append("\" rx=\"").append(radius).append("\"/>\n");
    }

    private void text(String kind, String anchor, double x, double y, String text) {
        svg.append("<text class=\"").append(kind).append("\" text-anchor=\"").append(anchor).append("\" x=\"")
                .append(number(x)).append("\" y=\"").append(number(y)).append("\">").append(escaped(text))
                .append("</text>\n");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Nothing in it is markup, and there is no character that XML has not. */
    static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            int type = Character.getType(c);
            if (type == Character.CONTROL || type == Character.SURROGATE || type == Character.FORMAT
                    || (c & 0xfffe) == 0xfffe) {
                safe.append('\ufffd');
                return;
            }
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
