// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.postmortem;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.postmortem.Postmortem;
import org.nanorouter.nanokernel.postmortem.RecordRecovery;
import org.nanorouter.nanokernel.postmortem.RecoveredRecord;
import org.nanorouter.nanokernel.postmortem.RingImage;
import org.nanorouter.router.frame.VnetHeaderDescriptor;
import org.nanorouter.router.pcapng.PcapngWriter;

/** Reads the records out of a {@link Postmortem} and writes them; the package's description has the form. */
public final class PostmortemFile {
    private static final String APPLICATION = "nanorouter os postmortem";
    private static final long NS_PER_S = 1_000_000_000L;

    /** A ring and the records that were found in it. */
    public record Direction(RingImage ring, List<RecoveredRecord> records) {
        public String name() {
            return ring.producer() + ">" + ring.consumer();
        }

        /** Records that lay in the ring at the end. */
        public long waiting() {
            return records.stream().filter(record -> record.fate() == RecoveredRecord.Fate.WAITING).count();
        }
    }

    /** Something with a time: a record of the direction with this index, or else a text. */
    private record Moment(long at, int direction, @Nullable RecoveredRecord record, String text) {
    }

    private final Postmortem postmortem;
    private final List<Direction> directions;

    public PostmortemFile(Postmortem postmortem) {
        this.postmortem = postmortem;
        this.directions = postmortem.rings().stream()
                .map(ring -> new Direction(ring, RecordRecovery.recover(ring))).toList();
    }

    /** One for each ring, in the order of the postmortem. */
    public List<Direction> directions() {
        return directions;
    }

    /** When the failure was seen, or the copy of a living OS was made. */
    public Instant failedAt() {
        return Instant.ofEpochSecond(0, wall(postmortem.failedAt()));
    }

    /** Writes the file; the stream is the caller's to flush and close. */
    public void write(OutputStream out) throws IOException {
        PcapngWriter writer = new PcapngWriter(out);
        writer.section(APPLICATION, facts());
        for (Direction direction : directions) {
            RingImage ring = direction.ring();
            writer.addInterface(PcapngWriter.ETHERNET, direction.name(),
                    String.format("ring of %d KiB from %s to %s: %d records recovered, %d of them waiting",
                            ring.capacity() >> 10, ring.producer(), ring.consumer(), direction.records().size(),
                            direction.waiting()));
        }
        for (Moment moment : moments()) {
            write(writer, moment);
        }
    }

    /** When it failed and why, or that it lives. */
    public String verdict() {
        return String.format(Locale.ROOT, "%s at %s after %.3f s: %s", postmortem.isAlive() ? "alive" : "failed",
                failedAt(), (postmortem.failedAt() - postmortem.startedAt()) / (double) NS_PER_S,
                (postmortem.isAlive() ? "" : postmortem.failure() + ", ") + oneLine(postmortem.text()));
    }

    private List<String> facts() {
        List<String> facts = new ArrayList<>();
        facts.add(String.format(Locale.ROOT, "OS %s, epoch %d, %s", postmortem.os(), postmortem.epoch(), verdict()));
        Postmortem.Panic panic = postmortem.panic();
        if (panic != null) {
            facts.add("panic code " + panic.code() + ", text: " + oneLine(panic.text()));
        }
        return facts;
    }

    private List<Moment> moments() {
        List<Moment> moments = new ArrayList<>();
        for (int i = 0; i < directions.size(); i++) {
            for (RecoveredRecord record : directions.get(i).records()) {
                moments.add(new Moment(record.enqueuedAt(), i, record, comment(record)));
            }
        }
        if (postmortem.beatAt() != 0) {
            moments.add(of(asTold(postmortem.beatAt()), "last heartbeat"));
        }
        Postmortem.Panic panic = postmortem.panic();
        if (panic != null) {
            moments.add(of(asTold(panic.at()), "panic record: code " + panic.code() + ", text: " + panic.text()));
        }
        postmortem.events().forEach(event -> moments.add(of(event.at(), event.text())));
        moments.sort(Comparator.comparingLong(Moment::at));
        return moments;
    }

    private static Moment of(long at, String text) {
        return new Moment(at, 0, null, text);
    }

    /** A time that the OS wrote itself: in its life, or it stands at its nearer end. */
    private long asTold(long at) {
        return Math.max(postmortem.startedAt(), Math.min(postmortem.failedAt(), at));
    }

    private void write(PcapngWriter writer, Moment moment) throws IOException {
        RecoveredRecord record = moment.record();
        if (record == null) {
            writer.journal(wall(moment.at()), journal(postmortem.os() + ": " + moment.text()));
        } else if (record.type() == RecordDescriptor.TYPE_ETHERNET) {
            writer.packet(moment.direction(), wall(moment.at()), record.ring().bytes(), record.payloadOffset(),
                    record.length(), moment.text());
        } else {
            byte[] payload = new byte[record.length()];
            record.ring().bytes().get(record.payloadOffset(), payload);
            Map<String, String> fields = journal(directions.get(moment.direction()).name() + ": message of "
                    + record.length() + " bytes, " + moment.text());
            fields.put("NANOROUTER_PAYLOAD", HexFormat.of().formatHex(payload));
            writer.journal(wall(moment.at()), fields);
        }
    }

    private static Map<String, String> journal(String message) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("MESSAGE", oneLine(message));
        fields.put("SYSLOG_IDENTIFIER", "nanorouter");
        return fields;
    }

    /** Part of it may be what an OS wrote. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static String comment(RecoveredRecord record) {
        StringBuilder comment = new StringBuilder("sequence ").append(Long.toUnsignedString(record.sequence()));
        comment.append(switch (record.fate()) {
            case DELIVERED -> ", delivered";
            case WAITING -> ", still waiting";
            case UNKNOWN -> ", perhaps delivered";
        });
        ByteBuffer bytes = record.ring().bytes();
        int header = record.offset() + RecordDescriptor.VNET_HDR_OFFSET;
        if (bytes.get(header + VnetHeaderDescriptor.GSO_TYPE_OFFSET) != VnetHeaderDescriptor.GSO_NONE) {
            comment.append(", large segment of pieces of ")
                    .append(bytes.getShort(header + VnetHeaderDescriptor.GSO_SIZE_OFFSET) & 0xFFFF).append(" bytes");
        }
        if ((bytes.get(header + VnetHeaderDescriptor.FLAGS_OFFSET) & VnetHeaderDescriptor.FLAG_NEEDS_CHECKSUM) != 0) {
            comment.append(", checksum not filled in");
        }
        return comment.toString();
    }

    private long wall(long monotonic) {
        return monotonic + postmortem.clockOffset();
    }
}
