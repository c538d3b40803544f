// SPDX-License-Identifier: Apache-2.0
/**
 * The ring's own classes under jcstress: what two threads can see of each other's stores, on this machine and in the
 * code that this Java's compilers make of it. The models in {@code verify/} assume that stores of one side are seen in
 * order and that a full fence comes between a store and a later load; these tests look whether the classes keep that.
 *
 * <p>Each test is one race of {@code docs/abi.md} section 3.2 or 4.2 to 4.4, run millions of times by
 * {@code nanorouter verify}. {@link org.nanorouter.verify.FencesLeftOut} is the control: it must go wrong.
 */
package org.nanorouter.verify;
