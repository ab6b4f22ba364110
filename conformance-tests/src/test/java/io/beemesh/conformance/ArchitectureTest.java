package io.beemesh.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.anyElementThat;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.beemesh.libp2p.Host;
import java.net.URLDecoder;
import java.util.concurrent.locks.Lock;
import javax.net.ssl.X509ExtendedTrustManager;

/** The order of the modules and the purity of the core, held by the build. */
@AnalyzeClasses(packages = "io.beemesh", importOptions = {
        ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
@WithoutPodman
final class ArchitectureTest {
    /** After the package phase the tests of other modules come as jars. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    /** Packages that may block, start threads and read clocks; each is named after its technology. */
    private static final String[] EDGES = {"..netty..", "..podman..", "..disk..", "..gateway..",
            "..volume..", "..probe..", "..pki..", "..http..", "..cli..", "..proxy..",
            "..ratis..", "..quic.."};

    /** Where a node is put together: constructors, and waiting for them. */
    private static final String ASSEMBLY = "io.beemesh.apiserver";

    @ArchTest
    static final ArchRule modules_pointOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("libp2p").definedBy("io.beemesh.libp2p..")
            .layer("protocol").definedBy("io.beemesh.protocol..")
            .layer("machine").definedBy("io.beemesh.machine..")
            .layer("apiserver").definedBy("io.beemesh.apiserver..")
            .layer("sidecar").definedBy("io.beemesh.sidecar..")
            .whereLayer("apiserver").mayNotBeAccessedByAnyLayer()
            .whereLayer("sidecar").mayNotBeAccessedByAnyLayer()
            .whereLayer("machine").mayOnlyBeAccessedByLayers("apiserver")
            .whereLayer("protocol").mayOnlyBeAccessedByLayers("machine", "apiserver", "sidecar")
            .whereLayer("libp2p")
            .mayOnlyBeAccessedByLayers("protocol", "machine", "apiserver", "sidecar");

    /** Who uses libp2p by its Host API, on sockets too, sees nothing of Netty. */
    @ArchTest
    static final ArchRule libp2p_knowsNettyAtItsEdgesOnly = noClasses().that()
            .resideInAPackage("io.beemesh.libp2p..").and()
            .resideOutsideOfPackages("..netty..", "..quic..", "..tls..").should()
            .dependOnClassesThat().resideInAPackage("io.netty..");

    @ArchTest
    static final ArchRule hosts_haveNoNettyInTheirMethods = noMethods().that().arePublic().and()
            .areDeclaredInClassesThat().areAssignableTo(Host.class).should()
            .haveRawParameterTypes(anyElementThat(resideInAPackage("io.netty.."))).orShould()
            .haveRawReturnType(resideInAPackage("io.netty.."));

    @ArchTest
    static final ArchRule packages_haveNoCycles = slices()
            .matching("io.beemesh.(libp2p|protocol|machine|apiserver|sidecar).(*)..").should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule core_readsNoClockAndStartsNoThread = noClasses().that()
            .resideOutsideOfPackages(EDGES).and().resideOutsideOfPackage(ASSEMBLY).should()
            .callMethod(System.class, "nanoTime").orShould()
            .callMethod(System.class, "currentTimeMillis").orShould()
            .callMethod(java.time.Instant.class, "now").orShould()
            .callMethod(java.util.UUID.class, "randomUUID").orShould()
            .callMethod(Math.class, "random").orShould().dependOnClassesThat()
            .belongToAnyOf(Thread.class, java.util.concurrent.ThreadLocalRandom.class,
                    java.util.concurrent.Executors.class)
            .orShould().dependOnClassesThat().areAssignableTo(Lock.class);

    @ArchTest
    static final ArchRule core_doesNoInputOutput = noClasses().that().resideOutsideOfPackages(EDGES)
            .and()
            .resideOutsideOfPackage(ASSEMBLY)
            // Its methods name a socket; this one asks for none.
            .and().areNotAssignableTo(X509ExtendedTrustManager.class).should()
            .dependOnClassesThat(resideInAnyPackage("java.net..", "java.nio.channels..",
                    "java.nio.file..", "io.netty.channel..", "io.vertx..",
                    "com.github.dockerjava..", "org.apache.ratis..")
                    .and(not(equivalentTo(URLDecoder.class))));
}
