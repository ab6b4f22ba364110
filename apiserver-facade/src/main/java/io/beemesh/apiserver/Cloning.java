package io.beemesh.apiserver;

import io.beemesh.machine.controller.Controllers;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.network.netty.SidecarNetwork;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.siblings.CloneMeters;
import io.beemesh.machine.siblings.CloneRequests;
import io.beemesh.machine.siblings.LocalPods;
import io.beemesh.machine.siblings.MeshSiblings;
import io.beemesh.machine.siblings.PodWord;
import io.beemesh.machine.siblings.SelfCloner;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** This node's part in the cloning of lost replicas: it asks for its pods, and answers those of others. */
record Cloning(MeshParts mesh, Registry registry, MachineParts machine, String node) {
    /** Begins, on the loop. */
    void start(Controllers controllers, CloneMeters meters, RandomGenerator random) {
        mesh.gate().loop().execute(() -> {
            Membership membership = mesh.membership();
            PodWord word = new PodWord(mesh.gate(),
                    name -> membership.ofNode(name).map(MemberStatus::peer), membership::isLost,
                    machine.agent()::hasPod);
            word.start();
            CloneRequests requests = new CloneRequests(mesh.gate(), registry, membership,
                    controllers.cloneJudge(word::of));
            requests.start();
            MeshSiblings siblings = new MeshSiblings(mesh.pubsub(), registry, membership,
                    membership::isLost, requests);
            SelfCloner cloner = new SelfCloner(mesh.gate().loop(), random,
                    mesh.gate().peerId(), siblings, meters);
            siblings.hear(cloner::heard);
            membership.onChange(cloner::machinesChanged);
            Optional<SidecarNetwork> network = machine.network();
            LocalPods pods = new LocalPods(registry, node,
                    uid -> network.filter(n -> n.isConnected(uid)).isPresent(), cloner);
            network.ifPresent(n -> n.onChange(pods::onConnection));
            pods.start();
        });
    }
}
