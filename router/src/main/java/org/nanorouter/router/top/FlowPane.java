// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.List;

/** The largest flows. */
final class FlowPane extends Pane {
    private static final int SOURCE = 0;
    private static final int DESTINATION = 1;
    private static final int PROTOCOL = 2;
    private static final int RATE = 3;
    private static final int FRAMES = 4;
    private static final int BITS = 8;

    private final List<Flow> flows = new ArrayList<>();
    private final boolean bits;

    FlowPane(TopModel model, Settings settings, Look look) {
        super(look);
        bits = settings.hasBits();
        for (Flow flow : model.flows()) {
            if (settings.admits(flow.source()) || settings.admits(flow.destination())
                    || settings.admits(flow.protocol())) {
                flows.add(flow);
            }
        }
    }

    @Override
    int rows() {
        return flows.size();
    }

    @Override
    List<Column> columns() {
        int source = "TOP FLOWS FROM".length();
        int destination = 2;
        for (Flow flow : flows) {
            source = Math.max(source, flow.source().length());
            destination = Math.max(destination, flow.destination().length());
        }
        return List.of(new Column(SOURCE, "TOP FLOWS FROM", false, 0, Math.min(source, 14), source),
                new Column(DESTINATION, "TO", false, 1, Math.min(destination, 14), destination),
                new Column(PROTOCOL, "PROTO", false, 4, 5, 5),
                new Column(RATE, bits ? "~ bit/s" : "~ byte/s", true, 2, 8, 8),
                new Column(FRAMES, "~ frame/s", true, 3, 9, 9));
    }

    @Override
    void cell(int row, Column column, int width, Line line) {
        Flow flow = flows.get(row);
        switch (column.id()) {
            case SOURCE -> line.cell(flow.source(), width, false, look.palette().text());
            case DESTINATION -> line.cell(flow.destination(), width, false, look.palette().text());
            case PROTOCOL -> line.cell(flow.protocol(), width, false, look.palette().quiet());
            case RATE -> line.cell(Quantity.scaled(flow.bytes() * (bits ? BITS : 1)), width, true,
                    look.palette().text());
            default -> line.cell(Quantity.scaled(flow.frames()), width, true, look.palette().text());
        }
    }
}
