package io.beemesh.conformance.libp2p;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.interop.InteropPeer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Two processes of ours beside two of go-libp2p under the same load in interleaved rounds. Prints the
 * medians of what each does a second, by the clock and by the CPU time of its two processes (gossip
 * messages/s per core are the latter), and of the ratios round by round with the least and the greatest.
 * CPU time says more on a machine that others use as well. More than 1 means that ours does more.
 *
 * <p>Arguments, also by the environment variable {@code LIBP2P_LOAD}: {@code --rounds N} (5),
 * {@code --millis N} (1500), {@code --wires noise,tls,quic},
 * {@code --loads send,send_8,request,dial,gossip,memory}, {@code --connections N} (2000, for memory),
 * {@code --warm-up N} (8 seconds before each load; of CPU time, as the compiler of a busy machine gets
 * its share late), {@code --against go} or {@code js} (which has send, send_8 and request only).
 */
final class Libp2pAgainstGo {
    private static final int STREAMS = 10;

    /** Connections a command, so that none takes long. */
    private static final int BATCH = 50;

    /** One kind of load. */
    private enum Load {
        SEND("bench-send", 1, 0, "MB/s on one stream", 1e6), SEND_8("bench-send", 8, 0,
                "MB/s on 8 streams", 1e6), REQUEST("bench-request", 16, 128,
                        "requests/s, a stream each, 16 at a time", 1), DIAL("bench-dial", 4, 0,
                                "handshakes/s with a request each, 4 at a time",
                                1), GOSSIP("bench-gossip", 1, 200, "gossip messages/s", 1);

        private final String command;
        private final int streams;
        private final int size;
        private final String unit;
        private final double scale;

        Load(String command, int streams, int size, String unit, double scale) {
            this.command = command;
            this.streams = streams;
            this.size = size;
            this.unit = unit;
            this.scale = scale;
        }
    }

    /** What came of one run. */
    private record Figures(double perSecond, double perCpuSecond) {}

    /** Bytes in use after a full collection, without what native libraries allocate. */
    private record Memory(double listener, double dialer) {}

    /** The two processes of one implementation. */
    private record Pair(InteropPeer server, InteropPeer client) implements AutoCloseable {
        Figures run(Load load, long millis) {
            long before = cpuNanos();
            JsonNode reply = client.run(InteropPeer.command(load.command)
                    .put("addr", server.address()).put("streams", load.streams)
                    .put("size", load.size).put("durationMs", millis));
            double count = reply.path("count").asLong() / load.scale;
            return new Figures(count * 1e9 / reply.path("nanos").asLong(),
                    count * 1e9 / (cpuNanos() - before));
        }

        private long cpuNanos() {
            return usage(server, false).path("cpuNanos").asLong()
                    + usage(client, false).path("cpuNanos").asLong();
        }

        /**
         * Bytes that the server holds for each of so many connections, with so many streams that rest, where
         * it is the listener and where it is the dialer.
         */
        Memory memory(int connections, int streams) {
            JsonNode ignored = run(client, "bench-hosts", connections, 0);
            long idle = bytes();
            for (int left = connections; left > 0; left -= BATCH) {
                ignored = run(client, "bench-hold", Math.min(left, BATCH), streams);
            }
            long listening = bytes();
            ignored = run(client, "bench-release", 0, 0);
            awaitAlone();
            JsonNode addresses = run(client, "bench-hosts", connections, 0).path("addrs");
            long idleToo = bytes();
            for (JsonNode address : addresses) {
                ObjectNode join = InteropPeer.command("bench-join").put("streams", streams);
                join.withArray("addrs").add(address.asText());
                ignored = server.run(join);
            }
            long dialing = bytes();
            ignored = run(client, "bench-release", 0, 0);
            awaitAlone();
            return new Memory((listening - idle) / (double) connections,
                    (dialing - idleToo) / (double) connections);
        }

        private long bytes() {
            return usage(server, true).path("memoryBytes").asLong();
        }

        /** What was released is not seen by the server at once. */
        private void awaitAlone() {
            Eventually.within(Duration.ofMinutes(1), () -> {
                if (usage(server, false).path("connections").asInt() > 0) {
                    throw new AssertionError("still connected");
                }
            });
        }

        private JsonNode run(InteropPeer peer, String command, int count, int streams) {
            return peer.run(InteropPeer.command(command)
                    .put("addr", server.address()).put("count", count).put("streams", streams));
        }

        @Override
        public void close() {
            client.close();
            server.close();
        }
    }

    private Libp2pAgainstGo() {}

    public static void main(String[] given) {
        String[] args = (String.join(" ", given) + " "
                + System.getenv().getOrDefault("LIBP2P_LOAD", "")).split(" ", -1);
        int rounds = Integer.parseInt(option(args, "--rounds", "5"));
        long millis = Long.parseLong(option(args, "--millis", "1500"));
        double warmUp = Double.parseDouble(option(args, "--warm-up", "8"));
        String against = option(args, "--against", "go");
        int connections = Integer.parseInt(option(args, "--connections", "2000"));
        List<String> loads = List
                .of(option(args, "--loads", "send,send_8,request,dial,gossip,memory")
                        .toUpperCase(Locale.ROOT).split(",", -1));
        for (String wire : option(args, "--wires", "noise,tls,quic").split(",", -1)) {
            try (Pair ours = ours(wire);
                    Pair other = against.equals("js") ? js(wire) : go(wire)) {
                for (Load load : Load.values()) {
                    if (loads.contains(load.name())) {
                        compare(wire, load, ours, other, rounds, millis, warmUp);
                    }
                }
                if (loads.contains("MEMORY")) {
                    memory(wire, ours, other, connections);
                }
            }
        }
    }

    private static String option(String[] args, String name, String otherwise) {
        int at = Arrays.asList(args).indexOf(name);
        return at < 0 ? otherwise : args[at + 1];
    }

    private static Pair ours(String wire) {
        List<String> program = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC", "-Xmx2g", "-cp",
                System.getProperty("java.class.path"), BenchPeer.class.getName());
        String[] options = {"--listen", listen(wire), "--wire", wire};
        return new Pair(InteropPeer.program(program, options),
                InteropPeer.program(program, options));
    }

    private static Pair go(String wire) {
        String[] options = {"--listen", listen(wire), "--security",
                wire.equals("tls") ? "tls" : "noise", "--dht-mode", "off", "--quiet"};
        return new Pair(InteropPeer.go(options), InteropPeer.go(options));
    }

    private static Pair js(String wire) {
        String[] options = {"--listen", listen(wire), "--security",
                wire.equals("tls") ? "tls" : "noise", "--dht-mode", "off", "--bench"};
        return new Pair(InteropPeer.js(options), InteropPeer.js(options));
    }

    private static String listen(String wire) {
        return wire.equals("quic") ? "/ip4/127.0.0.1/udp/0/quic-v1" : "/ip4/127.0.0.1/tcp/0";
    }

    private static void compare(String wire, Load load, Pair ours, Pair go, int rounds,
            long millis, double warmUp) {
        for (Pair pair : List.of(ours, go)) {
            if (load == Load.GOSSIP) {
                JsonNode subscribed = pair.server.run(InteropPeer.command("bench-subscribe"));
                if (!subscribed.path("ok").asBoolean()) {
                    throw new AssertionError(subscribed);
                }
            }
            double end = pair.cpuNanos() + warmUp * 1e9;
            while (pair.cpuNanos() < end) {
                Figures ignored = pair.run(load, millis);
            }
        }
        List<Figures> ourFigures = new ArrayList<>();
        List<Figures> goFigures = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            ourFigures.add(ours.run(load, millis));
            goFigures.add(go.run(load, millis));
        }
        double[] clock = IntStream.range(0, rounds).mapToDouble(
                i -> ourFigures.get(i).perSecond / goFigures.get(i).perSecond).sorted().toArray();
        double[] cpu = IntStream.range(0, rounds).mapToDouble(
                i -> ourFigures.get(i).perCpuSecond / goFigures.get(i).perCpuSecond).sorted()
                .toArray();
        System.out.printf(Locale.ROOT,
                "%s %s: ours %.0f, other %.0f; per second of CPU time ours %.0f, other %.0f;"
                        + " ratio by clock %.2f (%.2f to %.2f), by CPU %.2f (%.2f to %.2f)%n",
                wire, load.unit, median(ourFigures, Figures::perSecond),
                median(goFigures, Figures::perSecond), median(ourFigures, Figures::perCpuSecond),
                median(goFigures, Figures::perCpuSecond), clock[rounds / 2], clock[0],
                clock[rounds - 1], cpu[rounds / 2], cpu[0], cpu[rounds - 1]);
    }

    private static double median(List<Figures> figures, ToDoubleFunction<Figures> which) {
        return figures.stream().mapToDouble(which).sorted().toArray()[figures.size() / 2];
    }

    private static JsonNode usage(InteropPeer peer, boolean collected) {
        ObjectNode command = InteropPeer.command("usage").put("count", collected ? 1 : 0);
        return peer.run(command);
    }

    private static void memory(String wire, Pair ours, Pair go, int connections) {
        for (Pair pair : List.of(ours, go)) {
            Memory ignored = pair.memory(BATCH, 1);
            Memory connection = pair.memory(connections, 0);
            int fewer = Math.max(1, connections / STREAMS);
            Memory without = pair.memory(fewer, 0);
            Memory with = pair.memory(fewer, STREAMS);
            System.out.printf(Locale.ROOT,
                    "%s %s, %d connections: kB each at the listener %.1f, at the dialer %.1f;"
                            + " kB per idle stream %.1f and %.1f%n",
                    wire, pair.equals(ours) ? "ours" : "other", connections,
                    connection.listener / 1e3, connection.dialer / 1e3,
                    (with.listener - without.listener) / STREAMS / 1e3,
                    (with.dialer - without.dialer) / STREAMS / 1e3);
        }
    }
}
