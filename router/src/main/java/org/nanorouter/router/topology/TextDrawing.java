// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Draws a machine with characters. A few OSes stand side by side on lines that go down, with a channel between two of
 * them across; more of them, or less room, and boxes are followed by a list of channels.
 */
public final class TextDrawing {
    /** A box beside others is to have room for an IPv4 address and its interface. */
    private static final int MIN_LANE = 22;
    private static final int MAX_BOX = 38;
    private static final int GAP = 2;
    private static final int MIN_COLUMNS = 20;
    private static final String UNICODE = "┌┐└┘─│┬├┤═╌┼";
    private static final String ASCII = "++++-|+++=.|";

    private final Topology topology;
    private final int columns;
    private final boolean unicode;
    private final List<String> lines = new ArrayList<>();

    private TextDrawing(Topology topology, int columns, boolean unicode) {
        this.topology = topology;
        this.columns = columns;
        this.unicode = unicode;
    }

    /**
     * The lines of a drawing.
     *
     * @param columns no line is longer, if that is at least 20
     * @param unicode whether it may have box characters
     */
    public static List<String> draw(Topology topology, int columns, boolean unicode) {
        TextDrawing drawing = new TextDrawing(topology, Math.max(MIN_COLUMNS, columns), unicode);
        drawing.draw();
        return drawing.lines;
    }

    private char mark(int index) {
        return (unicode ? UNICODE : ASCII).charAt(index);
    }

    private void draw() {
        int count = topology.nodes().size();
        int lane = count == 0 ? 0 : (columns - GAP * (count - 1)) / count;
        wrap(topology.title(), 0);
        if (lane >= MIN_LANE && count > 1) {
            int width = Math.min(lane, MAX_BOX);
            boxes(topology.nodes(), width, true);
            lanes(width);
        } else {
            int across = Math.max(1, Math.min(3, (columns + GAP) / (MIN_LANE + GAP)));
            int width = Math.min(MAX_BOX, (columns - GAP * (across - 1)) / across);
            for (int i = 0; i < count; i += across) {
                boxes(topology.nodes().subList(i, Math.min(count, i + across)), width, false);
            }
            channels();
        }
    }

    /** Boxes side by side; {@code down}: each has a line that goes on. */
    private void boxes(List<Topology.Node> nodes, int width, boolean down) {
        List<List<String>> texts = new ArrayList<>();
        int height = 0;
        for (Topology.Node node : nodes) {
            List<String> text = text(node);
            texts.add(text);
            height = Math.max(height, text.size());
        }
        StringBuilder top = new StringBuilder();
        for (Topology.Node node : nodes) {
            String title = mark(4) + " " + cut(dot(node.state()) + node.name(), width - 5) + " ";
            top.append(mark(0)).append(title).append(line(width - 2 - title.length())).append(mark(1)).append("  ");
        }
        add(top);
        for (int row = 0; row < height; row++) {
            StringBuilder line = new StringBuilder();
            for (List<String> text : texts) {
                String content = cut(row < text.size() ? text.get(row) : "", width - 4);
                line.append(mark(5)).append(' ').append(padded(content, width - 4)).append(' ').append(mark(5))
                        .append("  ");
            }
            add(line);
        }
        StringBuilder bottom = new StringBuilder();
        for (int i = 0; i < nodes.size(); i++) {
            String edge = line(width - 2);
            int middle = width / 2 - 1;
            String open = edge.substring(0, middle) + mark(6) + edge.substring(middle + 1);
            bottom.append(mark(2)).append(down ? open : edge)
                    .append(mark(3)).append("  ");
        }
        add(bottom);
    }

    private static List<String> text(Topology.Node node) {
        List<String> text = new ArrayList<>();
        if (!node.state().isEmpty()) {
            text.add(node.state());
        }
        text.add(node.facts());
        if (!node.endpoint().isEmpty()) {
            text.add(node.endpoint());
        }
        for (Topology.Interface each : node.interfaces()) {
            String before = each.name() + " ";
            if (each.addresses().isEmpty()) {
                text.add(each.name());
            }
            for (String address : each.addresses()) {
                text.add(before + address);
                before = " ".repeat(before.length());
            }
        }
        return text;
    }

    private String dot(String state) {
        return switch (state) {
            case "" -> "";
            case "running", "booting", "suspect", "restarting" -> unicode ? "● " : "* ";
            case "panicked", "hung", "failed" -> unicode ? "× " : "x ";
            default -> unicode ? "○ " : "o ";
        };
    }

    /** Each channel is a line across from the one OS's line to the other's. */
    private void lanes(int width) {
        int count = topology.nodes().size();
        int[] at = new int[count];
        Map<String, Integer> places = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            at[i] = i * (width + GAP) + width / 2;
            places.put(topology.nodes().get(i).name(), i);
        }
        for (Topology.Edge edge : topology.edges()) {
            Integer a = places.get(edge.a());
            Integer b = places.get(edge.b());
            if (a == null || b == null) {
                continue;
            }
            char[] line = rails(at);
            int left = at[Math.min(a, b)];
            int right = at[Math.max(a, b)];
            Arrays.fill(line, left + 1, right, edge.isUsual() ? mark(9) : mark(10));
            for (int each : at) {
                if (each > left && each < right) {
                    // It passes by.
                    line[each] = mark(11);
                }
            }
            line[left] = mark(7);
            line[right] = mark(8);
            String label = a <= b ? label(edge) : label(new Topology.Edge(edge.b(), edge.a(), edge.state(),
                    edge.capacity(), edge.fromB(), edge.fromA()));
            place(line, label, left, right);
            add(new StringBuilder(new String(line)));
        }
    }

    private String label(Topology.Edge edge) {
        return unicode ? edge.label("→", "←") : edge.label(">", "<");
    }

    private char[] rails(int... at) {
        char[] line = new char[at[at.length - 1] + 1];
        Arrays.fill(line, ' ');
        for (int each : at) {
            line[each] = mark(5);
        }
        return line;
    }

    private static void place(char[] line, String label, int left, int right) {
        String text = cut(label, right - left - 5);
        if (text.isEmpty()) {
            return;
        }
        // Where two lanes are, right behind the first line, so that no line that passes is covered.
        int begin = left + 3;
        line[begin - 1] = ' ';
        text.getChars(0, text.length(), line, begin);
        line[begin + text.length()] = ' ';
    }

    /** A list: each OS with those after it that nothing is to be said of, then each channel that is not usual. */
    private void channels() {
        Map<String, List<String>> usual = new LinkedHashMap<>();
        List<Topology.Edge> others = new ArrayList<>();
        long capacity = 0;
        for (Topology.Edge edge : topology.edges()) {
            boolean empty = (edge.fromA() == null || edge.fromA() == 0) && (edge.fromB() == null || edge.fromB() == 0);
            if (edge.isUsual() && (empty || topology.nodes().size() <= 2)) {
                capacity = Math.max(capacity, edge.capacity());
                usual.computeIfAbsent(edge.a(), none -> new ArrayList<>()).add(edge.b());
            } else {
                others.add(edge);
            }
        }
        String wire = unicode ? " ══ " : " == ";
        if (!usual.isEmpty()) {
            wrap("channels" + (capacity == 0 ? "" : ", each ring " + Topology.Edge.size(capacity)) + ":", 0);
            usual.forEach((name, peers) -> wrap("  " + name + wire + String.join(", ", peers), 4));
        }
        for (Topology.Edge edge : others) {
            String between = edge.isUsual() ? wire : unicode ? " ╌╌ " : " .. ";
            wrap("  " + edge.a() + between + edge.b() + " " + label(edge), 4);
        }
    }

    /** Breaks at blanks; what does not fit then is cut. */
    private void wrap(String text, int indent) {
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (line.length() + 1 + word.length() > columns && !line.toString().isBlank()) {
                add(new StringBuilder(cut(line.toString(), columns)));
                line.setLength(0);
                line.append(" ".repeat(indent));
            } else if (!line.isEmpty() || word.isEmpty()) {
                line.append(' ');
            }
            line.append(word);
        }
        add(new StringBuilder(cut(line.toString(), columns)));
    }

    private void add(StringBuilder line) {
        lines.add(line.toString().stripTrailing());
    }

    private String line(int length) {
        return String.valueOf(mark(4)).repeat(Math.max(0, length));
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String cut(String text, int width) {
        return text.length() <= width ? text : text.substring(0, Math.max(0, width));
    }
}
