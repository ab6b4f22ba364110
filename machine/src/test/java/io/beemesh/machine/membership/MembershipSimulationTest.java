package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Failure detection of whole lanes in virtual time. {@code -Dbeemesh.lanes=N} runs the last test with N
 * lanes of 128 machines.
 */
class MembershipSimulationTest {
    private static final Duration CALM = Duration.ofSeconds(15);

    private static TestMesh mesh(long seed, int size) {
        TestMesh mesh = new TestMesh(seed);
        for (int i = 0; i < size; i++) {
            mesh.add();
        }
        mesh.run(CALM);
        assertThat(mesh.allAlive()).as("seed=" + seed).isTrue();
        return mesh;
    }

    @Test
    void crash_isSeenByAllWithinSeconds() {
        for (long seed = 1; seed <= 10; seed++) {
            TestMesh mesh = mesh(seed, 8);
            TestMesh.Node victim = mesh.nodes.get(3);
            mesh.crash(victim);

            mesh.run(Duration.ofSeconds(12));

            assertThat(mesh.allSee(victim, MemberState.DEAD)).as("seed=" + seed).isTrue();
            assertThat(mesh.allAlive()).as("seed=" + seed).isTrue();
        }
    }

    @Test
    void crash_twoMembers_theOtherIsSeenDeadAndBackAgain() {
        TestMesh mesh = mesh(2, 2);
        TestMesh.Node victim = mesh.nodes.get(1);
        mesh.crash(victim);
        mesh.run(Duration.ofSeconds(15));
        assertThat(mesh.allSee(victim, MemberState.DEAD)).isTrue();

        TestMesh.Node again = mesh.restart(victim);
        mesh.run(Duration.ofSeconds(5));

        assertThat(mesh.allAlive()).isTrue();
        assertThat(mesh.nodes.getFirst().sees(again)).isEqualTo(MemberState.ALIVE);
    }

    @Test
    void allRestart_findEachOtherFromDisk() {
        TestMesh mesh = mesh(3, 5);
        List<TestMesh.Node> before = new ArrayList<>(mesh.nodes);
        before.forEach(mesh::crash);
        mesh.run(Duration.ofSeconds(5));
        before.forEach(mesh::restart);

        mesh.run(Duration.ofSeconds(10));

        assertThat(mesh.nodes).hasSize(5);
        assertThat(mesh.allAlive()).isTrue();
    }

    @Test
    void lossyLane_nobodyIsDeclaredDead() {
        TestMesh mesh = mesh(4, 16);
        mesh.loss = 0.2;
        int[] deaths = {0};
        mesh.nodes.forEach(node -> node.membership.onChange(() -> deaths[0] += (int) node.membership
                .snapshot().stream().filter(m -> m.state() == MemberState.DEAD).count()));

        mesh.run(Duration.ofMinutes(5));

        assertThat(deaths[0]).isZero();
    }

    @Test
    void partition_bothSidesSeeTheOtherDeadAndHeal() {
        for (long seed = 1; seed <= 5; seed++) {
            TestMesh mesh = mesh(seed, 6);
            List<TestMesh.Node> cut = List.copyOf(mesh.nodes.subList(0, 2));
            List<TestMesh.Node> rest = List.copyOf(mesh.nodes.subList(2, 6));
            mesh.cut(cut);

            mesh.run(Duration.ofSeconds(60));

            for (TestMesh.Node here : rest) {
                cut.forEach(there -> assertThat(here.sees(there)).isEqualTo(MemberState.DEAD));
                assertThat(here.host.connectedPeers()).as("what the cut holds up").hasSize(3);
                rest.stream().filter(other -> other != here).forEach(
                        other -> assertThat(here.sees(other)).isEqualTo(MemberState.ALIVE));
            }
            for (TestMesh.Node here : cut) {
                rest.forEach(there -> assertThat(here.sees(there)).isEqualTo(MemberState.DEAD));
            }
            mesh.heal();
            mesh.run(Duration.ofSeconds(90));
            assertThat(mesh.allAlive()).as("seed=" + seed).isTrue();
        }
    }

    @Test
    void leave_inOrder_isNoDeath() {
        TestMesh mesh = mesh(6, 4);
        TestMesh.Node leaver = mesh.nodes.get(1);
        leaver.host.loop().run(leaver.membership::leave);
        mesh.run(Duration.ofSeconds(1));
        mesh.crash(leaver);

        mesh.run(Duration.ofSeconds(20));

        assertThat(mesh.allSee(leaver, MemberState.LEFT)).isTrue();
        assertThat(mesh.nodes.getFirst().membership.everyone()).hasSize(3);
    }

    /** Who did not hear it would tell the others of a member that is none any more, for as long as its certificate lasts. */
    @Test
    void leave_thatOneMemberMissed_isHeardOfLater() {
        TestMesh mesh = mesh(8, 4);
        TestMesh.Node away = mesh.nodes.get(3);
        TestMesh.Node leaver = mesh.nodes.get(1);
        mesh.crash(away);
        mesh.run(Duration.ofSeconds(20));
        leaver.host.loop().run(leaver.membership::leave);
        mesh.run(Duration.ofSeconds(1));
        mesh.crash(leaver);
        mesh.run(Duration.ofMinutes(15));

        mesh.restart(away);
        mesh.run(Duration.ofMinutes(15));

        mesh.nodes.forEach(node -> assertThat(node.membership.everyone())
                .doesNotContain(leaver.id()).hasSize(3));
    }

    @Test
    void closest_key_namesLiveMembersInTheSameOrderEverywhere() {
        TestMesh mesh = mesh(7, 8);
        mesh.run(Duration.ofSeconds(40));
        byte[] key = Member.hash(new byte[]{1, 2, 3});

        List<io.beemesh.libp2p.peer.PeerId> expected = mesh.nodes.getFirst().membership
                .closest(key, 3);

        assertThat(expected).hasSize(3);
        mesh.nodes.forEach(
                node -> assertThat(node.membership.closest(key, 3)).isEqualTo(expected));
        TestMesh.Node first = mesh.nodes.stream()
                .filter(node -> node.id().equals(expected.getFirst())).findFirst().orElseThrow();
        mesh.crash(first);
        mesh.run(Duration.ofSeconds(15));
        mesh.nodes.forEach(node -> assertThat(node.membership.closest(key, 3))
                .doesNotContain(first.id()).containsAll(expected.subList(1, 3)));
    }

    @Test
    void lanesOf128_crashesAreSeenAndNobodyElseIsBlamed() {
        int lanes = Integer.getInteger("beemesh.lanes", 1);
        int size = lanes > 1 ? 128 : 64;
        for (int lane = 0; lane < lanes; lane++) {
            TestMesh mesh = mesh(100 + lane, size);
            List<TestMesh.Node> victims = List.copyOf(mesh.nodes.subList(10, 14));
            victims.forEach(mesh::crash);

            mesh.run(Duration.ofSeconds(20));

            victims.forEach(victim -> assertThat(mesh.allSee(victim, MemberState.DEAD)).isTrue());
            assertThat(mesh.allAlive()).as("lane " + lane).isTrue();
        }
    }
}
