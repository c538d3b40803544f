// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the arrows of ARCHITECTURE.md: who may know whom. */
class ArchitectureTest {
    private static final String SHIM = "org.nanorouter.shim..";
    private static final String NANOKERNEL = "org.nanorouter.nanokernel..";
    private static final String ROUTER = "org.nanorouter.router..";
    /** What a program inside an OS needs of the nanokernel: the driver part. */
    private static final String[] DRIVER_PART = driverPart("abi", "memory", "ring", "channel", "attach",
            "program");

    private static JavaClasses ours;

    @BeforeAll
    static void readClasses() {
        ours = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("org.nanorouter");
    }

    @Test
    void modulesDependOneWayRouterThenNanokernelThenShim() {
        noClasses().that().resideInAPackage(SHIM)
                .should().dependOnClassesThat().resideInAnyPackage(NANOKERNEL, ROUTER).check(ours);
        noClasses().that().resideInAPackage(NANOKERNEL)
                .should().dependOnClassesThat().resideInAPackage(ROUTER).check(ours);
    }

    @Test
    void theDriverPartKnowsNothingOfTheNanokernelProper() {
        noClasses().that().resideInAnyPackage(DRIVER_PART)
                .should().dependOnClassesThat(
                        resideInAPackage(NANOKERNEL).and(not(resideInAnyPackage(DRIVER_PART))))
                .check(ours);
    }

    @Test
    void frameAndForwardArePure() {
        noClasses().that().resideInAnyPackage("org.nanorouter.router.frame..", "org.nanorouter.router.forward..")
                .should().dependOnClassesThat().resideInAnyPackage(
                        "io.netty..", "com.sun.jna..", SHIM, NANOKERNEL, "java.io..", "java.nio.channels..",
                        "java.nio.file..", "java.net..", "java.lang.foreign..")
                .check(ours);
    }

    @Test
    void frameKnowsNoOtherRoomAndForwardOnlyFrame() {
        noRoomOf("frame", "forward", "port", "engine", "loop", "metrics", "config", "control", "daemon", "cli");
        noRoomOf("forward", "port", "engine", "loop", "metrics", "config", "control", "daemon", "cli");
    }

    @Test
    void portsAndEngineKnowNothingAboveThem() {
        noRoomOf("port", "engine", "loop", "config", "control", "daemon", "cli");
        noRoomOf("engine", "loop", "config", "control", "daemon", "cli");
        noRoomOf("loop", "config", "control", "daemon", "cli");
        noRoomOf("metrics", "port", "engine", "loop", "config", "control", "daemon", "cli");
    }

    /** They are told what daemons said, and where to look; so tests can tell them anything. */
    @Test
    void doctorAndTopologyAskNobody() {
        noRoomOf("doctor", "frame", "forward", "port", "engine", "loop", "metrics", "config", "control", "daemon",
                "demo", "cli", "topology");
        noRoomOf("topology", "frame", "forward", "port", "engine", "loop", "metrics", "config", "control", "daemon",
                "demo", "cli", "doctor");
        noClasses().that().resideInAPackage("org.nanorouter.router.topology..")
                .should().dependOnClassesThat().resideInAnyPackage(SHIM, NANOKERNEL).check(ours);
        noClasses().that().resideInAnyPackage("org.nanorouter.router.doctor..", "org.nanorouter.router.topology..")
                .should().dependOnClassesThat().resideInAPackage("org.nanorouter.nanokernel.control..").check(ours);
    }

    /** The engine has a tap, and does not know whose. */
    @Test
    void aCaptureKnowsNothingAboveItAndTheRouterNotWhatBecomesOfIt() {
        noRoomOf("capture", "dump", "loop", "config", "control", "daemon", "cli");
        noRoomOf("engine", "capture", "dump");
        noRoomOf("dump", "loop", "config", "control", "daemon", "cli");
        noRoomOf("daemon", "dump");
    }

    @Test
    void topAsksDaemonsAndKnowsNothingOfThem() {
        noRoomOf("top", "forward", "frame", "port", "engine", "loop", "metrics", "config", "control", "daemon",
                "standby", "cli");
    }

    /** So that what is shown depends on what the daemons said, and on nothing else. */
    @Test
    void modelAndViewOfTopArePure() {
        noClasses().that().resideInAPackage("org.nanorouter.router.top..")
                .and().doNotHaveSimpleName("Sampler").and().haveNameNotMatching(".*Sampler\\$.*")
                .and().doNotHaveSimpleName("Daemons")
                .and().haveNameNotMatching(".*\\.(Screen|Keyboard|LiveTop)(\\$.*)?")
                .should().dependOnClassesThat().resideInAnyPackage("org.jline.terminal..", "org.jline.keymap..", SHIM,
                        NANOKERNEL, "java.io..", "java.nio..", "java.net..", "java.util.concurrent..")
                .orShould().callMethod(System.class, "nanoTime").check(ours);
    }

    @Test
    void onlyTheLoopTheDaemonTheControlServerAndTheExporterKnowNetty() {
        noClasses().that().resideOutsideOfPackages(
                        "org.nanorouter.router.loop..", "org.nanorouter.router.daemon..",
                        "org.nanorouter.router.control..", "org.nanorouter.router.exporter..")
                .should().dependOnClassesThat().resideInAPackage("io.netty..").check(ours);
    }

    /** So nothing that a daemon does depends on who looks. */
    @Test
    void theExporterIsKnownToTheCommandLineAloneAndAsksDaemonsByTheirSockets() {
        noClasses().that().resideOutsideOfPackages("org.nanorouter.router.exporter..", "org.nanorouter.router.cli..")
                .should().dependOnClassesThat().resideInAnyPackage(
                        "org.nanorouter.router.exporter..", "io.prometheus..", "io.netty.handler.codec.http..")
                .check(ours);
        noRoomOf("exporter", "engine", "loop", "config", "control", "daemon", "standby", "cli");
    }

    @Test
    void theJournalKnowsNothingOfWhatIsLogged() {
        noClasses().that().resideInAPackage("org.nanorouter.nanokernel.journal..")
                .should().dependOnClassesThat(
                        resideInAPackage(NANOKERNEL).and(not(resideInAPackage("org.nanorouter.nanokernel.journal.."))))
                .check(ours);
    }

    @Test
    void onlyTheShimCallsNativeCode() {
        noClasses().that().resideOutsideOfPackage(SHIM)
                .should().dependOnClassesThat().resideInAPackage("com.sun.jna..").check(ours);
    }

    @Test
    void nothingButTheDaemonsAndTheCommandLineEndsTheProgram() {
        noClasses().that().resideOutsideOfPackages(
                        "org.nanorouter.router.cli..", "org.nanorouter.router.demo..", "org.nanorouter.bench..")
                .should().callMethod(System.class, "exit", int.class).check(ours);
    }

    @Test
    void noClassUsesTheUnsafeOfTheJdk() {
        noClasses().should().dependOnClassesThat().haveFullyQualifiedName("sun.misc.Unsafe")
                .orShould().dependOnClassesThat().resideInAPackage("jdk.internal..").check(ours);
    }

    /** So a step of the wall clock changes what is shown to people, and nothing else. */
    @Test
    void theWallClockIsReadOnlyForTimesThatPeopleRead() {
        noClasses().that().doNotHaveSimpleName("KernelControl").and().doNotHaveSimpleName("FlightRecorder")
                .and().doNotHaveSimpleName("PortOpener").and().doNotHaveSimpleName("TopCommand")
                .and().doNotHaveSimpleName("CaptureSession")
                .should().callMethod(System.class, "currentTimeMillis")
                .orShould().callMethod(Instant.class, "now")
                .orShould().dependOnClassesThat().areAssignableTo(Clock.class)
                .orShould().callConstructor(Date.class).check(ours);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.nanorouter.(**)").should().beFreeOfCycles().check(ours);
    }

    @Test
    void noPackageOrClassIsNamedAfterNothing() {
        noClasses().should().haveSimpleNameEndingWith("Util")
                .orShould().haveSimpleNameEndingWith("Utils")
                .orShould().haveSimpleNameEndingWith("Helper")
                .orShould().haveSimpleNameEndingWith("Common")
                .orShould().resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..")
                .check(ours);
    }

    @Test
    void descriptorsHoldNothingButConstants() {
        classes().that().haveSimpleNameEndingWith("Descriptor")
                .should().haveOnlyFinalFields().check(ours);
    }

    private static void noRoomOf(String room, String... others) {
        String[] packages = new String[others.length];
        for (int i = 0; i < others.length; i++) {
            packages[i] = "org.nanorouter.router." + others[i] + "..";
        }
        noClasses().that().resideInAPackage("org.nanorouter.router." + room + "..")
                .should().dependOnClassesThat().resideInAnyPackage(packages)
                .allowEmptyShould(true)
                .check(ours);
    }

    private static String[] driverPart(String... names) {
        String[] packages = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            packages[i] = "org.nanorouter.nanokernel." + names[i] + "..";
        }
        return packages;
    }
}
