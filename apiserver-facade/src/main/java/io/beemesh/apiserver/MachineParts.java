package io.beemesh.apiserver;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.AgentConfig;
import io.beemesh.machine.agent.Machine;
import io.beemesh.machine.agent.NodeAgent;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.runtime.SimulatedProber;
import io.beemesh.machine.runtime.SimulatedRuntime;
import io.beemesh.machine.runtime.SimulatedVolumes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The agent with what it drives: Podman, or a simulation of it. */
record MachineParts(NodeAgent agent, PodStreams streams) {
    static MachineParts create(NodeConfig config, Loop loop, Registry registry, EventSink events,
            RandomGenerator random) throws IOException {
        AgentConfig.MachineFacts facts = new AgentConfig.MachineFacts(
                new AgentConfig.Amounts(2000, 8L << 30, 50L << 30),
                new AgentConfig.Amounts(2000, 8L << 30, 50L << 30), 110, "", "", "", "", "amd64",
                Versions.KUBERNETES);
        AgentConfig agentConfig = new AgentConfig(config.name(), config.address(), Map.of(), "",
                facts, new AgentConfig.Dns(List.of(), "cluster.local", ""));
        Machine machine = new Machine(new SimulatedRuntime(loop, "0.1.0", "10.244"),
                new SimulatedVolumes(loop), new SimulatedProber(loop),
                (pod, account, audience, lifetime) -> {
                    throw new UnsupportedOperationException();
                });
        return new MachineParts(new NodeAgent(loop, registry, machine, events, agentConfig, random),
                new NoStreams());
    }
}
