package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.SimulatedRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nodes that claim shares of the pod range in one registry. */
final class PodSharesTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Simulation simulation = new Simulation(5);
    private final SimulatedRegistry home = SimulatedRegistry.on(simulation);

    private PodShares started(String node) {
        PodShares shares = new PodShares(home.loop(), home.registry(), node);
        home.loop().execute(shares::start);
        simulation.runUntil(() -> shares.own().isPresent(), LIMIT);
        return shares;
    }

    @Test
    void nodesWhoseNamesSayTheSame_haveDifferentShares_andKnowEachOthers() {
        // Strings with one hash.
        PodShares first = started("node-Aa");
        PodShares second = started("node-BB");
        assertThat("node-Aa".hashCode()).isEqualTo("node-BB".hashCode());
        assertThat(first.own()).isNotEqualTo(second.own());
        simulation.run(Duration.ofSeconds(1));
        assertThat(first.nodeOf(second.cidr().replace(".0/24", ".7"))).contains("node-BB");
        assertThat(second.nodeOf(first.cidr().replace(".0/24", ".7"))).contains("node-Aa");
        assertThat(first.nodeOf("10.248.0.1")).isEqualTo(Optional.empty());
    }

    @Test
    void whoComesBackUnderItsName_hasItsShare() {
        String before = started("node").cidr();
        assertThat(started("node").cidr()).isEqualTo(before).matches("10\\.24[4-7]\\.\\d+\\.0/24");
    }

    @Test
    void addresses_areChosenInTurn_untilTheShareIsFull() {
        PodShares shares = started("node");
        PodAddresses addresses = new PodAddresses(home.registry(), shares, 250);
        Set<String> used = new HashSet<>();
        for (int i = 0; i < 254; i++) {
            String uid = "uid-" + i;
            home.loop().execute(
                    () -> used.add(addresses.choose(uid, used::contains).orElseThrow()));
        }
        simulation.run(Duration.ofSeconds(1));
        assertThat(used).hasSize(254).allMatch(ip -> shares.nodeOf(ip).isPresent())
                .noneMatch(ip -> ip.endsWith(".0") || ip.endsWith(".255"));
        home.loop().execute(
                () -> assertThat(addresses.choose("more", used::contains)).isEmpty());
        simulation.run(Duration.ofSeconds(1));
    }

    @Test
    void addressesOfPodsThatHaveEnded_areGivenAgain() {
        PodShares shares = started("node");
        PodAddresses addresses = new PodAddresses(home.registry(), shares, 0);
        WrittenObjects objects = new WrittenObjects(home);
        for (int i = 1; i <= 254; i++) {
            objects.create(GroupResource.PODS,
                    ("{'metadata':{'namespace':'default','name':'job-%d'},"
                            + "'spec':{},'status':{'phase':'%s','podIP':'%s'}}").formatted(i,
                                    i % 2 == 0 ? "Succeeded" : "Running",
                                    shares.cidr().replace(".0/24", "." + i)));
        }
        Set<String> given = new HashSet<>();
        home.await(() -> {
            for (int i = 0; i < 127; i++) {
                given.add(addresses.choose("new-" + i, given::contains).orElseThrow());
            }
            assertThat(addresses.choose("more", given::contains)).isEmpty();
            return home.registry().list(GroupResource.PODS, "");
        });
        assertThat(given).hasSize(127);
    }
}
