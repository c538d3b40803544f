// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

/**
 * What a {@link ProgramSession} asks of the nanokernel. Called on the thread that calls the session; each answers
 * through the session.
 */
public interface ProgramHost {

    /** The id of a program that joins now. */
    int nextProgram();

    /** A program has joined; its connection, which stays the session's, can be kept. */
    void joined(ProgramSession program, int fd);

    /** A port of that name in its OS is to be the program's. */
    void openPort(ProgramSession program, int request, String name, int capacity);

    /** Nobody else is to connect to that port. */
    void closePort(ProgramSession program, int portId);

    /** A connection to a port is wanted. */
    void connect(ProgramSession program, int request, String os, String port);

    /** Memory is to be made. */
    void createMemory(ProgramSession program, int request, String os, String name, long length, boolean allWrite);

    /** Memory that was made is to be mapped. */
    void openMemory(ProgramSession program, int request, String os, String name, boolean write);

    /** A sync object is to be opened, and made if there is none of that name. */
    void openSync(ProgramSession program, int request, String name, int kind, int initial, int limit);

    /** The program wants to know what there is. */
    void list(ProgramSession program, int request);

    /** The program does not use that connection, memory or sync object any more. */
    void close(ProgramSession program, int id);

    /**
     * The program is gone.
     *
     * @param epochEnded whether with its OS's epoch
     */
    void left(ProgramSession program, boolean epochEnded);
}
