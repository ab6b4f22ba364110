package io.beemesh.conformance.nat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.interop.InteropPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Five network namespaces: a public one, and two hosts each behind a namespace that masquerades what they
 * send and drops what they did not ask for.
 */
final class NatNetwork implements AutoCloseable {
    /** The public namespace's address. */
    static final String PUBLIC = "5.5.0.1";

    /** Another address of the public namespace. */
    static final String PUBLIC_TOO = "5.5.0.2";

    /** The outer addresses of the two NATs. */
    static final List<String> OUTER = List.of("5.5.0.11", "5.5.0.12");

    private static final String RULES = """
            table ip nat {
              chain post {
                type nat hook postrouting priority 100
                oifname "out" masquerade
              }
            }
            table ip guard {
              chain forward {
                type filter hook forward priority 0; policy drop
                ct state established,related accept
                iifname "in" oifname "out" accept
              }
              chain input {
                type filter hook input priority 0; policy drop
                ct state established,related accept
              }
            }
            """;

    private final String prefix = "bm" + ProcessHandle.current().pid();
    private final List<Runnable> closers = new ArrayList<>();

    /** Needs root, {@code ip}, {@code nft} and {@code nsenter}; ends the test as a proof not made without. */
    NatNetwork() {
        boolean able = Command.of("sh", "-c",
                "test $(id -u) = 0 && command -v ip && command -v nft && command -v nsenter"
                        + " && ip netns add " + prefix + "probe && ip netns del " + prefix
                        + "probe")
                .limit(Duration.ofSeconds(20)).run().exitCode() == 0;
        Proof.needs(able, "network namespaces and nftables", "./verify as root");
        make("""
                set -e
                for n in pub nat1 nat2 a b; do
                  ip netns add P$n; ip -n P$n link set lo up
                done
                ip -n Ppub link add name br0 type bridge; ip -n Ppub link set br0 up
                ip -n Ppub addr add 5.5.0.1/24 dev br0
                ip -n Ppub addr add 5.5.0.2/24 dev br0
                i=0
                for h in a b; do
                  i=$((i + 1))
                  ip link add name out netns Pnat$i type veth peer name v$i netns Ppub
                  ip -n Ppub link set v$i master br0 up
                  ip link add name in netns Pnat$i type veth peer name eth netns P$h
                  ip -n Pnat$i addr add 5.5.0.1$i/24 dev out; ip -n Pnat$i link set out up
                  ip -n Pnat$i addr add 10.$i.0.1/24 dev in; ip -n Pnat$i link set in up
                  ip -n P$h addr add 10.$i.0.2/24 dev eth; ip -n P$h link set eth up
                  ip -n P$h route add default via 10.$i.0.1
                  nsenter --net=/run/netns/Pnat$i sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
                  nsenter --net=/run/netns/Pnat$i nft -f - <<'RULES'
                """.replace("P", prefix) + RULES + "RULES\ndone\n");
    }

    private void make(String script) {
        try {
            run(script);
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    private static void run(String script) {
        Command.Result result = Command.of("sh", "-c", script).limit(Duration.ofSeconds(60)).run();
        if (result.exitCode() != 0) {
            throw new AssertionError("namespaces could not be made: " + result);
        }
    }

    /** Starts a host in the namespace {@code pub}, {@code a} or {@code b}. */
    NatPeer.Running start(String namespace, String listen) throws IOException {
        NatPeer.Running peer = NatPeer.start(prefix + namespace, listen);
        closers.add(peer::close);
        return peer;
    }

    /** Starts a go-libp2p peer in one. */
    InteropPeer startGo(String namespace, String... options) {
        InteropPeer peer = InteropPeer.go(NatPeer.within(prefix + namespace), options);
        closers.add(peer::close);
        return peer;
    }

    @Override
    public void close() {
        closers.forEach(Runnable::run);
        run("for n in pub nat1 nat2 a b; do ip netns del " + prefix
                + "$n 2>/dev/null || true; done");
    }
}
