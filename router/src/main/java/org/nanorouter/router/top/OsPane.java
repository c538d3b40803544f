// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedStyle;

/** The OSes. */
final class OsPane extends Pane {
    private static final int NAME = 0;
    private static final int KIND = 1;
    private static final int STATE = 2;
    private static final int EPOCH = 3;
    private static final int BEAT = 4;
    private static final int RESTARTS = 5;
    private static final int UPTIME = 6;
    private static final int FAILURE = 7;
    private static final int MAX_NAME = 24;
    private static final int MAX_FAILURE = 120;
    private static final double LATE = 0.5;

    private final List<Sample.Os> oses = new ArrayList<>();
    private final boolean stale;

    OsPane(TopModel model, Settings settings, Look look) {
        super(look);
        stale = model.kernelFailure() != null;
        // Those that are not well first, so that they are seen where not all are.
        for (Sample.Os os : model.oses()) {
            if (settings.admits(os.name()) && !TopModel.isRunning(os)) {
                oses.add(os);
            }
        }
        for (Sample.Os os : model.oses()) {
            if (settings.admits(os.name()) && TopModel.isRunning(os)) {
                oses.add(os);
            }
        }
    }

    @Override
    int rows() {
        return oses.size();
    }

    @Override
    List<Column> columns() {
        int name = 2;
        int kind = 4;
        int state = "running".length();
        int failure = 0;
        for (Sample.Os os : oses) {
            name = Math.max(name, os.name().length());
            kind = Math.max(kind, os.kind().length());
            state = Math.max(state, os.state().length());
            failure = Math.max(failure, failure(os).length());
        }
        return List.of(new Column(NAME, "OS", false, 0, Math.min(name, 10), Math.min(name, MAX_NAME)),
                new Column(KIND, "KIND", false, 8, kind, kind),
                new Column(STATE, "STATE", false, 1, state, state),
                new Column(EPOCH, "EPOCH", true, 2, 5, 5),
                new Column(BEAT, "BEAT", true, 3, 5, 5),
                new Column(RESTARTS, "RESTARTS", true, 4, 8, 8),
                new Column(UPTIME, "UP", true, 5, 6, 6),
                new Column(FAILURE, "LAST FAILURE", false, 6, Math.min(failure, 12), Math.min(failure, MAX_FAILURE)));
    }

    private static String failure(Sample.Os os) {
        return os.lastFailure() == null ? ""
                : Quantity.seconds(os.lastFailureS()) + " ago, " + os.lastFailure();
    }

    @Override
    void cell(int row, Column column, int width, Line line) {
        Sample.Os os = oses.get(row);
        Palette palette = look.palette();
        AttributedStyle normal = stale ? palette.quiet() : palette.text();
        switch (column.id()) {
            case NAME -> line.cell(os.name(), width, false, normal);
            case KIND -> line.cell(os.kind(), width, false, palette.quiet());
            case STATE -> line.cell(os.state(), width, false, stale ? palette.quiet() : state(os));
            case EPOCH -> line.cell(Long.toString(os.epoch()), width, true, normal);
            case BEAT -> line.cell(os.silenceMs() < 0 ? "-" : Quantity.milliseconds(os.silenceMs()), width, true,
                    beat(os, normal));
            case RESTARTS -> line.cell(Long.toString(os.restarts()), width, true,
                    os.restarts() == 0 ? palette.quiet() : normal);
            case UPTIME -> line.cell(os.uptimeS() < 0 ? "-" : Quantity.seconds(os.uptimeS()), width, true, normal);
            default -> line.cell(failure(os), width, false, palette.quiet());
        }
    }

    private AttributedStyle state(Sample.Os os) {
        Palette palette = look.palette();
        if (TopModel.isBad(os)) {
            return palette.bad();
        }
        return switch (os.state()) {
            case "running" -> palette.good();
            case "stopped" -> palette.quiet();
            default -> palette.warning();
        };
    }

    private AttributedStyle beat(Sample.Os os, AttributedStyle normal) {
        if (stale || os.silenceMs() < 0 || os.deadlineMs() <= 0) {
            return look.palette().quiet();
        }
        return os.silenceMs() >= os.deadlineMs() ? look.palette().bad()
                : os.silenceMs() >= os.deadlineMs() * LATE ? look.palette().warning() : normal;
    }
}
