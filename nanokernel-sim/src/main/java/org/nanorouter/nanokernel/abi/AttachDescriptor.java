// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * Header and bodies of the attach socket's messages; C twins {@code struct nk_attach_header} and those that begin with
 * it. Every offset counts from the start of the message, header included.
 */
public final class AttachDescriptor {

    /** "NRNK" in memory. */
    public static final int MAGIC = 0x4B4E524E;

    /** Bytes of the token that proves the right to attach. */
    public static final int TOKEN_LENGTH = 32;

    /** Bytes of the text of REFUSED. */
    public static final int REFUSED_TEXT_LENGTH = 240;

    /** OS to nanokernel: who attaches, and the proof. */
    public static final int TYPE_ATTACH = 1;

    /** Nanokernel to OS, with the management region's and the own region's descriptor. */
    public static final int TYPE_ATTACHED = 2;

    /** Nanokernel to OS, with the descriptors of the peer's region, of the doorbell to wait on, of the one to ring. */
    public static final int TYPE_PEER = 3;

    /** Nanokernel to OS: that epoch of the peer has ended. */
    public static final int TYPE_PEER_GONE = 4;

    /** Nanokernel to OS: every peer that there was at ATTACH has been told. */
    public static final int TYPE_SYNCED = 5;

    /** OS to nanokernel: frames can flow. */
    public static final int TYPE_READY = 6;

    /** Nanokernel to OS, then the end of the connection. */
    public static final int TYPE_REFUSED = 7;

    /** OS to nanokernel: the panic record in the OS's region is complete. */
    public static final int TYPE_PANIC = 8;

    /** OS to nanokernel: that peer has not beaten within its deadline. */
    public static final int TYPE_SILENT = 9;

    /** OS to nanokernel: the channel to that peer is in quarantine. */
    public static final int TYPE_LIED = 10;

    /** Program to nanokernel: who joins, and the proof; the body of ATTACH. */
    public static final int TYPE_JOIN = 11;

    /** Nanokernel to program, with the management region's descriptor. */
    public static final int TYPE_JOINED = 12;

    /** Program to nanokernel: a port of that name is to be the program's. */
    public static final int TYPE_OPEN_PORT = 13;

    /** Program to nanokernel: nobody else is to connect to that port. */
    public static final int TYPE_CLOSE_PORT = 14;

    /** Program to nanokernel: a connection to that port of that OS is wanted. */
    public static final int TYPE_CONNECT = 15;

    /** Nanokernel to program, with the descriptors of both halves, of the doorbell to wait on, of the one to ring. */
    public static final int TYPE_CONNECTION = 16;

    /** Program to nanokernel: the connection, shared memory or sync object is not used any more. */
    public static final int TYPE_CLOSE = 17;

    /** Nanokernel to program: the other end, or the memory's maker, does not use it any more. */
    public static final int TYPE_CLOSED = 18;

    /** Nanokernel to program: what became of a request. */
    public static final int TYPE_ANSWER = 19;

    /** Program to nanokernel: shared memory is to be made, or that of another program to be opened. */
    public static final int TYPE_OPEN_MEMORY = 20;

    /** Nanokernel to program, with the memory's descriptor. */
    public static final int TYPE_MEMORY = 21;

    /** Program to nanokernel: a sync object is to be opened, and made if there is none. */
    public static final int TYPE_OPEN_SYNC = 22;

    /** Nanokernel to program, with the descriptor of the sync object's page. */
    public static final int TYPE_SYNC = 23;

    /** Program to nanokernel: what is there? */
    public static final int TYPE_LIST = 24;

    /** Nanokernel to program, with the descriptor of a text that says it. */
    public static final int TYPE_LISTING = 25;

    /** Descriptors that come with ATTACHED. */
    public static final int ATTACHED_DESCRIPTORS = 2;

    /** Descriptors that come with PEER. */
    public static final int PEER_DESCRIPTORS = 3;

    /** Descriptors that come with JOINED. */
    public static final int JOINED_DESCRIPTORS = 1;

    /** Descriptors that come with CONNECTION, the most that come with any message. */
    public static final int CONNECTION_DESCRIPTORS = 4;

    /** Descriptors that come with MEMORY. */
    public static final int MEMORY_DESCRIPTORS = 1;

    /** Descriptors that come with SYNC. */
    public static final int SYNC_DESCRIPTORS = 1;

    /** Descriptors that come with LISTING. */
    public static final int LISTING_DESCRIPTORS = 1;

    public static final int MAGIC_OFFSET = 0;
    public static final int REVISION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    public static final int TYPE_OFFSET = REVISION_OFFSET + Short.BYTES;
    public static final int LENGTH_OFFSET = TYPE_OFFSET + Short.BYTES;

    /** Bytes of the header. */
    public static final int HEADER_LENGTH = LENGTH_OFFSET + Integer.BYTES + Integer.BYTES;

    public static final int ATTACH_NAME_OFFSET = HEADER_LENGTH;
    public static final int ATTACH_TOKEN_OFFSET = ATTACH_NAME_OFFSET + AbiDescriptor.NAME_LENGTH;
    public static final int ATTACH_LENGTH = ATTACH_TOKEN_OFFSET + TOKEN_LENGTH;

    public static final int ATTACHED_OS_ID_OFFSET = HEADER_LENGTH;
    public static final int ATTACHED_EPOCH_OFFSET = ATTACHED_OS_ID_OFFSET + Integer.BYTES;
    public static final int ATTACHED_MANAGEMENT_LENGTH_OFFSET = ATTACHED_EPOCH_OFFSET + Integer.BYTES;
    public static final int ATTACHED_REGION_LENGTH_OFFSET = ATTACHED_MANAGEMENT_LENGTH_OFFSET + Long.BYTES;
    public static final int ATTACHED_LENGTH = ATTACHED_REGION_LENGTH_OFFSET + Long.BYTES;

    public static final int PEER_ID_OFFSET = HEADER_LENGTH;
    public static final int PEER_EPOCH_OFFSET = PEER_ID_OFFSET + Integer.BYTES;
    public static final int PEER_REGION_LENGTH_OFFSET = PEER_EPOCH_OFFSET + Integer.BYTES;
    public static final int PEER_LENGTH = PEER_REGION_LENGTH_OFFSET + Long.BYTES;

    /** PEER_GONE begins like PEER. */
    public static final int PEER_GONE_LENGTH = PEER_EPOCH_OFFSET + Integer.BYTES;

    /** SILENT and LIED have the body of PEER_GONE. */
    public static final int SILENT_LENGTH = PEER_GONE_LENGTH;
    public static final int LIED_LENGTH = PEER_GONE_LENGTH;

    public static final int REFUSED_ERROR_OFFSET = HEADER_LENGTH;
    public static final int REFUSED_TEXT_OFFSET = REFUSED_ERROR_OFFSET + Integer.BYTES + Integer.BYTES;
    public static final int REFUSED_LENGTH = REFUSED_TEXT_OFFSET + REFUSED_TEXT_LENGTH;

    /** SYNCED, READY and PANIC have no body. */
    public static final int SYNCED_LENGTH = HEADER_LENGTH;
    public static final int READY_LENGTH = HEADER_LENGTH;
    public static final int PANIC_LENGTH = HEADER_LENGTH;

    /** JOIN has the body of ATTACH. */
    public static final int JOIN_LENGTH = ATTACH_LENGTH;

    public static final int JOINED_OS_ID_OFFSET = HEADER_LENGTH;
    public static final int JOINED_EPOCH_OFFSET = JOINED_OS_ID_OFFSET + Integer.BYTES;
    public static final int JOINED_PROGRAM_ID_OFFSET = JOINED_EPOCH_OFFSET + Integer.BYTES;
    public static final int JOINED_MANAGEMENT_LENGTH_OFFSET = JOINED_PROGRAM_ID_OFFSET + 2 * Integer.BYTES;
    public static final int JOINED_LENGTH = JOINED_MANAGEMENT_LENGTH_OFFSET + Long.BYTES;

    /** Where requests, and what answers them, have the request's number. */
    public static final int REQUEST_OFFSET = HEADER_LENGTH;

    public static final int OPEN_PORT_CAPACITY_OFFSET = REQUEST_OFFSET + Integer.BYTES;
    public static final int OPEN_PORT_NAME_OFFSET = OPEN_PORT_CAPACITY_OFFSET + Integer.BYTES;
    public static final int OPEN_PORT_LENGTH = OPEN_PORT_NAME_OFFSET + AbiDescriptor.NAME_LENGTH;

    public static final int CONNECT_OS_OFFSET = REQUEST_OFFSET + 2 * Integer.BYTES;
    public static final int CONNECT_PORT_OFFSET = CONNECT_OS_OFFSET + AbiDescriptor.NAME_LENGTH;
    public static final int CONNECT_LENGTH = CONNECT_PORT_OFFSET + AbiDescriptor.NAME_LENGTH;

    public static final int CONNECTION_ID_OFFSET = REQUEST_OFFSET + Integer.BYTES;
    public static final int CONNECTION_PORT_ID_OFFSET = CONNECTION_ID_OFFSET + Integer.BYTES;
    public static final int CONNECTION_SIDE_OFFSET = CONNECTION_PORT_ID_OFFSET + Integer.BYTES;
    public static final int CONNECTION_PEER_OS_OFFSET = CONNECTION_SIDE_OFFSET + Integer.BYTES;
    public static final int CONNECTION_PEER_EPOCH_OFFSET = CONNECTION_PEER_OS_OFFSET + Integer.BYTES;
    public static final int CONNECTION_PEER_PROGRAM_OFFSET = CONNECTION_PEER_EPOCH_OFFSET + Integer.BYTES;
    public static final int CONNECTION_HALF_LENGTH_OFFSET = CONNECTION_PEER_PROGRAM_OFFSET + 2 * Integer.BYTES;
    public static final int CONNECTION_LENGTH = CONNECTION_HALF_LENGTH_OFFSET + Long.BYTES;

    /** Of the port in CLOSE_PORT, of connection, memory or sync object in CLOSE and CLOSED. */
    public static final int CLOSE_ID_OFFSET = HEADER_LENGTH;
    public static final int CLOSED_REASON_OFFSET = CLOSE_ID_OFFSET + Integer.BYTES;
    public static final int CLOSE_LENGTH = CLOSED_REASON_OFFSET + Integer.BYTES;
    public static final int CLOSE_PORT_LENGTH = CLOSE_LENGTH;
    public static final int CLOSED_LENGTH = CLOSE_LENGTH;

    public static final int ANSWER_ERROR_OFFSET = REQUEST_OFFSET + Integer.BYTES;
    public static final int ANSWER_ID_OFFSET = ANSWER_ERROR_OFFSET + Integer.BYTES;
    public static final int ANSWER_TEXT_OFFSET = ANSWER_ID_OFFSET + 2 * Integer.BYTES;
    public static final int ANSWER_LENGTH = ANSWER_TEXT_OFFSET + REFUSED_TEXT_LENGTH;

    /** Access: the memory may be written. */
    public static final int ACCESS_WRITE = 1;

    public static final int OPEN_MEMORY_ACCESS_OFFSET = REQUEST_OFFSET + Integer.BYTES;
    public static final int OPEN_MEMORY_CREATE_LENGTH_OFFSET = OPEN_MEMORY_ACCESS_OFFSET + Integer.BYTES;
    public static final int OPEN_MEMORY_OS_OFFSET = OPEN_MEMORY_CREATE_LENGTH_OFFSET + Long.BYTES;
    public static final int OPEN_MEMORY_NAME_OFFSET = OPEN_MEMORY_OS_OFFSET + AbiDescriptor.NAME_LENGTH;
    public static final int OPEN_MEMORY_LENGTH = OPEN_MEMORY_NAME_OFFSET + AbiDescriptor.NAME_LENGTH;

    /** Where MEMORY and SYNC have the object's id. */
    public static final int GRANT_ID_OFFSET = REQUEST_OFFSET + Integer.BYTES;

    public static final int MEMORY_OWNER_OS_OFFSET = GRANT_ID_OFFSET + Integer.BYTES;
    public static final int MEMORY_OWNER_EPOCH_OFFSET = MEMORY_OWNER_OS_OFFSET + Integer.BYTES;
    public static final int MEMORY_ACCESS_OFFSET = MEMORY_OWNER_EPOCH_OFFSET + Integer.BYTES;
    public static final int MEMORY_MEMORY_LENGTH_OFFSET = MEMORY_ACCESS_OFFSET + 2 * Integer.BYTES;
    public static final int MEMORY_LENGTH = MEMORY_MEMORY_LENGTH_OFFSET + Long.BYTES;

    public static final int OPEN_SYNC_KIND_OFFSET = REQUEST_OFFSET + Integer.BYTES;
    public static final int OPEN_SYNC_INITIAL_OFFSET = OPEN_SYNC_KIND_OFFSET + Integer.BYTES;
    public static final int OPEN_SYNC_LIMIT_OFFSET = OPEN_SYNC_INITIAL_OFFSET + Integer.BYTES;
    public static final int OPEN_SYNC_NAME_OFFSET = OPEN_SYNC_LIMIT_OFFSET + Integer.BYTES;
    public static final int OPEN_SYNC_LENGTH = OPEN_SYNC_NAME_OFFSET + AbiDescriptor.NAME_LENGTH;

    public static final int SYNC_LENGTH = GRANT_ID_OFFSET + Integer.BYTES;

    public static final int LIST_LENGTH = REQUEST_OFFSET + 2 * Integer.BYTES;

    public static final int LISTING_TEXT_LENGTH_OFFSET = REQUEST_OFFSET + 2 * Integer.BYTES;
    public static final int LISTING_LENGTH = LISTING_TEXT_LENGTH_OFFSET + Long.BYTES;

    /** Bytes of the longest message. */
    public static final int MAX_LENGTH = ANSWER_LENGTH;

    private AttachDescriptor() {
    }
}
