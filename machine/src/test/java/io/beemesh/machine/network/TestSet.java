package io.beemesh.machine.network;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A StatefulSet {@code db} in a registry of its own. */
final class TestSet {
    static final String UID = "7c0d2f64-93c7-4b7e-a3b8-7f9a1f6a2b10";
    private static final Duration SOON = Duration.ofSeconds(5);

    private final Simulation simulation = new Simulation(7);
    private final SimulatedRegistry home = SimulatedRegistry.on(simulation);

    TestSet(int replicas) {
        write(GroupResource.STATEFUL_SETS, """
                {"kind":"StatefulSet","apiVersion":"apps/v1","metadata":{"name":"db",
                 "namespace":"default","uid":"%s"},"spec":{"replicas":%d}}"""
                .formatted(UID, replicas));
    }

    Loop loop() {
        return home.loop();
    }

    Registry registry() {
        return home.registry();
    }

    /** Runs it on the loop, and what follows from it. */
    void on(Runnable task) {
        home.loop().execute(task);
        simulation.run(SOON);
    }

    /** A pod on node {@code n} and its ordinal. */
    ApiObject pod(int ordinal, String address) {
        return pod(ordinal, "n" + ordinal, address);
    }

    /** A pod that no node was chosen for. */
    void waitingPod(int ordinal) {
        pod(ordinal, "", "");
    }

    private ApiObject pod(int ordinal, String node, String address) {
        return write(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"db-%d","namespace":"default",
                 "uid":"pod-%d","ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet",
                 "name":"db","uid":"%s","controller":true}]},
                 "spec":{"nodeName":"%s"},"status":{"podIP":"%s"}}""".formatted(ordinal, ordinal,
                UID, node, address));
    }

    void node(String name, boolean isReady) {
        write(GroupResource.NODES, """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","uid":"%s"},
                 "status":{"conditions":[{"type":"Ready","status":"%s"}]}}""".formatted(name, name,
                isReady ? "True" : "Unknown"));
    }

    private ApiObject write(GroupResource type, String json) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        ObjectKey key = new ObjectKey(type, object.namespace(), object.name());
        Draft draft = Draft.of(key, object);
        on(() -> home.registry().write(List.of(home.registry().get(key)
                .<Mutation>map(before -> new Mutation.Update(draft, before.version()))
                .orElseGet(() -> new Mutation.Create(draft)))));
        return object;
    }

    StoredObject read(GroupResource type, String name) {
        return home.registry().get(new ObjectKey(type, "default", name)).orElseThrow();
    }
}
