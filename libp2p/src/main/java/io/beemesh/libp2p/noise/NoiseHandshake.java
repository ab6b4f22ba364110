package io.beemesh.libp2p.noise;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PublicKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of Noise XX: bytes in, bytes out, and at the end a {@link Result}.
 *
 * <pre>
 *   dialer                          listener
 *   -> e
 *                                   <- e, ee, s, es, payload
 *   -> s, se, payload
 * </pre>
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/noise/README.md">noise</a>
 */
public final class NoiseHandshake {
    private static final int SEALED_KEY_BYTES = StaticKey.BYTES + ChaChaPoly.TAG_BYTES;

    /** The longest handshake message that is taken: keys and an RSA identity need far less. */
    private static final int MESSAGE_BYTES_MAX = 8192;

    private static final byte[] NO_PROLOGUE = new byte[0];

    private final NoiseIdentity identity;
    private final boolean dialer;
    private final Optional<PeerId> expected;
    private final SymmetricState state;
    private final StaticKey ephemeral;
    private final List<byte[]> output = new ArrayList<>();
    private byte[] remoteEphemeral = new byte[0];
    private int lengthBytes;
    private int length;
    private byte @Nullable [] message;
    private int filled;
    private int messages;
    private @Nullable Result result;

    private NoiseHandshake(NoiseIdentity identity, ChaChaPoly engine, boolean dialer,
            Optional<PeerId> expected, byte[] prologue) {
        this.identity = identity;
        this.dialer = dialer;
        this.expected = expected;
        this.state = new SymmetricState(engine, prologue);
        this.ephemeral = identity.newEphemeral();
        if (dialer) {
            state.mixHash(ephemeral.point());
            send(concat(ephemeral.point(), state.encryptAndHash(new byte[0])));
        }
    }

    /** The dialer's side; it refuses another peer than {@code expected}. */
    public static NoiseHandshake dialer(NoiseIdentity identity, ChaChaPoly engine,
            PeerId expected) {
        return dialer(identity, engine, expected, NO_PROLOGUE);
    }

    /** With words that both sides must begin with. */
    public static NoiseHandshake dialer(NoiseIdentity identity, ChaChaPoly engine, PeerId expected,
            byte[] prologue) {
        return new NoiseHandshake(identity, engine, true, Optional.of(expected), prologue);
    }

    /** The listener's side. */
    public static NoiseHandshake listener(NoiseIdentity identity, ChaChaPoly engine) {
        return listener(identity, engine, NO_PROLOGUE);
    }

    /** With words that both sides must begin with. */
    public static NoiseHandshake listener(NoiseIdentity identity, ChaChaPoly engine,
            byte[] prologue) {
        return new NoiseHandshake(identity, engine, false, Optional.empty(), prologue);
    }

    /** Takes what it needs from {@code in}, and not a byte of the transport that follows. */
    public void feed(ByteBuffer in) throws NoiseException {
        while (result == null && in.hasRemaining()) {
            byte[] body = message;
            if (body == null) {
                length = (length << 8) | (in.get() & 0xff);
                if (++lengthBytes == NoiseCipher.LENGTH_BYTES) {
                    if (length > MESSAGE_BYTES_MAX) {
                        throw new NoiseException("handshake message of " + length + " bytes, limit "
                                + MESSAGE_BYTES_MAX);
                    }
                    message = new byte[length];
                }
                continue;
            }
            int count = Math.min(in.remaining(), body.length - filled);
            in.get(body, filled, count);
            filled += count;
            if (filled == body.length) {
                message = null;
                filled = 0;
                length = 0;
                lengthBytes = 0;
                onMessage(body);
            }
        }
    }

    /** Bytes to send now, framed; each is given once. */
    public List<byte[]> takeOutput() {
        List<byte[]> taken = List.copyOf(output);
        output.clear();
        return taken;
    }

    /** Present once this side is done. */
    public Optional<Result> result() {
        return Optional.ofNullable(result);
    }

    private void onMessage(byte[] body) throws NoiseException {
        messages++;
        if (dialer) {
            onSecond(body);
        } else if (messages == 1) {
            onFirst(body);
        } else {
            onThird(body);
        }
    }

    private void onFirst(byte[] body) throws NoiseException {
        readEphemeral(body);
        byte[] ignored = state
                .decryptAndHash(Arrays.copyOfRange(body, StaticKey.BYTES, body.length));
        state.mixHash(ephemeral.point());
        state.mixKey(ephemeral.agree(remoteEphemeral));
        byte[] sealedKey = state.encryptAndHash(identity.staticKey().point());
        state.mixKey(identity.staticKey().agree(remoteEphemeral));
        send(concat(ephemeral.point(), sealedKey, state.encryptAndHash(identity.payload())));
    }

    private void onSecond(byte[] body) throws NoiseException {
        readEphemeral(body);
        state.mixKey(ephemeral.agree(remoteEphemeral));
        byte[] remoteStatic = readStatic(body, StaticKey.BYTES);
        state.mixKey(ephemeral.agree(remoteStatic));
        NoisePayload payload = readPayload(body, StaticKey.BYTES + SEALED_KEY_BYTES, remoteStatic);
        byte[] sealedKey = state.encryptAndHash(identity.staticKey().point());
        state.mixKey(identity.staticKey().agree(remoteEphemeral));
        send(concat(sealedKey, state.encryptAndHash(identity.payload())));
        finish(payload);
    }

    private void onThird(byte[] body) throws NoiseException {
        byte[] remoteStatic = readStatic(body, 0);
        state.mixKey(ephemeral.agree(remoteStatic));
        finish(readPayload(body, SEALED_KEY_BYTES, remoteStatic));
    }

    private void readEphemeral(byte[] body) throws NoiseException {
        if (body.length < StaticKey.BYTES) {
            throw new NoiseException("handshake message of " + body.length + " bytes has no key");
        }
        remoteEphemeral = Arrays.copyOf(body, StaticKey.BYTES);
        state.mixHash(remoteEphemeral);
    }

    private byte[] readStatic(byte[] body, int at) throws NoiseException {
        if (body.length < at + SEALED_KEY_BYTES) {
            throw new NoiseException(
                    "handshake message of " + body.length + " bytes has no static key");
        }
        return state.decryptAndHash(Arrays.copyOfRange(body, at, at + SEALED_KEY_BYTES));
    }

    private NoisePayload readPayload(byte[] body, int at, byte[] remoteStatic)
            throws NoiseException {
        byte[] payload = state.decryptAndHash(Arrays.copyOfRange(body, at, body.length));
        return identity.known().read(payload, remoteStatic);
    }

    private void finish(NoisePayload payload) throws NoiseException {
        PeerId remote = PeerId.of(payload.identity());
        if (expected.isPresent() && !expected.get().equals(remote)) {
            throw new NoiseException("peer is " + remote + ", expected " + expected.get());
        }
        NoiseCipher[] pair = state.split();
        result = new Result(payload.identity(), payload.muxers(), pair[dialer ? 0 : 1],
                pair[dialer ? 1 : 0]);
    }

    private void send(byte[] body) {
        byte[] framed = new byte[NoiseCipher.LENGTH_BYTES + body.length];
        framed[0] = (byte) (body.length >>> 8);
        framed[1] = (byte) body.length;
        System.arraycopy(body, 0, framed, NoiseCipher.LENGTH_BYTES, body.length);
        output.add(framed);
    }

    private static byte[] concat(byte[]... parts) {
        int size = 0;
        for (byte[] part : parts) {
            size += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.array();
    }

    /**
     * An authenticated connection.
     *
     * @param remoteKey the proven identity
     * @param remoteMuxers what the remote side offered early, in its order; empty if it has no early negotiation
     * @param sending seals what this side sends
     * @param receiving opens what the remote side sends
     */
    public record Result(PublicKey remoteKey, List<String> remoteMuxers, NoiseCipher sending,
            NoiseCipher receiving) {
        public Result {
            remoteMuxers = List.copyOf(remoteMuxers);
        }
    }
}
