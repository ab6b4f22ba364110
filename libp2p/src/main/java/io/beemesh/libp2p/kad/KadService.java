package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multihash;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a server answers, from its table and its stores. */
final class KadService {
    private static final DateTimeFormatter TIME = DateTimeFormatter
            .ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Peers peers;
    private final RecordPolicies policies;
    private final RecordStore records;
    private final ProviderStore providers;

    KadService(Peers peers, RecordPolicies policies, RecordStore records, ProviderStore providers) {
        this.peers = peers;
        this.policies = policies;
        this.records = records;
        this.providers = providers;
    }

    @Nullable
    KadMessage respond(PeerId from, IpScope scope, KadMessage request) throws KadException {
        return switch (request.type()) {
            case PING -> KadMessage.of(KadMessage.Type.PING, request.key());
            case FIND_NODE -> findNode(from, scope, request);
            case GET_VALUE -> KadMessage.of(request.type(), request.key())
                    .withRecord(stored(request.key()).orElse(null))
                    .withCloser(closer(from, scope, request.key()));
            case PUT_VALUE -> putValue(request);
            case GET_PROVIDERS -> KadMessage.of(request.type(), request.key())
                    .withProviders(providers(scope, request.key()))
                    .withCloser(closer(from, scope, request.key()));
            case ADD_PROVIDER -> {
                addProvider(from, request);
                yield null;
            }
        };
    }

    private List<KadPeer> closer(PeerId from, IpScope scope, byte[] key) throws KadException {
        if (key.length == 0) {
            throw new KadException("request without a key");
        }
        return peers.closestFor(from, scope, KadKey.of(key));
    }

    private KadMessage findNode(PeerId from, IpScope scope, KadMessage request)
            throws KadException {
        List<KadPeer> closer = new ArrayList<>(closer(from, scope, request.key()));
        target(request.key()).filter(target -> !target.equals(from))
                .filter(target -> closer.stream().noneMatch(peer -> peer.id().equals(target)))
                .map(target -> new KadPeer(target,
                        scope.visible(peers.addressesAdded(target))))
                .filter(target -> !target.addresses().isEmpty())
                .ifPresent(target -> closer.add(0, target));
        return KadMessage.of(request.type(), request.key()).withCloser(closer);
    }

    private List<KadPeer> providers(IpScope scope, byte[] key) throws KadException {
        return providers.get(checkMultihash(key)).stream()
                .map(peer -> new KadPeer(peer.id(), scope.visible(peer.addresses()))).toList();
    }

    private static Optional<PeerId> target(byte[] key) {
        try {
            return Optional.of(PeerId.fromBytes(key));
        } catch (FormatException e) {
            return Optional.empty();
        }
    }

    /** A stored value that is still valid. */
    Optional<KadRecord> stored(byte[] key) {
        return records.get(key).filter(record -> policies.isValid(key, record.value()));
    }

    private KadMessage putValue(KadMessage request) throws KadException {
        KadRecord record = request.record();
        if (record == null || !Arrays.equals(record.key(), request.key())) {
            throw new KadException("put without a record for its key");
        }
        if (!store(record)) {
            throw new KadException("put was refused");
        }
        return KadMessage.of(KadMessage.Type.PUT_VALUE, request.key())
                .withRecord(new KadRecord(record.key(), record.value(), ""));
    }

    /** Keeps the value if it is valid and not worse than the one here; false if not, or if the store is full. */
    boolean store(KadRecord record) {
        byte[] key = record.key();
        if (!policies.isValid(key, record.value())) {
            return false;
        }
        Optional<KadRecord> holder = stored(key);
        boolean same = holder.isPresent() && Arrays.equals(holder.get().value(), record.value());
        if (holder.isPresent() && !same
                && !policies.isBetter(key, record.value(), holder.get().value())) {
            return false;
        }
        return records.put(new KadRecord(key, record.value(), time(peers.loop().wallTime())));
    }

    private static String time(Instant now) {
        return TIME.format(now);
    }

    private void addProvider(PeerId from, KadMessage request) throws KadException {
        byte[] key = checkMultihash(request.key());
        for (KadPeer provider : request.providers()) {
            if (provider.id().equals(from) && !provider.addresses().isEmpty()) {
                providers.add(key, provider);
                peers.learn(from, provider.addresses());
                return;
            }
        }
        throw new KadException("provider is not the sender or has no address");
    }

    static byte[] checkMultihash(byte[] key) throws KadException {
        try {
            Multihash.fromBytes(key);
            return key;
        } catch (FormatException e) {
            throw new KadException("provider key is no multihash: " + e.getMessage());
        }
    }
}
