package io.beemesh.apiserver;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.AgentConfig;
import io.beemesh.machine.agent.Machine;
import io.beemesh.machine.agent.NodeAgent;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.ServiceAccountTokens;
import io.beemesh.machine.agent.SimulatedStreams;
import io.beemesh.machine.event.EventSink;
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
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The agent with what it drives: Podman, or a simulation of it. */
record MachineParts(NodeAgent agent, PodStreams streams, ContainerRuntime runtime) {
    private static final String SIMULATED_ADDRESSES = "10.244";

    static MachineParts create(NodeConfig config, Loop loop, Registry registry, EventSink events,
            RandomGenerator random, ServiceAccountTokens tokens) throws IOException {
        MachineFactsReader facts = new MachineFactsReader();
        AgentConfig agentConfig = new AgentConfig(config.name(), config.address(), Map.of(), "",
                facts.read(config.data(), Versions.KUBERNETES, config.podMemoryBytes()),
                new AgentConfig.Dns(List.of(), "cluster.local", facts.resolvConf()));
        Machine machine = machine(config, loop, tokens);
        PodStreams streams = switch (config.runtime()) {
            case NodeConfig.PodRuntime.Simulated() -> new SimulatedStreams();
            case NodeConfig.PodRuntime.Podman(Path socket, _) -> new PodmanStreams(loop, registry,
                    socket, pods(config));
        };
        return new MachineParts(new NodeAgent(loop, registry, machine, events, agentConfig, random),
                streams, machine.runtime());
    }

    private static Machine machine(NodeConfig config, Loop loop, ServiceAccountTokens tokens) {
        return switch (config.runtime()) {
            case NodeConfig.PodRuntime.Simulated() -> new Machine(
                    new SimulatedRuntime(loop, Versions.BEEMESH, SIMULATED_ADDRESSES),
                    new SimulatedVolumes(loop), new SimulatedProber(loop), tokens);
            case NodeConfig.PodRuntime.Podman(Path socket, boolean allowHostAccess) -> new Machine(
                    new PodmanRuntime(loop, socket, config.name(), pods(config)),
                    new DiskVolumes(loop, pods(config), allowHostAccess
                            ? HostPaths.all()
                            : new HostPaths(List.of(socket, config.data()))),
                    new NetworkProber(loop), tokens);
        };
    }

    private static Path pods(NodeConfig config) {
        return config.data().resolve("pods");
    }
}
