// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

/** Every metric: its name as Prometheus has it, its type, and what it says. Names are stable. */
enum Metric {
    BUILD("nanorouter_build_info", Type.INFO, "Version of the exporter, and the Java that it runs on."),

    NANOKERNEL_UP("nanorouter_nanokernel_up", Type.GAUGE, "Whether the nanokernel answered within a second."),
    NANOKERNEL_UPTIME("nanorouter_nanokernel_uptime_seconds", Type.GAUGE,
            "How long the nanokernel's process has run; one that took over begins anew."),

    OS("nanorouter_os_info", Type.INFO, "The kind of an OS."),
    OS_STATE("nanorouter_os_state", Type.GAUGE, "1 for the state that an OS is in, 0 for all others."),
    OS_READY("nanorouter_os_ready", Type.GAUGE, "Whether an endpoint of the OS says that frames can flow."),
    OS_EPOCH("nanorouter_os_epoch", Type.GAUGE, "Which life of the OS this is; 0 before the first."),
    OS_UPTIME("nanorouter_os_uptime_seconds", Type.GAUGE, "How long the present epoch has lasted; none between two."),
    OS_RESTARTS("nanorouter_os_restarts_total", Type.COUNTER, "Restarts after failures and on request."),
    OS_HEARTBEAT_AGE("nanorouter_os_heartbeat_age_seconds", Type.GAUGE,
            "How long the OS's last heartbeat is ago; none while nobody is to beat."),
    OS_HEARTBEAT_DEADLINE("nanorouter_os_heartbeat_deadline_seconds", Type.GAUGE,
            "At this age of its heartbeat the OS is hung."),
    OS_LAST_FAILURE_AGE("nanorouter_os_last_failure_age_seconds", Type.GAUGE, "How long the last failure is ago."),
    OS_RECOVERY("nanorouter_os_recovery_seconds", Type.HISTOGRAM,
            "From a failure of the OS to its being ready again by itself."),

    ROUTER_UP("nanorouter_router_up", Type.GAUGE, "Whether the OS's router answered within a second."),
    ROUTER_READY("nanorouter_router_ready", Type.GAUGE, "Whether frames can flow."),
    ROUTER_UPTIME("nanorouter_router_uptime_seconds", Type.GAUGE, "How long the leading router's process has run."),
    ROUTER_STANDBYS("nanorouter_router_standbys", Type.GAUGE, "Routers that wait to take over."),
    ROUTER_ATTACHED("nanorouter_router_nanokernel_attached", Type.GAUGE,
            "Whether the router has a nanokernel; frames flow without one, too."),
    ROUTER_LOSSES("nanorouter_router_nanokernel_losses_total", Type.COUNTER, "Times that the nanokernel was lost."),
    ROUTER_SILENCES("nanorouter_router_nanokernel_silences_total", Type.COUNTER,
            "Times that the nanokernel did not beat."),
    ROUTER_FDB("nanorouter_router_fdb_entries", Type.GAUGE, "Addresses that the bridge knows."),
    ROUTER_FDB_CAPACITY("nanorouter_router_fdb_capacity_entries", Type.GAUGE, "Addresses that the bridge can know."),
    ROUTER_QUARANTINES("nanorouter_router_quarantines_total", Type.COUNTER,
            "Channels that were closed until their peer's next epoch, by the rule that it broke."),
    ROUTER_SESSIONS_ENDED("nanorouter_router_sessions_ended_total", Type.COUNTER,
            "TCP sessions with dead peers that were ended."),
    ROUTER_SESSION_FAILURES("nanorouter_router_session_failures_total", Type.COUNTER,
            "Times that TCP sessions with a dead peer could not be ended."),

    PORT_UP("nanorouter_port_up", Type.GAUGE, "Whether the port passes frames on."),
    PORT_RECEIVED("nanorouter_port_receive_packets_total", Type.COUNTER,
            "Frames that came in by the port; a large segment is one."),
    PORT_RECEIVED_BYTES("nanorouter_port_receive_bytes_total", Type.COUNTER, "Bytes of the frames that came in."),
    PORT_SENT("nanorouter_port_transmit_packets_total", Type.COUNTER,
            "Frames that left by the port; a large segment is one."),
    PORT_SENT_BYTES("nanorouter_port_transmit_bytes_total", Type.COUNTER, "Bytes of the frames that left."),
    PORT_FORWARDED("nanorouter_port_forwarded_packets_total", Type.COUNTER,
            "Received frames that left by another port; with the drops they are all that were received."),
    PORT_FLOODED("nanorouter_port_flooded_packets_total", Type.COUNTER,
            "Forwarded frames for everybody, or for an address that is not known."),
    PORT_DROPS("nanorouter_port_drops_total", Type.COUNTER, "Frames received by the port and dropped, by reason."),
    PORT_PAUSES("nanorouter_port_pauses_total", Type.COUNTER,
            "Times that the port was not read because the ring that its frames go to was full."),
    PORT_UNDELIVERED("nanorouter_port_undelivered_packets_total", Type.COUNTER,
            "Frames sent to a peer that died before it took them."),
    PORT_UNREAD("nanorouter_port_unread_packets_total", Type.COUNTER,
            "Frames of a peer that died before they were taken."),
    RING_USED("nanorouter_port_ring_used_bytes", Type.GAUGE, "What the ring to the peer holds."),
    RING_CAPACITY("nanorouter_port_ring_capacity_bytes", Type.GAUGE, "What the ring to the peer can hold."),
    RING_FULL("nanorouter_port_ring_full_total", Type.COUNTER, "Times that the ring to the peer had no room."),
    DOORBELLS("nanorouter_port_doorbells_total", Type.COUNTER, "Times that the peer was woken.");

    /** Types of the exposition. */
    enum Type {
        GAUGE, COUNTER, HISTOGRAM, INFO
    }

    private final String id;
    private final Type type;
    private final String help;

    Metric(String id, Type type, String help) {
        this.id = id;
        this.type = type;
        this.help = help;
    }

    String id() {
        return id;
    }

    Type type() {
        return type;
    }

    String help() {
        return help;
    }
}
