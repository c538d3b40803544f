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

    /** Descriptors that come with ATTACHED. */
    public static final int ATTACHED_DESCRIPTORS = 2;

    /** Descriptors that come with PEER. */
    public static final int PEER_DESCRIPTORS = 3;

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

    /** Bytes of the longest message. */
    public static final int MAX_LENGTH = REFUSED_LENGTH;

    private AttachDescriptor() {
    }
}
