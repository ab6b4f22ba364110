package io.beemesh.conformance.nat;

import io.beemesh.libp2p.dcutr.HolePunching;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.relay.RelayConfig;
import io.beemesh.libp2p.relay.RelayService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A host in a process of its own, to be run in a network namespace: reads commands from its input, one a
 * line, and answers each with one line.
 */
final class NatPeer {
    private final TestHost host;
    private final RelayService relay;

    private NatPeer(String listen) {
        host = TestHost.start(NatPeer::reusingPort, listen);
        relay = host.relayService(RelayConfig.defaults());
    }

    private static NettyHostConfig reusingPort(NettyHostConfig config) {
        return config.withSwarm(config.swarm().withPortReuse(true));
    }

    public static void main(String[] arguments) throws IOException {
        NatPeer peer = new NatPeer(arguments[0]);
        System.out.println("ready " + peer.host.address());
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(peer.answer(List.of(line.split(" ", -1))));
            }
        }
        peer.host.close();
        System.exit(0);
    }

    private String answer(List<String> words) {
        try {
            return switch (words.getFirst()) {
                case "serve" -> host.onLoop(() -> {
                    relay.start();
                    return "serving";
                });
                case "status" -> host.onLoop(() -> relay.status().circuits() + " "
                        + relay.status().carriedBytes());
                case "allow" -> host.onLoop(() -> {
                    host.host().allowLimited(Echo.PROTOCOL);
                    return "allowed";
                });
                case "punch" -> host.onLoop(() -> {
                    new HolePunching(host.host().swarm()).start();
                    return "punching";
                });
                case "reserve" -> {
                    PeerId id = host.know(words.get(1));
                    yield "reserved " + host.get(() -> host.host().relayClient().reserve(id))
                            .addresses().getFirst();
                }
                case "dial" -> {
                    PeerId id = host.know(words.get(1));
                    Void ignored = host.get(() -> host.host().connect(id));
                    yield "dialed";
                }
                case "probe" -> {
                    PeerId id = host.know(words.get(1));
                    List<Multiaddr> at = host.onLoop(() -> host.host().addressBook().addresses(id));
                    yield "reached "
                            + host.get(() -> host.host().swarm().probe(id, at));
                }
                case "echo" -> {
                    PeerId id = PeerId.parse(words.get(1));
                    int bytes = Integer.parseInt(words.get(2));
                    Void ignored = host.get(() -> Echo.exchange(host.host(), id, bytes, true));
                    yield "echoed";
                }
                case "hangup" -> {
                    PeerId id = PeerId.parse(words.get(1));
                    yield host.onLoop(() -> {
                        host.host().disconnect(id);
                        return "gone";
                    });
                }
                case "direct" -> {
                    PeerId id = PeerId.parse(words.get(1));
                    yield String.valueOf(host.onLoop(() -> host.host().swarm().hasDirect(id)));
                }
                default -> "unknown command";
            };
        } catch (Exception | AssertionError e) {
            return "failed " + String.valueOf(e.getMessage()).replace('\n', ' ');
        }
    }
}
