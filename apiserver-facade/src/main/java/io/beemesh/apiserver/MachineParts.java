package io.beemesh.apiserver;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.AgentConfig;
import io.beemesh.machine.agent.Machine;
import io.beemesh.machine.agent.NodeAgent;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.ServiceAccountTokens;
import io.beemesh.machine.agent.SimulatedStreams;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.membership.MemberState;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.network.netty.PodSockets;
import io.beemesh.machine.network.netty.SidecarNetwork;
import io.beemesh.machine.podman.PodmanRuntime;
import io.beemesh.machine.podman.PodmanStreams;
import io.beemesh.machine.probe.NetworkProber;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.SimulatedProber;
import io.beemesh.machine.runtime.SimulatedRuntime;
import io.beemesh.machine.runtime.SimulatedVolumes;
import io.beemesh.machine.volume.DiskVolumes;
import io.beemesh.machine.volume.HostPaths;
import io.beemesh.machine.volume.MachineFactsReader;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The agent with what it drives: Podman, or a simulation of it. */
record MachineParts(NodeAgent agent, PodStreams streams, ContainerRuntime runtime,
        PodSockets sockets, Optional<SidecarNetwork> network) {
    private static final String SIMULATED_ADDRESSES = "10.244";

    static MachineParts create(NodeConfig config, MeshParts mesh, Registry registry,
            EventSink events, RandomGenerator random, ServiceAccountTokens tokens, Meters meters)
            throws IOException {
        Loop loop = mesh.gate().loop();
        MachineFactsReader facts = new MachineFactsReader();
        AgentConfig agentConfig = new AgentConfig(config.name(), config.address(), Map.of(),
                facts.read(config.data(), Versions.KUBERNETES, config.podMemoryBytes()),
                new AgentConfig.Dns(List.of(), "cluster.local", facts.resolvConf()));
        return switch (config.runtime()) {
            case NodeConfig.PodRuntime.Simulated() -> {
                Machine machine = new Machine(
                        new SimulatedRuntime(loop, Versions.BEEMESH, SIMULATED_ADDRESSES),
                        new SimulatedVolumes(loop), new SimulatedProber(loop), tokens);
                yield new MachineParts(
                        new NodeAgent(loop, registry, machine, events, agentConfig, random),
                        new SimulatedStreams(), machine.runtime(), PodSockets.direct(),
                        Optional.empty());
            }
            case NodeConfig.PodRuntime.Podman podman -> {
                Optional<SidecarNetwork> network = podman.sidecarImage().isEmpty()
                        ? Optional.empty()
                        : Optional.of(network(config, podman, mesh, registry,
                                facts.resolvConf(), meters));
                PodSockets sockets = network.map(SidecarNetwork::sockets)
                        .orElseGet(PodSockets::direct);
                Machine machine = machine(config, podman, loop, tokens, sockets,
                        network.isPresent() ? network.get() : PodNetwork.none());
                yield new MachineParts(
                        new NodeAgent(loop, registry, machine, events, agentConfig, random),
                        new PodmanStreams(loop, registry, podman.socket(), pods(config), sockets),
                        machine.runtime(), sockets, network);
            }
        };
    }

    private static SidecarNetwork network(NodeConfig config, NodeConfig.PodRuntime.Podman podman,
            MeshParts mesh, Registry registry, String resolvConf, Meters meters) {
        return new SidecarNetwork(
                new SidecarNetwork.Mesh(mesh.gate(), mesh.credentials()::own,
                        name -> mesh.membership().ofNode(name)
                                .filter(member -> member.state() != MemberState.DEAD
                                        && member.state() != MemberState.LEFT)
                                .map(MemberStatus::peer)),
                registry,
                new SidecarNetwork.Config(config.identity(), config.name(),
                        config.data().resolve("sidecars"), pods(config), podman.sidecarImage(),
                        podman.statefulSidecarImage(), resolvConf),
                new SecureRandom(), meters);
    }

    private static Machine machine(NodeConfig config, NodeConfig.PodRuntime.Podman podman,
            Loop loop, ServiceAccountTokens tokens, PodSockets sockets, PodNetwork network) {
        return new Machine(
                new PodmanRuntime(loop, podman.socket(), config.name(), pods(config),
                        config.data().resolve("seccomp")),
                new DiskVolumes(loop, pods(config), config.data().resolve("volumes"),
                        podman.allowHostAccess()
                                ? HostPaths.all()
                                : new HostPaths(List.of(podman.socket(), config.data()))),
                new NetworkProber(loop, sockets), tokens, network);
    }

    private static Path pods(NodeConfig config) {
        return config.data().resolve("pods");
    }
}
