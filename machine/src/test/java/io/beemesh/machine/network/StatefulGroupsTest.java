package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.GroupRecords;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupState.Role;
import io.beemesh.protocol.sidecar.GroupView;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two machines with a pod each of one set, on one registry. */
final class StatefulGroupsTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String SET_UID = "7c0d2f64-93c7-4b7e-a3b8-7f9a1f6a2b10";

    private final Simulation simulation = new Simulation(7);
    private final SimulatedRegistry home = SimulatedRegistry.on(simulation);
    private final List<String> gone = new ArrayList<>();
    private final StatefulGroups first = machine();
    private final StatefulGroups second = machine();
    private final PeerId zero = PrivateKey.generate(new SecureRandom()).peerId();
    private final PeerId one = PrivateKey.generate(new SecureRandom()).peerId();
    private final List<GroupView> zeroHears = new ArrayList<>();
    private final List<GroupView> oneHears = new ArrayList<>();

    private StatefulGroups machine() {
        return new StatefulGroups(home.loop(), home.registry(), gone::add);
    }

    @BeforeEach
    void startASet() {
        write("""
                {"kind":"StatefulSet","apiVersion":"apps/v1","metadata":{"name":"db",
                 "namespace":"default","uid":"%s"},"spec":{"replicas":2}}""".formatted(SET_UID));
        on(first::start);
        on(second::start);
    }

    private void on(Runnable task) {
        home.loop().execute(task);
        simulation.run(SOON);
    }

    private static ObjectKey key(ApiObject object) {
        return new ObjectKey(object.kind().equals("Pod")
                ? GroupResource.PODS
                : GroupResource.STATEFUL_SETS, "default", object.name());
    }

    private ApiObject write(String json) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        on(() -> home.registry()
                .write(List.of(new Mutation.Create(Draft.of(key(object), object)))));
        return object;
    }

    private ApiObject pod(int ordinal, String address) {
        return write("""
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"db-%d","namespace":"default",
                 "uid":"pod-%d","ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet",
                 "name":"db","uid":"%s","controller":true}]},
                 "spec":{},"status":{"podIP":"%s"}}""".formatted(ordinal, ordinal, SET_UID,
                address));
    }

    private StoredObject read(GroupResource type, String name) {
        return home.registry().get(new ObjectKey(type, "default", name)).orElseThrow();
    }

    @Test
    void theFirstOrdinalMayBegin_andEachHearsOfTheOther() {
        ApiObject firstPod = pod(0, "10.244.0.1");
        on(() -> first.put(firstPod, OwnerSet.of(firstPod).orElseThrow(), zero));
        on(() -> first.attach("pod-0", zeroHears::add));
        assertThat(zeroHears.getLast()).extracting(GroupView::isFounder, GroupView::end)
                .containsExactly(true, 2);

        ApiObject secondPod = pod(1, "10.244.1.1");
        on(() -> second.put(secondPod, OwnerSet.of(secondPod).orElseThrow(), one));
        on(() -> second.attach("pod-1", oneHears::add));
        assertThat(oneHears.getLast().isFounder()).isFalse();
        assertThat(oneHears.getLast().members())
                .containsExactlyInAnyOrder(new GroupView.Member(zero, 0, "10.244.0.1"),
                        new GroupView.Member(one, 1, "10.244.1.1"))
                .isEqualTo(zeroHears.getLast().members());
    }

    @Test
    void aPodThatIsMadeAnewElsewhere_doesNotBeginASecondGroup() {
        ApiObject pod = pod(0, "10.244.0.1");
        on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        on(() -> second.put(pod, OwnerSet.of(pod).orElseThrow(), one));
        on(() -> second.attach("pod-0", oneHears::add));
        assertThat(oneHears.getLast().isFounder()).isFalse();
    }

    @Test
    void whatSidecarsSay_isWrittenDown_andTakenBack() {
        ApiObject pod = pod(0, "10.244.0.1");
        on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        on(() -> first.report("pod-0", new GroupState(Role.LEADER, 3, List.of(0, 1))));
        assertThat(read(GroupResource.PODS, "db-0").labels()).containsEntry("beemesh.io/role",
                "leader");
        assertThat(read(GroupResource.PODS, "db-0").object().annotations())
                .containsEntry("beemesh.io/peer", zero.toString());
        assertThat(read(GroupResource.STATEFUL_SETS, "db").object().annotations())
                .containsEntry("beemesh.io/voters", "0,1");
        on(() -> first.report("pod-0", new GroupState(Role.FENCED, 3, List.of(0, 1))));
        assertThat(read(GroupResource.PODS, "db-0").labels()).doesNotContainKey("beemesh.io/role");
    }

    @Test
    void logsGo_onceTheSetIsDeleted_andNoneOfItsPodsIsHere() {
        ApiObject pod = pod(0, "10.244.0.1");
        on(() -> first.put(pod, OwnerSet.of(pod).orElseThrow(), zero));
        StoredObject set = read(GroupResource.STATEFUL_SETS, "db");
        on(() -> home.registry().write(List.of(
                new Mutation.Delete(Draft.of(set.key(), set.object()), set.version()))));
        assertThat(gone).as("of the machine without a pod").containsExactly(SET_UID);
        on(() -> first.remove("pod-0"));
        assertThat(gone).containsExactly(SET_UID, SET_UID);
        assertThat(home.registry().get(GroupRecords.key("default", SET_UID))).isEmpty();
    }
}
