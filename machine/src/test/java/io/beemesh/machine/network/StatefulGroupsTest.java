package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.GroupRecords;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupState.Role;
import io.beemesh.protocol.sidecar.GroupView;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two machines with a pod each of one set, on one registry. */
final class StatefulGroupsTest {
    private final TestSet set = new TestSet(2);
    private final List<String> gone = new ArrayList<>();
    private final StatefulGroups first = machine();
    private final StatefulGroups second = machine();
    private final PeerId zero = PrivateKey.generate(new SecureRandom()).peerId();
    private final PeerId one = PrivateKey.generate(new SecureRandom()).peerId();
    private final List<GroupView> zeroHears = new ArrayList<>();
    private final List<GroupView> oneHears = new ArrayList<>();

    private StatefulGroups machine() {
        return new StatefulGroups(set.loop(), set.registry(), gone::add);
    }

    @BeforeEach
    void start() {
        set.on(first::start);
        set.on(second::start);
    }

    @Test
    void theFirstOrdinalMayBegin_andEachHearsOfTheOther() {
        ApiObject firstPod = set.pod(0, "10.244.0.1");
        set.on(() -> first.put(firstPod, OwnerSet.of(firstPod).orElseThrow(), zero));
        set.on(() -> first.attach("pod-0", zeroHears::add));
        assertThat(zeroHears.getLast()).extracting(GroupView::isFounder, GroupView::end)
                .containsExactly(true, 2);

        ApiObject secondPod = set.pod(1, "10.244.1.1");
        set.on(() -> second.put(secondPod, OwnerSet.of(secondPod).orElseThrow(), one));
        set.on(() -> second.attach("pod-1", oneHears::add));
        assertThat(oneHears.getLast().isFounder()).isFalse();
        assertThat(oneHears.getLast().members())
                .containsExactlyInAnyOrder(new GroupView.Member(zero, 0, "10.244.0.1"),
                        new GroupView.Member(one, 1, "10.244.1.1"))
                .isEqualTo(zeroHears.getLast().members());
    }

    @Test
    void aPodThatIsMadeAnewElsewhere_doesNotBeginASecondGroup() {
        ApiObject pod = set.pod(0, "10.244.0.1");
        set.on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        set.on(() -> second.put(pod, OwnerSet.of(pod).orElseThrow(), one));
        set.on(() -> second.attach("pod-0", oneHears::add));
        assertThat(oneHears.getLast().isFounder()).isFalse();
    }

    @Test
    void whatSidecarsSay_isWrittenDown_andTakenBack() {
        ApiObject pod = set.pod(0, "10.244.0.1");
        set.on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        set.on(() -> first.report("pod-0", new GroupState(Role.LEADER, 3, List.of(0, 1),
                Optional.empty())));
        assertThat(set.read(GroupResource.PODS, "db-0").labels()).containsEntry("beemesh.io/role",
                "leader");
        assertThat(set.read(GroupResource.PODS, "db-0").object().annotations())
                .containsEntry("beemesh.io/peer", zero.toString());
        assertThat(set.read(GroupResource.STATEFUL_SETS, "db").object().annotations())
                .containsEntry("beemesh.io/voters", "0,1");
        set.on(() -> first.report("pod-0", new GroupState(Role.FENCED, 3, List.of(0, 1),
                Optional.empty())));
        assertThat(set.read(GroupResource.PODS, "db-0").labels())
                .doesNotContainKey("beemesh.io/role");
    }

    @Test
    void logsOfASetThatWasDeletedWhileTheNodeWasDown_goAtItsStart() {
        ObjectKey key = new ObjectKey(GroupResource.STATEFUL_SETS, "default", "db");
        set.on(() -> first.sweep(Map.of(TestSet.UID, key, "former", key, "other",
                new ObjectKey(GroupResource.STATEFUL_SETS, "default", "other"))));
        assertThat(gone).as("one of its name, and one that is nowhere")
                .containsExactlyInAnyOrder("former", "other");
    }

    @Test
    void logsGo_onceTheSetIsDeleted_andNoneOfItsPodsIsHere() {
        ApiObject pod = set.pod(0, "10.244.0.1");
        set.on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        StoredObject object = set.read(GroupResource.STATEFUL_SETS, "db");
        set.on(() -> set.registry().write(List.of(
                new Mutation.Delete(Draft.of(object.key(), object.object()), object.version()))));
        assertThat(gone).as("of the machine without a pod").containsExactly(TestSet.UID);
        set.on(() -> first.remove("pod-0"));
        assertThat(gone).containsExactly(TestSet.UID, TestSet.UID);
        assertThat(set.registry().get(GroupRecords.key("default", TestSet.UID))).isEmpty();
    }
}
