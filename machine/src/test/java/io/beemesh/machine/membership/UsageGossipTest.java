package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.machine.usage.UsageGossip;
import io.beemesh.machine.usage.UsageTable;
import io.beemesh.protocol.membership.LaneMessage;
import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Use of machines told in the lane of real members. */
final class UsageGossipTest {
    private final TestMesh mesh = new TestMesh(8);
    private final List<UsageTable> tables = new ArrayList<>();
    private final List<UsageGossip> gossips = new ArrayList<>();

    private TestMesh.Node add() {
        TestMesh.Node node = mesh.add();
        UsageTable table = new UsageTable();
        UsageGossip gossip = new UsageGossip(node.host.loop(), node.membership, name(node), table);
        gossip.start();
        tables.add(table);
        gossips.add(gossip);
        return node;
    }

    private static String name(TestMesh.Node node) {
        return node.credentials.own().nodeName();
    }

    private static UsageReport report(long cores) {
        return new UsageReport(Duration.ofSeconds(15), new Amounts(cores, 1 << 20), List.of());
    }

    private long cores(int of, String node) {
        return tables.get(of).node(node, mesh.simulation.wallTime())
                .map(use -> use.machine().nanoCores()).orElse(-1L);
    }

    @Test
    void members_knowWhatEachUses() {
        List<TestMesh.Node> nodes = List.of(add(), add(), add());
        mesh.run(Duration.ofSeconds(20));
        for (int i = 0; i < nodes.size(); i++) {
            int index = i;
            nodes.get(i).host.loop().run(() -> gossips.get(index).tell(report(100 + index)));
        }
        mesh.run(Duration.ofSeconds(1));
        for (int of = 0; of < nodes.size(); of++) {
            for (int i = 0; i < nodes.size(); i++) {
                assertThat(cores(of, name(nodes.get(i)))).as(of + " of " + i).isEqualTo(100 + i);
            }
            assertThat(tables.get(of).nodes(mesh.simulation.wallTime())).hasSize(3);
        }
        mesh.run(UsageTable.LIFE);
        assertThat(cores(0, name(nodes.get(1)))).isEqualTo(-1);
    }

    @Test
    void strangersAndNonsense_areNotHeard() {
        TestMesh.Node node = add();
        TestMesh.Node other = add();
        mesh.run(Duration.ofSeconds(20));
        byte[] message = new LaneMessage.Usage(report(7).toBytes()).toBytes();
        byte[] nonsense = new LaneMessage.Usage(new byte[]{1, 2}).toBytes();
        assertThat(node.hears(mesh.newKey().peerId(), message)).isEqualTo(Verdict.IGNORE);
        assertThat(node.hears(other.id(), nonsense)).isEqualTo(Verdict.REJECT);
        assertThat(node.hears(other.id(), message)).isEqualTo(Verdict.ACCEPT);
        assertThat(node.hears(other.id(), message)).isEqualTo(Verdict.IGNORE);
        assertThat(tables.getFirst().nodes(mesh.simulation.wallTime()))
                .containsExactly(name(other));
    }
}
