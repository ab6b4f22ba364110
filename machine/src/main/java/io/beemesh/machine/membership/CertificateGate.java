package io.beemesh.machine.membership;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.membership.MemberHello;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.Revocation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host as the machine protocols see it: only members of this mesh are there.
 *
 * <p>Right after the handshake both peers show their certificates. Until the other's is verified its
 * streams wait, at most {@value #PARKED_MAX}; a peer without a valid one is disconnected and learns
 * nothing. What is not for members alone is served by the host behind, not through the gate. On the loop
 * only.
 */
public final class CertificateGate implements Host {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateGate.class);
    private static final Duration ADMISSION_MAX = Duration.ofSeconds(5);
    private static final Duration JOIN_MAX = Duration.ofSeconds(30);
    private static final Duration OTHER_SIDE_FIRST = Duration.ofMillis(500);
    private static final Duration SWEEP = Duration.ofSeconds(30);
    private static final int PARKED_MAX = 16;
    private static final int VISITORS_MAX = 4096;
    private static final Duration REFUSAL_TOLD = Duration.ofMinutes(1);
    private static final int REFUSALS_MAX = 1024;

    private final Host host;
    private final Credentials credentials;
    private final Exchange exchange;
    private final Map<PeerId, Visitor> visitors = new LinkedHashMap<>();
    private final List<Consumer<PeerEvent>> listeners = new ArrayList<>();
    private final List<Consumer<MembershipCertificate>> admissions = new ArrayList<>();
    private Consumer<Revocation> onRevocation = revocation -> {
    };
    private final Map<PeerId, Long> refusalsTold = new LinkedHashMap<>();
    private long refused;

    /** A connected peer; a member once it has a certificate. */
    private static final class Visitor {
        private @Nullable MembershipCertificate certificate;
        private Loop.@Nullable Timer deadline;
        private Set<ProtocolId> protocols = Set.of();
        private final List<CompletableFuture<Void>> waiting = new ArrayList<>(1);
        private final List<Runnable> parked = new ArrayList<>(1);
        private boolean asking;
        private boolean inbound;
    }

    public CertificateGate(Host host, Credentials credentials) {
        this.host = host;
        this.credentials = credentials;
        this.exchange = new Exchange(host, Protocols.MEMBER, MemberHello.BYTES_MAX, ADMISSION_MAX);
    }

    /** Begins to admit peers; before the host listens. */
    public void start() {
        loop().assertInside();
        exchange.serve(this::onHello);
        host.onPeerEvent(this::onPeerEvent);
        host.connectedPeers().forEach(this::arrived);
        planSweep();
    }

    /** Calls {@code listener} on the loop with the certificate of each peer that is admitted. */
    public void onAdmission(Consumer<MembershipCertificate> listener) {
        admissions.add(listener);
    }

    /** Calls {@code listener} on the loop for each revocation that others show and that is news here. */
    public void onRevocation(Consumer<Revocation> listener) {
        onRevocation = listener;
    }

    /** How many peers were turned away. */
    public long refused() {
        return refused;
    }

    /** Gives a peer that is about to join the time to do so. */
    public void joining(PeerId peer) {
        Visitor visitor = visitors.get(peer);
        if (visitor != null && visitor.certificate == null) {
            limit(peer, visitor, JOIN_MAX);
        }
    }

    /** The own certificate was renewed: connected members are shown the new one. */
    public void showAgain() {
        List.copyOf(visitors.keySet()).forEach(peer -> {
            Visitor visitor = visitors.get(peer);
            if (visitor != null) {
                ask(peer, visitor);
            }
        });
    }

    /** Turns out whoever does not count any more. */
    public void sweep() {
        visitors.forEach((peer, visitor) -> {
            MembershipCertificate certificate = visitor.certificate;
            if (certificate != null && !credentials.counts(certificate)) {
                loop().execute(() -> refuse(peer, "certificate has ended or was revoked"));
            }
        });
    }

    private void planSweep() {
        loop().schedule(SWEEP, () -> {
            planSweep();
            sweep();
        });
    }

    private void onPeerEvent(PeerEvent event) {
        switch (event) {
            case PeerEvent.Connected connected -> {
                arrived(connected.peer());
                Visitor visitor = visitors.get(connected.peer());
                if (visitor != null) {
                    visitor.inbound = connected.inbound();
                }
            }
            case PeerEvent.Relayed relayed -> {
                // Members are met on connections without limits only.
            }
            case PeerEvent.Identified identified -> {
                Visitor visitor = visitors.get(identified.peer());
                if (visitor != null) {
                    visitor.protocols = identified.protocols();
                    if (visitor.certificate != null) {
                        emit(identified);
                    }
                }
            }
            case PeerEvent.Disconnected disconnected -> gone(disconnected.peer());
        }
    }

    private void arrived(PeerId peer) {
        if (visitors.size() >= VISITORS_MAX) {
            refuse(peer, "too many peers");
            return;
        }
        Visitor visitor = visitors.computeIfAbsent(peer, id -> new Visitor());
        visitor.protocols = host.protocolsOf(peer);
        limit(peer, visitor, ADMISSION_MAX);
        if (peerId().compareTo(peer) < 0) {
            ask(peer, visitor);
        } else {
            // One question tells both sides; if the other does not ask, this one does.
            loop().schedule(OTHER_SIDE_FIRST, () -> {
                if (visitors.get(peer) == visitor && visitor.certificate == null) {
                    ask(peer, visitor);
                }
            });
        }
    }

    private void limit(PeerId peer, Visitor visitor, Duration time) {
        Loop.Timer before = visitor.deadline;
        if (before != null) {
            before.cancel();
        }
        visitor.deadline = loop().schedule(time, () -> {
            if (visitors.get(peer) == visitor && visitor.certificate == null) {
                refuse(peer, "no certificate in time");
            }
        });
    }

    private byte[] hello() {
        List<Revocation> all = credentials.revocations();
        return new MemberHello(credentials.own().toBytes(),
                all.subList(Math.max(0, all.size() - MemberHello.REVOCATIONS_MAX), all.size())
                        .stream().map(Revocation::toBytes).toList())
                .toBytes();
    }

    private void ask(PeerId peer, Visitor visitor) {
        if (visitor.asking) {
            return;
        }
        visitor.asking = true;
        exchange.ask(peer, hello()).whenComplete((answer, failure) -> {
            visitor.asking = false;
            if (visitors.get(peer) != visitor || failure != null) {
                return; // The deadline decides: the peer may be one that joins.
            }
            take(peer, visitor, answer);
        });
    }

    private CompletableFuture<byte[]> onHello(PeerId peer, byte[] question) {
        Visitor visitor = visitors.get(peer);
        if (visitor == null || !take(peer, visitor, question)) {
            return CompletableFuture.failedFuture(new Libp2pException("not a member"));
        }
        return CompletableFuture.completedFuture(hello());
    }

    private boolean take(PeerId peer, Visitor visitor, byte[] bytes) {
        try {
            MemberHello hello = MemberHello.fromBytes(bytes);
            for (byte[] one : hello.revocations()) {
                Revocation revocation = Revocation.open(one, credentials.mesh());
                if (credentials.revoke(revocation)) {
                    onRevocation.accept(revocation);
                }
            }
            admit(peer, visitor, credentials.check(peer, hello.certificate()));
            return true;
        } catch (FormatException e) {
            refuse(peer, String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void admit(PeerId peer, Visitor visitor, MembershipCertificate certificate) {
        boolean first = visitor.certificate == null;
        visitor.certificate = certificate;
        Loop.Timer deadline = visitor.deadline;
        if (deadline != null) {
            deadline.cancel();
        }
        admissions.forEach(listener -> listener.accept(certificate));
        if (!first) {
            return;
        }
        LOG.debug("Peer admitted peer={} node={}", peer, certificate.nodeName());
        emit(new PeerEvent.Connected(peer, visitor.inbound));
        if (!visitor.protocols.isEmpty()) {
            emit(new PeerEvent.Identified(peer, visitor.protocols));
        }
        List.copyOf(visitor.parked).forEach(Runnable::run);
        visitor.parked.clear();
        List.copyOf(visitor.waiting).forEach(waiting -> waiting.complete(null));
        visitor.waiting.clear();
    }

    private void refuse(PeerId peer, String reason) {
        refused++;
        if (tellRefusal(peer)) {
            LOG.info("Peer refused peer={} reason=\"{}\" refused={}", peer, reason, refused);
        }
        host.disconnect(peer);
        gone(peer);
    }

    /** Once a minute for one peer: it may come again and again. */
    private boolean tellRefusal(PeerId peer) {
        long now = loop().nanoTime();
        Long before = refusalsTold.get(peer);
        if (before != null && now - before < REFUSAL_TOLD.toNanos()) {
            return false;
        }
        refusalsTold.remove(peer);
        refusalsTold.put(peer, now);
        if (refusalsTold.size() > REFUSALS_MAX) {
            refusalsTold.remove(refusalsTold.keySet().iterator().next());
        }
        return true;
    }

    private void gone(PeerId peer) {
        Visitor visitor = visitors.remove(peer);
        if (visitor == null) {
            return;
        }
        Loop.Timer deadline = visitor.deadline;
        if (deadline != null) {
            deadline.cancel();
        }
        List.copyOf(visitor.waiting).forEach(waiting -> waiting
                .completeExceptionally(new Libp2pException(peer + " was not admitted")));
        if (visitor.certificate != null) {
            emit(new PeerEvent.Disconnected(peer));
        }
    }

    private void emit(PeerEvent event) {
        List.copyOf(listeners).forEach(listener -> listener.accept(event));
    }

    @Override
    public PeerId peerId() {
        return host.peerId();
    }

    @Override
    public Loop loop() {
        return host.loop();
    }

    @Override
    public List<Multiaddr> listenAddresses() {
        return host.listenAddresses();
    }

    @Override
    public AddressBook addressBook() {
        return host.addressBook();
    }

    @Override
    public CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> protocols) {
        return connect(peer).thenCompose(ignored -> host.newStream(peer, protocols));
    }

    @Override
    public CompletableFuture<Void> connect(PeerId peer) {
        loop().assertInside();
        Visitor known = visitors.get(peer);
        if (known != null && known.certificate != null) {
            return CompletableFuture.completedFuture(null);
        }
        return host.connect(peer).thenCompose(ignored -> {
            Visitor visitor = visitors.get(peer);
            if (visitor == null) {
                return CompletableFuture
                        .failedFuture(new Libp2pException(peer + " was not admitted"));
            }
            if (visitor.certificate != null) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> admitted = new CompletableFuture<>();
            visitor.waiting.add(admitted);
            return admitted;
        });
    }

    @Override
    public void disconnect(PeerId peer) {
        host.disconnect(peer);
    }

    @Override
    public Set<PeerId> connectedPeers() {
        Set<PeerId> members = new LinkedHashSet<>();
        visitors.forEach((peer, visitor) -> {
            if (visitor.certificate != null) {
                members.add(peer);
            }
        });
        return members;
    }

    @Override
    public Set<ProtocolId> protocolsOf(PeerId peer) {
        Visitor visitor = visitors.get(peer);
        return visitor == null || visitor.certificate == null ? Set.of() : visitor.protocols;
    }

    @Override
    public void handle(ProtocolId protocol, StreamHandler handler) {
        host.handle(protocol, stream -> {
            Visitor visitor = visitors.get(stream.remotePeer());
            if (visitor != null && visitor.certificate != null) {
                handler.onStream(stream);
            } else if (visitor != null && visitor.parked.size() < PARKED_MAX) {
                visitor.parked.add(() -> handler.onStream(stream));
            } else {
                stream.reset();
            }
        });
    }

    @Override
    public void unhandle(ProtocolId protocol) {
        host.unhandle(protocol);
    }

    @Override
    public byte[] signedRecordOf(PeerId peer) {
        return host.signedRecordOf(peer);
    }

    @Override
    public void allowLimited(ProtocolId protocol) {
        host.allowLimited(protocol);
    }

    @Override
    public void onPeerEvent(Consumer<PeerEvent> listener) {
        listeners.add(listener);
    }
}
