package io.beemesh.conformance.nat;

import io.beemesh.libp2p.autonat.AutoNat;
import io.beemesh.libp2p.autonat.AutoNatService;
import io.beemesh.libp2p.dcutr.HolePunching;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.MulticastDns;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.relay.RelayConfig;
import io.beemesh.libp2p.relay.RelayService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A host in a process of its own, to be run in a network namespace: reads commands from its input, one a
 * line, and answers each with one line.
 */
final class NatPeer {
    private final TestHost host;
    private final RelayService relay;
    private final AutoNat autoNat;
    private @Nullable MulticastDns mdns;

    /** Such a process as the test sees it. */
    static final class Running implements AutoCloseable {
        private final Process process;
        private final Writer input;
        private final BufferedReader output;
        private final String address;

        private Running(Process process) throws IOException {
            this.process = process;
            this.input = process.outputWriter(StandardCharsets.UTF_8);
            this.output = process.inputReader(StandardCharsets.UTF_8);
            this.address = read().substring("ready ".length());
        }

        /** Its first address, with its id. */
        String address() {
            return address;
        }

        String id() {
            return address.substring(address.lastIndexOf('/') + 1);
        }

        String ask(String command) {
            try {
                input.write(command + "\n");
                input.flush();
                return read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String read() throws IOException {
            String line = output.readLine();
            if (line == null) {
                throw new IOException("peer ended");
            }
            return line;
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    /** The words with which a program runs in a network namespace. */
    static List<String> within(String namespace) {
        return List.of("nsenter", "--net=/run/netns/" + namespace);
    }

    /** Starts a host in a network namespace. */
    static Running start(String namespace, String listen) throws IOException {
        List<String> words = new ArrayList<>(within(namespace));
        words.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path",
                        System.getProperty("java.class.path")),
                NatPeer.class.getName(), listen));
        return new Running(new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start());
    }

    private NatPeer(String listen) {
        host = TestHost.start(NatPeer::reusingPort, listen);
        relay = host.relayService(RelayConfig.defaults());
        autoNat = new AutoNat(host.host().swarm(), new SecureRandom(), reachability -> {
        });
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
        if (peer.mdns != null) {
            peer.mdns.close();
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
                case "autonat" -> host.onLoop(() -> {
                    autoNat.start();
                    return "asking";
                });
                case "autonat-serve" -> host.onLoop(() -> {
                    new AutoNatService(host.host().swarm()).start();
                    return "serving";
                });
                case "reachability" -> host.onLoop(() -> autoNat.reachability().toString());
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
                case "mdns" -> {
                    mdns = new MulticastDns(host.loop(), host.host(), new SecureRandom());
                    yield "asking";
                }
                case "known" -> {
                    PeerId id = PeerId.parse(words.get(1));
                    yield host.onLoop(() -> host.host().addressBook().addresses(id)).toString();
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
