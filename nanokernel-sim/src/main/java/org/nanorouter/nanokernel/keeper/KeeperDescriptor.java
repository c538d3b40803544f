// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.keeper;

/** The messages between keeper and nanokernel; their C form, which describes them, is {@code keeper/keeper.h}. */
final class KeeperDescriptor {
    static final String VARIABLE = "NK_KEEPER";
    static final int MAX_MESSAGE = 4096;
    static final int MAX_NAME = 64;
    static final int MAX_FDS = 4;

    static final int TYPE_KEEP = 1;
    static final int TYPE_DROP = 2;
    static final int TYPE_ENTRY = 3;
    static final int TYPE_END = 4;
    static final int TYPE_EXITED = 5;
    static final int TYPE_FORGET = 6;
    static final int TYPE_SPARE = 7;

    static final int ALIVE = -1;

    static final int TYPE_OFFSET = 0;
    static final int PID_OFFSET = 4;
    static final int STATUS_OFFSET = 8;
    static final int HEADER_LENGTH = 16;

    private KeeperDescriptor() {
    }
}
