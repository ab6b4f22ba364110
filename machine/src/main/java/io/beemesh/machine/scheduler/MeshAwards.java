package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.scheduling.Award;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Awards over streams between members; those of this node to itself go nowhere. */
public final class MeshAwards implements Awards {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final Exchange exchange;
    private final String self;
    private final Function<String, Optional<PeerId>> peers;
    private @Nullable Machine machine;

    /**
     * @param host the members' side of the certificate gate
     * @param self the name of this node
     * @param peers the member whose Node has a name
     */
    public MeshAwards(Host host, String self, Function<String, Optional<PeerId>> peers) {
        this.exchange = new Exchange(host, Protocols.AWARD, Award.BYTES_MAX, TIMEOUT);
        this.self = self;
        this.peers = peers;
    }

    @Override
    public CompletableFuture<Award.Answer> ask(String node, Award award) {
        Machine own = machine;
        if (node.equals(self) && own != null) {
            return answer(own, award);
        }
        Optional<PeerId> peer = peers.apply(node);
        if (peer.isEmpty()) {
            return CompletableFuture
                    .failedFuture(new Libp2pException("no member has the Node " + node));
        }
        return exchange.ask(peer.get(), award.toBytes()).thenCompose(bytes -> {
            try {
                return CompletableFuture.completedFuture(Award.Answer.fromBytes(bytes));
            } catch (FormatException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public void serve(Machine newMachine) {
        machine = newMachine;
        exchange.serve((peer, question) -> {
            try {
                return answer(newMachine, Award.fromBytes(question))
                        .thenApply(Award.Answer::toBytes);
            } catch (FormatException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    private static CompletableFuture<Award.Answer> answer(Machine machine, Award award) {
        try {
            return CompletableFuture.completedFuture(machine.onAward(award));
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
