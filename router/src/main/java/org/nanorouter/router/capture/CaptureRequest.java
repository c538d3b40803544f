// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.router.port.FrameBatch;

/**
 * What somebody wants to capture.
 *
 * @param ports      names; empty: all
 * @param program    compiled filter; empty: every frame
 * @param snapLength bytes of each frame at most, 1 to 65,600
 * @param follow     whether it is to be told when peers take frames
 * @param sample     one of so many frames is captured, 1 to 2^20; a prime number keeps step with no protocol
 * @param capacity   of the ring between router and command: a power of two from 256 KiB to 64 MiB
 */
public record CaptureRequest(List<String> ports, Direction direction, byte[] program, int snapLength, int capacity,
    boolean follow, int sample) {

    private static final int MAX_SAMPLE = 1 << 20;

    /** As it goes over the socket. */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("ports", ports);
        json.put("direction", direction.name().toLowerCase(Locale.ROOT));
        json.put("program", Base64.getEncoder().encodeToString(program));
        json.put("snap_length", snapLength);
        json.put("capacity", capacity);
        json.put("follow", follow);
        json.put("sample", sample);
        return json;
    }

    /** As it came over the socket. */
    static CaptureRequest of(Map<String, Object> json) throws IOException {
        try {
            List<String> ports = new ArrayList<>();
            ((List<?>) json.get("ports")).forEach(port -> ports.add((String) port));
            CaptureRequest request = new CaptureRequest(List.copyOf(ports),
                Direction.valueOf(((String) json.get("direction")).toUpperCase(Locale.ROOT)),
                Base64.getDecoder().decode((String) json.get("program")),
                ((Number) json.get("snap_length")).intValue(), ((Number) json.get("capacity")).intValue(),
                Boolean.TRUE.equals(json.get("follow")), ((Number) json.get("sample")).intValue());
            if (request.snapLength < 1 || request.snapLength > FrameBatch.MAX_FRAME
                || request.sample < 1 || request.sample > MAX_SAMPLE
                || !RecordDescriptor.isCapacity(request.capacity)) {
                throw new IOException("snap_length=" + request.snapLength + " or capacity=" + request.capacity
                    + " or sample=" + request.sample + " is out of range");
            }
            return request;
        } catch (ClassCastException | NullPointerException | IllegalArgumentException e) {
            throw new IOException("not a request to capture: " + e.getMessage(), e);
        }
    }
}
