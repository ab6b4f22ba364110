package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.simulation.LinkHost;
import io.beemesh.libp2p.simulation.LinkNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class IdentifyPushTest {
    private final Simulation simulation = new Simulation(1);
    private final LinkNetwork network = new LinkNetwork(simulation);

    private static void await(LinkHost host, Supplier<CompletableFuture<Void>> call) {
        Void ignored = host.get(call);
    }

    @Test
    void push_peerNeverEndsItsSide_pinsNoStreams() {
        LinkHost host = network.newHost(false);
        LinkHost deaf = network.newHost(false);
        List<Stream> pushes = new ArrayList<>();
        deaf.loop().run(() -> {
            Echo.serve(deaf.swarm());
            deaf.swarm().handle(IdentifyMessage.PUSH, pushes::add);
        });
        host.know(deaf);
        await(host, () -> host.swarm().connect(deaf.id()));
        simulation.run(Duration.ofSeconds(1));
        for (int i = 0; i < 300; i++) {
            ProtocolId protocol = new ProtocolId("/test/" + i);
            host.loop().run(() -> host.swarm().handle(protocol, Stream::reset));
            simulation.run(Duration.ofMillis(150));
        }
        assertThat(pushes).hasSize(300);
        await(host, () -> Echo.exchange(host.swarm(), deaf.id(), 1000, true));
        simulation.run(Duration.ofSeconds(11));
        assertThat(pushes).noneMatch(Stream::isOpen);
    }
}
