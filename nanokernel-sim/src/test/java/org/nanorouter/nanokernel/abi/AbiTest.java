// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares {@code docs/abi.md}, {@code nk_abi.h} and the descriptors number by number.
 */
class AbiTest {

    private static final Path ROOT = Path.of("..");

    /** A layout of the specification: its section, its C struct, its Java class. */
    private record Layout(String section, String struct, Class<?> descriptor) {
    }

    /** One number as each of the three has it. */
    private record Number(String what, long specification, String cExpression, long java) {
    }

    private static final List<Layout> LAYOUTS = List.of(
        new Layout("2.1", "nk_management_header", ManagementDescriptor.class),
        new Layout("2.2", "nk_os_entry", OsEntryDescriptor.class),
        new Layout("2.3", "nk_ring_entry", RingEntryDescriptor.class),
        new Layout("3.1", "nk_os_header", OsRegionDescriptor.class),
        new Layout("3.2", "nk_cursors", CursorDescriptor.class),
        new Layout("4.1", "nk_record", RecordDescriptor.class),
        new Layout("5", "nk_attach_header", AttachDescriptor.class),
        new Layout("6.1", "nk_sync_page", SyncDescriptor.class));

    /** Message and field of the specification; field in C; constant of AttachDescriptor. */
    private static final Map<String, List<String>> BODY_FIELDS = Map.ofEntries(
        Map.entry("ATTACH.os name", List.of("nk_attach_request", "name", "ATTACH_NAME_OFFSET")),
        Map.entry("ATTACH.token", List.of("nk_attach_request", "token", "ATTACH_TOKEN_OFFSET")),
        Map.entry("ATTACHED.os id", List.of("nk_attached", "os_id", "ATTACHED_OS_ID_OFFSET")),
        Map.entry("ATTACHED.epoch", List.of("nk_attached", "epoch", "ATTACHED_EPOCH_OFFSET")),
        Map.entry("ATTACHED.management length",
            List.of("nk_attached", "management_length", "ATTACHED_MANAGEMENT_LENGTH_OFFSET")),
        Map.entry("ATTACHED.region length", List.of("nk_attached", "region_length", "ATTACHED_REGION_LENGTH_OFFSET")),
        Map.entry("PEER.peer id", List.of("nk_peer", "peer_id", "PEER_ID_OFFSET")),
        Map.entry("PEER.peer epoch", List.of("nk_peer", "peer_epoch", "PEER_EPOCH_OFFSET")),
        Map.entry("PEER.peer region length", List.of("nk_peer", "region_length", "PEER_REGION_LENGTH_OFFSET")),
        Map.entry("PEER_GONE.peer id", List.of("nk_peer_gone", "peer_id", "PEER_ID_OFFSET")),
        Map.entry("PEER_GONE.peer epoch", List.of("nk_peer_gone", "peer_epoch", "PEER_EPOCH_OFFSET")),
        Map.entry("SILENT.peer id", List.of("nk_peer_gone", "peer_id", "PEER_ID_OFFSET")),
        Map.entry("SILENT.peer epoch", List.of("nk_peer_gone", "peer_epoch", "PEER_EPOCH_OFFSET")),
        Map.entry("LIED.peer id", List.of("nk_peer_gone", "peer_id", "PEER_ID_OFFSET")),
        Map.entry("LIED.peer epoch", List.of("nk_peer_gone", "peer_epoch", "PEER_EPOCH_OFFSET")),
        Map.entry("JOIN.os name", List.of("nk_attach_request", "name", "ATTACH_NAME_OFFSET")),
        Map.entry("JOIN.token", List.of("nk_attach_request", "token", "ATTACH_TOKEN_OFFSET")),
        Map.entry("JOINED.os id", List.of("nk_joined", "os_id", "JOINED_OS_ID_OFFSET")),
        Map.entry("JOINED.epoch", List.of("nk_joined", "epoch", "JOINED_EPOCH_OFFSET")),
        Map.entry("JOINED.program id", List.of("nk_joined", "program_id", "JOINED_PROGRAM_ID_OFFSET")),
        Map.entry("JOINED.management length",
            List.of("nk_joined", "management_length", "JOINED_MANAGEMENT_LENGTH_OFFSET")),
        Map.entry("OPEN_PORT.request", List.of("nk_open_port", "request", "REQUEST_OFFSET")),
        Map.entry("OPEN_PORT.capacity", List.of("nk_open_port", "capacity", "OPEN_PORT_CAPACITY_OFFSET")),
        Map.entry("OPEN_PORT.port name", List.of("nk_open_port", "name", "OPEN_PORT_NAME_OFFSET")),
        Map.entry("CLOSE_PORT.port id", List.of("nk_close", "id", "CLOSE_ID_OFFSET")),
        Map.entry("CONNECT.request", List.of("nk_connect", "request", "REQUEST_OFFSET")),
        Map.entry("CONNECT.os name", List.of("nk_connect", "os", "CONNECT_OS_OFFSET")),
        Map.entry("CONNECT.port name", List.of("nk_connect", "port", "CONNECT_PORT_OFFSET")),
        Map.entry("CONNECTION.request", List.of("nk_connection_grant", "request", "REQUEST_OFFSET")),
        Map.entry("CONNECTION.connection id",
            List.of("nk_connection_grant", "connection_id", "CONNECTION_ID_OFFSET")),
        Map.entry("CONNECTION.port id", List.of("nk_connection_grant", "port_id", "CONNECTION_PORT_ID_OFFSET")),
        Map.entry("CONNECTION.side", List.of("nk_connection_grant", "side", "CONNECTION_SIDE_OFFSET")),
        Map.entry("CONNECTION.peer os id", List.of("nk_connection_grant", "peer_os_id", "CONNECTION_PEER_OS_OFFSET")),
        Map.entry("CONNECTION.peer epoch",
            List.of("nk_connection_grant", "peer_epoch", "CONNECTION_PEER_EPOCH_OFFSET")),
        Map.entry("CONNECTION.peer program id",
            List.of("nk_connection_grant", "peer_program_id", "CONNECTION_PEER_PROGRAM_OFFSET")),
        Map.entry("CONNECTION.half length",
            List.of("nk_connection_grant", "half_length", "CONNECTION_HALF_LENGTH_OFFSET")),
        Map.entry("CLOSE.id", List.of("nk_close", "id", "CLOSE_ID_OFFSET")),
        Map.entry("CLOSED.id", List.of("nk_closed", "id", "CLOSE_ID_OFFSET")),
        Map.entry("CLOSED.reason", List.of("nk_closed", "reason", "CLOSED_REASON_OFFSET")),
        Map.entry("ANSWER.request", List.of("nk_answer", "request", "REQUEST_OFFSET")),
        Map.entry("ANSWER.error", List.of("nk_answer", "error", "ANSWER_ERROR_OFFSET")),
        Map.entry("ANSWER.id", List.of("nk_answer", "id", "ANSWER_ID_OFFSET")),
        Map.entry("ANSWER.text", List.of("nk_answer", "text", "ANSWER_TEXT_OFFSET")),
        Map.entry("OPEN_MEMORY.request", List.of("nk_open_memory", "request", "REQUEST_OFFSET")),
        Map.entry("OPEN_MEMORY.access", List.of("nk_open_memory", "access", "OPEN_MEMORY_ACCESS_OFFSET")),
        Map.entry("OPEN_MEMORY.create length",
            List.of("nk_open_memory", "create_length", "OPEN_MEMORY_CREATE_LENGTH_OFFSET")),
        Map.entry("OPEN_MEMORY.os name", List.of("nk_open_memory", "os", "OPEN_MEMORY_OS_OFFSET")),
        Map.entry("OPEN_MEMORY.memory name", List.of("nk_open_memory", "name", "OPEN_MEMORY_NAME_OFFSET")),
        Map.entry("MEMORY.request", List.of("nk_memory_grant", "request", "REQUEST_OFFSET")),
        Map.entry("MEMORY.id", List.of("nk_memory_grant", "id", "GRANT_ID_OFFSET")),
        Map.entry("MEMORY.owner os id", List.of("nk_memory_grant", "owner_os_id", "MEMORY_OWNER_OS_OFFSET")),
        Map.entry("MEMORY.owner epoch", List.of("nk_memory_grant", "owner_epoch", "MEMORY_OWNER_EPOCH_OFFSET")),
        Map.entry("MEMORY.access", List.of("nk_memory_grant", "access", "MEMORY_ACCESS_OFFSET")),
        Map.entry("MEMORY.memory length", List.of("nk_memory_grant", "length", "MEMORY_MEMORY_LENGTH_OFFSET")),
        Map.entry("OPEN_SYNC.request", List.of("nk_open_sync", "request", "REQUEST_OFFSET")),
        Map.entry("OPEN_SYNC.kind", List.of("nk_open_sync", "kind", "OPEN_SYNC_KIND_OFFSET")),
        Map.entry("OPEN_SYNC.initial", List.of("nk_open_sync", "initial", "OPEN_SYNC_INITIAL_OFFSET")),
        Map.entry("OPEN_SYNC.limit", List.of("nk_open_sync", "limit", "OPEN_SYNC_LIMIT_OFFSET")),
        Map.entry("OPEN_SYNC.sync name", List.of("nk_open_sync", "name", "OPEN_SYNC_NAME_OFFSET")),
        Map.entry("SYNC.request", List.of("nk_sync_grant", "request", "REQUEST_OFFSET")),
        Map.entry("SYNC.id", List.of("nk_sync_grant", "id", "GRANT_ID_OFFSET")),
        Map.entry("LIST.request", List.of("nk_list", "request", "REQUEST_OFFSET")),
        Map.entry("LISTING.request", List.of("nk_listing", "request", "REQUEST_OFFSET")),
        Map.entry("LISTING.text length", List.of("nk_listing", "text_length", "LISTING_TEXT_LENGTH_OFFSET")),
        Map.entry("REFUSED.error", List.of("nk_refused", "error", "REFUSED_ERROR_OFFSET")),
        Map.entry("REFUSED.text", List.of("nk_refused", "text", "REFUSED_TEXT_OFFSET")));

    private static final Map<String, String> BODY_LENGTHS = Map.ofEntries(
        Map.entry("ATTACH", "struct nk_attach_request"), Map.entry("ATTACHED", "struct nk_attached"),
        Map.entry("PEER", "struct nk_peer"), Map.entry("PEER_GONE", "struct nk_peer_gone"),
        Map.entry("REFUSED", "struct nk_refused"), Map.entry("SYNCED", "struct nk_attach_header"),
        Map.entry("READY", "struct nk_attach_header"), Map.entry("PANIC", "struct nk_attach_header"),
        Map.entry("SILENT", "struct nk_peer_gone"), Map.entry("LIED", "struct nk_peer_gone"),
        Map.entry("JOIN", "struct nk_attach_request"), Map.entry("JOINED", "struct nk_joined"),
        Map.entry("OPEN_PORT", "struct nk_open_port"), Map.entry("CLOSE_PORT", "struct nk_close"),
        Map.entry("CONNECT", "struct nk_connect"), Map.entry("CONNECTION", "struct nk_connection_grant"),
        Map.entry("CLOSE", "struct nk_close"), Map.entry("CLOSED", "struct nk_closed"),
        Map.entry("ANSWER", "struct nk_answer"), Map.entry("OPEN_MEMORY", "struct nk_open_memory"),
        Map.entry("MEMORY", "struct nk_memory_grant"), Map.entry("OPEN_SYNC", "struct nk_open_sync"),
        Map.entry("SYNC", "struct nk_sync_grant"), Map.entry("LIST", "struct nk_list"),
        Map.entry("LISTING", "struct nk_listing"));

    @TempDir
    Path directory;

    private Specification specification;
    private final List<Number> numbers = new ArrayList<>();

    @BeforeEach
    void readSpecification() throws IOException {
        specification = new Specification(ROOT.resolve("docs/abi.md"));
    }

    @Test
    void fieldsLieWhereTheSpecificationSays() throws Exception {
        for (final Layout layout : LAYOUTS) {
            final List<Specification.Field> fields = specification.fields(layout.section);
            assertThat(fields).as("fields in section %s", layout.section).isNotEmpty();
            for (final Specification.Field field : fields) {
                final String member = layout.struct + "." + field.name();
                if (!field.name().equals("reserved")) {
                    add(member, field.offset(), offsetOf(layout.struct, field.name()),
                        constant(layout.descriptor, field.name().toUpperCase(Locale.ROOT) + "_OFFSET"));
                }
                if (field.size() > 0 && !field.name().equals("reserved")) {
                    add("size of " + member, field.size(),
                        "sizeof(((struct " + layout.struct + " *)0)->" + field.name() + ")", field.size());
                }
            }
        }
        compare();
    }

    @Test
    void everyOffsetConstantIsInTheSpecification() {
        final Set<String> elsewhere =
            Set.of("OS_TABLE_OFFSET", "RING_DIRECTORY_OFFSET", "CURSORS_OFFSET", "RINGS_OFFSET");
        for (final Layout layout : LAYOUTS) {
            final Set<String> specified = new HashSet<>(elsewhere);
            specification.fields(layout.section)
                .forEach(field -> specified.add(field.name().toUpperCase(Locale.ROOT) + "_OFFSET"));
            BODY_FIELDS.values().forEach(names -> specified.add(names.get(2)));
            for (final Field field : layout.descriptor.getFields()) {
                if (Modifier.isStatic(field.getModifiers()) && field.getName().endsWith("_OFFSET")) {
                    assertThat(specified).as(layout.descriptor.getSimpleName()).contains(field.getName());
                }
            }
        }
    }

    @Test
    void messageBodiesLieWhereTheSpecificationSays() throws Exception {
        final Set<String> seen = new HashSet<>();
        for (final List<String> row : specification.rows("5")) {
            if (row.size() != 5 || !row.get(0).matches("\\d+") || !BODY_LENGTHS.containsKey(row.get(1))) {
                continue;
            }
            final String message = row.get(1);
            int offset = AttachDescriptor.HEADER_LENGTH;
            for (final String field : row.get(3).split("; *")) {
                final Matcher matcher = Pattern.compile("(u8|u16|u32|u64|char)(\\[\\d+])? (.+)").matcher(field);
                if (matcher.matches()) {
                    final String name = message + "." + matcher.group(3);
                    if (!matcher.group(3).equals("reserved")) {
                        final List<String> twin = BODY_FIELDS.get(name);
                        assertThat(twin).as(name).isNotNull();
                        add(name, offset, offsetOf(twin.get(0), twin.get(1)),
                            constant(AttachDescriptor.class, twin.get(2)));
                        seen.add(name);
                    }
                    offset += Specification.size(matcher.group(1), matcher.group(2));
                }
            }
            add("length of " + message, offset, "sizeof(" + BODY_LENGTHS.get(message) + ")",
                constant(AttachDescriptor.class, message + "_LENGTH"));
            add("type of " + message, Long.parseLong(row.get(0)), "NK_" + message,
                constant(AttachDescriptor.class, "TYPE_" + message));
        }
        assertThat(seen).isEqualTo(BODY_FIELDS.keySet());
        compare();
    }

    @Test
    void limitsMagicsAndPlacesAgree() throws Exception {
        add("revision", specified("the nanokernel abi, revision (\\d+)"), "NK_REVISION", AbiDescriptor.REVISION);
        add("MAX_OS", specified("`MAX_OS`\\) \\| (\\d+)"), "NK_MAX_OS", AbiDescriptor.MAX_OS);
        add("name", specified("NUL-padded to (\\d+)"), "NK_NAME_LENGTH", AbiDescriptor.NAME_LENGTH);
        add("ring min", specified("power of two, (\\d+) KiB") << 10, "NK_MIN_RING_CAPACITY",
            AbiDescriptor.MIN_RING_CAPACITY);
        add("ring max", specified("power of two, \\d+ KiB to (\\d+) MiB") << 20, "NK_MAX_RING_CAPACITY",
            AbiDescriptor.MAX_RING_CAPACITY);
        add("MAX_PAYLOAD", specified("`MAX_PAYLOAD`\\) \\| ([\\d,]+)"), "NK_MAX_PAYLOAD", AbiDescriptor.MAX_PAYLOAD);
        add("region max", specified("OS region \\| at most (\\d+) GiB") << 30, "NK_MAX_REGION_LENGTH",
            AbiDescriptor.MAX_REGION_LENGTH);
        add("management address", specified("virtual address[^|]*\\| `0x(\\w+)`", 16), "NK_MANAGEMENT_ADDRESS",
            ManagementDescriptor.ADDRESS);
        add("management length", specified("Management region, ([\\d,]+) bytes"), "NK_MANAGEMENT_LENGTH",
            ManagementDescriptor.LENGTH);
        add("management length in the header", specified("region_length \\| ([\\d,]+)"),
            "sizeof(struct nk_management)", ManagementDescriptor.LENGTH);
        add("management header", specified("\\| header +(\\d+) \\|"), "sizeof(struct nk_management_header)",
            ManagementDescriptor.HEADER_LENGTH);
        add("OS table", specified("entry of OS `i` at (\\d+)"), "NK_OS_TABLE_OFFSET",
            ManagementDescriptor.OS_TABLE_OFFSET);
        add("OS entry", specified("entry of OS `i` at \\d+ \\+ (\\d+)"), "sizeof(struct nk_os_entry)",
            OsEntryDescriptor.ENTRY_LENGTH);
        add("directory", specified("to OS `c` at (\\d+)"), "NK_RING_DIRECTORY_OFFSET",
            ManagementDescriptor.RING_DIRECTORY_OFFSET);
        add("directory entry", specified("to OS `c` at \\d+ \\+ (\\d+)"), "sizeof(struct nk_ring_entry)",
            RingEntryDescriptor.ENTRY_LENGTH);
        add("cursors", specified("peer `i`, at (\\d+)"), "NK_CURSORS_OFFSET", OsRegionDescriptor.CURSORS_OFFSET);
        add("cursor block", specified("peer `i`, at \\d+ \\+ (\\d+)"), "sizeof(struct nk_cursors)",
            CursorDescriptor.BLOCK_LENGTH);
        add("rings", specified("(\\d+) \\+-+\\+\n *\\| transmit rings"), "NK_RINGS_OFFSET",
            OsRegionDescriptor.RINGS_OFFSET);
        add("management magic", specified("`0x(\\w+)` \\(\"NRNKMGM0", 16), "NK_MANAGEMENT_MAGIC",
            ManagementDescriptor.MAGIC);
        add("OS magic", specified("`0x(\\w+)` \\(\"NNRNKOS0", 16), "NK_OS_MAGIC", OsRegionDescriptor.MAGIC);
        add("attach magic", specified("`0x(\\w+)` \\(\"NRNK\"", 16), "NK_ATTACH_MAGIC", AttachDescriptor.MAGIC);
        add("attach header", specified("the (\\d+)-byte header"), "sizeof(struct nk_attach_header)",
            AttachDescriptor.HEADER_LENGTH);
        add("panic text", specified("char\\[(\\d+)\\] \\| panic_text"), "NK_PANIC_TEXT_LENGTH",
            OsRegionDescriptor.PANIC_TEXT_LENGTH);
        add("MAX_MESSAGE", specified("`MAX_MESSAGE`\\) \\| ([\\d,]+)"), "NK_MAX_MESSAGE", AbiDescriptor.MAX_MESSAGE);
        add("half epoch", specified("its epoch is (\\d+), and it has one ring"), "NK_HALF_EPOCH",
            AbiDescriptor.HALF_EPOCH);
        add("sync magic", specified("`0x(\\w+)` \\(\"NRNKSYN0", 16), "NK_SYNC_MAGIC", SyncDescriptor.MAGIC);
        add("sync page", specified("one page of ([\\d,]+) bytes"), "NK_SYNC_LENGTH", SyncDescriptor.LENGTH);
        add("parties", specified("1 to 2,147,483,647; 1 to ([\\d,]+)"), "NK_SYNC_MAX_PARTIES",
            SyncDescriptor.MAX_PARTIES);
        add("units", specified("1 to ([\\d,]+); 1 to 1,023"), "NK_SYNC_MAX_UNITS", SyncDescriptor.MAX_UNITS);
        add("waiters", 1L << specified("Bit (\\d+), `W`"), "NK_SYNC_WAITERS",
            Integer.toUnsignedLong(SyncDescriptor.WAITERS));
        add("set", 1L << specified("MANUAL_EVENT \\| (\\d+) set"), "NK_SYNC_EVENT_SET", SyncDescriptor.EVENT_SET);
        add("event count", 0x3FFF_FFFFL << specified("(\\d+) to 30 how often it was set"), "NK_SYNC_EVENT_COUNT",
            SyncDescriptor.EVENT_COUNT);
        add("broken", 1L << specified("(\\d+) broken"), "NK_SYNC_BROKEN", SyncDescriptor.BROKEN);
        add("passed", 0x3FFL << specified("(\\d+) to 20 passed"), "NK_SYNC_PASSED", SyncDescriptor.PASSED);
        add("resets", 0x3FFL << specified("(\\d+) to 30 resets"), "NK_SYNC_RESETS", SyncDescriptor.RESETS);
        add("holder", (2L << specified("0 to (\\d+) program id")) - 1, "NK_SYNC_HOLDER", SyncDescriptor.HOLDER);
        add("died", 1L << specified("(\\d+) died"), "NK_SYNC_DIED", SyncDescriptor.DIED);
        add("token", specified("u8\\[(\\d+)\\] token"), "NK_TOKEN_LENGTH", AttachDescriptor.TOKEN_LENGTH);
        add("refused text", specified("char\\[(\\d+)\\] text"), "NK_REFUSED_TEXT_LENGTH",
            AttachDescriptor.REFUSED_TEXT_LENGTH);
        add("record header", specified("`\\((\\d+) \\+ length"), "NK_RECORD_HEADER_LENGTH",
            RecordDescriptor.PAYLOAD_OFFSET);
        add("alignment", specified("spans are multiples of (\\d+)"), "NK_RECORD_ALIGNMENT", RecordDescriptor.ALIGNMENT);
        add("vnet_hdr", specified("u8\\[(\\d+)\\] \\| vnet_hdr"), "NK_VNET_HDR_LENGTH",
            RecordDescriptor.VNET_HDR_LENGTH);
        for (final int length : new int[] {1, 4, 5, 64, 1500, AbiDescriptor.MAX_PAYLOAD}) {
            add("span of " + length, length + 36 + 7 & ~7, "nk_record_span(" + length + ")",
                RecordDescriptor.span(length));
        }
        compare();
    }

    @Test
    void valuesOfEnumsAgree() throws Exception {
        for (final OsState state : OsState.values()) {
            add("state " + state, valueIn("2.4", state.name()), "NK_STATE_" + state, state.value());
        }
        for (final AttachError error : AttachError.values()) {
            add("error " + error, valueIn("5", error.name()), "NK_" + error, error.value());
        }
        for (final OsKind kind : OsKind.values()) {
            add("kind " + kind, inline("kind", kind.name()), "NK_KIND_" + kind, kind.value());
        }
        for (final Failure failure : Failure.values()) {
            add("failure " + failure, inline("last_failure", failure.name()), "NK_FAILURE_" + failure, failure.value());
        }
        for (final SyncKind kind : SyncKind.values()) {
            add("sync kind " + kind, inline("kind", kind.name()), "NK_SYNC_" + kind, kind.value());
        }
        for (final ClosedReason reason : ClosedReason.values()) {
            add("reason " + reason, closedReason(reason), "NK_CLOSED_" + reason, reason.value());
        }
        add("absent", inline("state", "absent"), "NK_RING_ABSENT", RingEntryDescriptor.STATE_ABSENT);
        add("open", inline("state", "open"), "NK_RING_OPEN", RingEntryDescriptor.STATE_OPEN);
        add("padding", inline("type", "padding"), "NK_RECORD_PADDING", RecordDescriptor.TYPE_PADDING);
        add("Ethernet", inline("type", "Ethernet"), "NK_RECORD_ETHERNET", RecordDescriptor.TYPE_ETHERNET);
        add("message", inline("type", "message"), "NK_RECORD_MESSAGE", RecordDescriptor.TYPE_MESSAGE);
        compare();
    }

    @Test
    void onlySpecifiedStateTransitionsAreAllowed() {
        final String text = specification.find("Allowed: (.*?)\\. Everything else").group(1).replace('\n', ' ');
        final Set<String> allowed = new HashSet<>();
        for (final String rule : text.split("; *")) {
            final String[] sides = rule.split("->");
            for (final String to : sides[1].split(", *")) {
                allowed.add(sides[0].trim() + "->" + to.trim());
            }
        }
        final Set<String> implemented = new HashSet<>();
        for (final OsState from : OsState.values()) {
            for (final OsState to : OsState.values()) {
                if (from.mayBecome(to)) {
                    implemented.add((from + "->" + to).toLowerCase(Locale.ROOT));
                }
            }
        }
        assertThat(implemented).isEqualTo(allowed);
    }

    private void add(String what, long specified, String cExpression, long java) {
        numbers.add(new Number(what, specified, cExpression, java));
    }

    private long specified(String regex) {
        return specified("(?i)" + regex, 10);
    }

    private long specified(String regex, int radix) {
        return Long.parseLong(specification.find(regex).group(1).replaceAll("[,_]", ""), radix);
    }

    /** The number in the first column of the row whose second is {@code name}. */
    private long valueIn(String section, String name) {
        for (final List<String> row : specification.rows(section)) {
            if (row.size() > 1 && row.get(1).equalsIgnoreCase(name) && row.get(0).matches("\\d+")) {
                return Long.parseLong(row.get(0));
            }
        }
        throw new AssertionError("section " + section + " has no value for " + name);
    }

    /** The number before {@code name} in a field's list of values. */
    private long inline(String field, String name) {
        return Long.parseLong(
            specification.find("(?i)\\| " + field + " \\|[^|\\n]*?(\\d+) " + name + "\\b").group(1));
    }

    private long closedReason(ClosedReason reason) {
        final String words = switch (reason) {
            case BY_PEER -> "closed the connection \\(reason (\\d)\\)";
            case PROGRAM_ENDED -> "its program ended \\((\\d)\\)";
            case EPOCH_ENDED -> "its OS's epoch ended \\((\\d)\\)";
        };
        return specified(words);
    }

    private static String offsetOf(String struct, String field) {
        return "offsetof(struct " + struct + ", " + field + ")";
    }

    private static long constant(Class<?> descriptor, String name) throws ReflectiveOperationException {
        return ((java.lang.Number) descriptor.getField(name).get(null)).longValue();
    }

    private void compare() throws IOException, InterruptedException {
        final List<Long> inC = valuesInC();
        final List<String> differences = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i++) {
            final Number number = numbers.get(i);
            if (number.specification != inC.get(i) || number.specification != number.java) {
                differences.add(number.what + ": docs/abi.md " + number.specification + ", nk_abi.h " + inC.get(i)
                    + ", Java " + number.java);
            }
        }
        assertThat(differences).isEmpty();
    }

    private List<Long> valuesInC() throws IOException, InterruptedException {
        final StringBuilder source =
            new StringBuilder("#include <stdio.h>\n#include \"nk_abi.h\"\nint main(void)\n{\n");
        for (final Number number : numbers) {
            source.append("\tprintf(\"%lld\\n\", (long long)(").append(number.cExpression).append("));\n");
        }
        final Path file = Files.writeString(directory.resolve("numbers.c"), source.append("\treturn 0;\n}\n"));
        final Path program = directory.resolve("numbers");
        run("cc", "-std=gnu11", "-I", ROOT.resolve("native-shim/src/main/c/include").toString(), "-o",
            program.toString(), file.toString());
        return run(program.toString()).lines().map(Long::parseLong).toList();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command[0], output).isZero();
        return output;
    }
}
