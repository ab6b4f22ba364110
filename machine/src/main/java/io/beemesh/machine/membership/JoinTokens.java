package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The join tokens that this issuer has made and not taken yet: hashes of their secrets. A token counts
 * once, and is gone from the disk before the machine that showed it is admitted. On the loop only.
 */
public final class JoinTokens {
    /** Open tokens at once. */
    public static final int TOKENS_MAX = 1024;

    /** The longest life of a token. */
    public static final Duration LIFE_MAX = Duration.ofDays(30);

    private final MembershipStore store;
    private final Supplier<Instant> wallTime;
    private final SecureRandom random;
    private final Map<String, Open> open = new LinkedHashMap<>();

    /**
     * A token that waits for its machine.
     *
     * @param id its public name
     */
    public record Open(String id, Instant expires, Role role) {}

    public JoinTokens(MembershipStore store, Supplier<Instant> wallTime, SecureRandom random) {
        this.store = store;
        this.wallTime = wallTime;
        this.random = random;
    }

    /** Reads what {@link MembershipStore#TOKENS} held. */
    public void load(byte[] bytes) throws FormatException {
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            if (reader.field() == 1) {
                load(reader.readSlice());
            }
        }
        dropExpired();
    }

    private void load(ByteBuffer slice) throws FormatException {
        byte[] hash = new byte[0];
        long expires = 0;
        boolean issuer = false;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> hash = reader.readBytes();
                case 2 -> expires = reader.readVarint();
                case 3 -> issuer = reader.readVarint() == 1;
                default -> {
                }
            }
        }
        if (hash.length != 32 || open.size() >= TOKENS_MAX) {
            throw new FormatException("file of join tokens is damaged");
        }
        String key = HexFormat.of().formatHex(hash);
        open.put(key, new Open(key.substring(0, 12), Instant.ofEpochSecond(expires),
                issuer ? Role.ISSUER : Role.MEMBER));
    }

    /**
     * Makes a token; completes once it is on disk. An {@link IllegalArgumentException} for a life that is
     * not positive or beyond {@link #LIFE_MAX}, an {@link IllegalStateException} if too many are open.
     */
    public CompletableFuture<JoinToken> create(MeshId mesh, PeerId issuer,
            List<Multiaddr> addresses, Duration life, Role role) {
        if (life.isNegative() || life.isZero() || life.compareTo(LIFE_MAX) > 0) {
            throw new IllegalArgumentException("a token lives at most " + LIFE_MAX.toDays()
                    + " days, not " + life);
        }
        dropExpired();
        if (open.size() >= TOKENS_MAX) {
            throw new IllegalStateException(TOKENS_MAX + " join tokens are open; revoke some");
        }
        byte[] secret = new byte[JoinToken.SECRET_BYTES];
        random.nextBytes(secret);
        Instant expires = Instant.ofEpochSecond(wallTime.get().plus(life).getEpochSecond());
        JoinToken token = new JoinToken(mesh, issuer, addresses, secret, expires, role);
        open.put(HexFormat.of().formatHex(JoinToken.hashOf(secret)),
                new Open(token.id(), expires, role));
        return keep().thenApply(ignored -> token);
    }

    /** What is open. */
    public List<Open> list() {
        dropExpired();
        return new ArrayList<>(open.values());
    }

    /** Makes the token of that name worthless; false if there is none. Completes once it is on disk. */
    public CompletableFuture<Boolean> revoke(String id) {
        boolean found = open.values().removeIf(token -> token.id.equals(id));
        return keep().thenApply(ignored -> found);
    }

    /** Takes the token with this secret, for good; empty if it is not open. */
    CompletableFuture<Optional<Open>> take(byte[] secret) {
        dropExpired();
        // By hash: the time of this look-up tells nothing of the secret.
        Open token = secret.length == JoinToken.SECRET_BYTES
                ? open.remove(HexFormat.of().formatHex(JoinToken.hashOf(secret)))
                : null;
        return token == null
                ? CompletableFuture.completedFuture(Optional.empty())
                : keep().thenApply(ignored -> Optional.of(token));
    }

    private void dropExpired() {
        Instant now = wallTime.get();
        open.values().removeIf(token -> !now.isBefore(token.expires));
    }

    private CompletableFuture<Void> keep() {
        ProtobufWriter out = new ProtobufWriter();
        open.forEach((hash, token) -> out.bytes(1,
                new ProtobufWriter().bytes(1, HexFormat.of().parseHex(hash))
                        .varint(2, token.expires.getEpochSecond())
                        .varint(3, token.role == Role.ISSUER ? 1 : 0).toBytes()));
        return store.keep(MembershipStore.TOKENS, out.toBytes());
    }
}
