package io.beemesh.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** What holds for every engine. */
abstract class ChaChaPolyContract {
    private static final byte[] NONE = new byte[0];
    private static final List<IntFunction<ByteBuffer>> KINDS = List.of(ByteBuffer::allocate,
            ByteBuffer::allocateDirect);

    private final ChaChaPoly engine = engine();
    private final SplittableRandom random = new SplittableRandom(8439);

    abstract ChaChaPoly engine();

    private static SecretKeySpec key(byte[] bytes) {
        return new SecretKeySpec(bytes, "ChaCha20");
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer filled(IntFunction<ByteBuffer> kind, byte[] bytes) {
        return kind.apply(bytes.length).put(bytes).flip();
    }

    private static byte[] content(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static byte[] reference(SecretKeySpec key, long nonce, byte[] associated,
            byte[] plain) {
        ByteBuffer out = ByteBuffer.allocate(plain.length + ChaChaPoly.TAG_BYTES);
        new ChaChaPoly().seal(key, nonce, associated, ByteBuffer.wrap(plain), out);
        return out.array();
    }

    @Test
    void seal_lengthsAndBuffersOfAnyKind_isWhatTheJdkSeals() {
        for (int round = 0; round < 160; round++) {
            int length = switch (round % 4) {
                case 0 -> round / 4;
                case 1 -> random.nextInt(2048);
                default -> random.nextInt(NoiseCipher.PLAIN_BYTES_MAX + 1);
            };
            if (round >= 158) {
                length = NoiseCipher.PLAIN_BYTES_MAX;
            }
            SecretKeySpec key = key(bytes(32));
            long nonce = random.nextLong();
            byte[] plain = bytes(length);
            byte[] sealed = reference(key, nonce, NONE, plain);
            ByteBuffer in = filled(KINDS.get(round & 1), plain);
            ByteBuffer out = KINDS.get((round >> 1) & 1)
                    .apply(length + ChaChaPoly.TAG_BYTES + random.nextInt(3));
            engine.seal(key, nonce, NONE, in, out);
            assertThat(in.hasRemaining()).isFalse();
            assertThat(content(out.flip())).isEqualTo(sealed);
            ByteBuffer message = filled(KINDS.get((round >> 1) & 1), sealed);
            ByteBuffer opened = KINDS.get(round & 1).apply(length + random.nextInt(32));
            assertThat(engine.tryOpen(key, nonce, NONE, message, opened)).isTrue();
            assertThat(message.hasRemaining()).isFalse();
            assertThat(content(opened.flip())).isEqualTo(plain);
        }
    }

    @Test
    void seal_withAssociatedData_isWhatTheJdkSeals() {
        for (int length = 0; length < 200; length++) {
            SecretKeySpec key = key(bytes(32));
            byte[] associated = bytes(32);
            byte[] plain = bytes(length);
            ByteBuffer out = ByteBuffer.allocate(length + ChaChaPoly.TAG_BYTES);
            engine.seal(key, length, associated, ByteBuffer.wrap(plain), out);
            assertThat(out.array()).isEqualTo(reference(key, length, associated, plain));
            associated[0] ^= 1;
            assertThat(engine.tryOpen(key, length, associated, out.flip(),
                    ByteBuffer.allocate(length))).isFalse();
        }
    }

    /** RFC 8439, A.1, third vector: the block after the one that Poly1305's key is made of. */
    @Test
    void seal_zeros_isTheKeystreamOfTheSpecification() {
        byte[] key = new byte[32];
        key[31] = 1;
        ByteBuffer out = ByteBuffer.allocate(64 + ChaChaPoly.TAG_BYTES);
        engine.seal(key(key), 0, NONE, ByteBuffer.allocate(64), out);
        assertThat(HexFormat.of().formatHex(out.array(), 0, 64)).isEqualTo(
                "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
                        + "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
    }

    @Test
    void open_anyChange_isRefused_andGivesNothing() {
        for (int round = 0; round < 120; round++) {
            SecretKeySpec key = key(bytes(32));
            byte[] sealed = reference(key, 7, NONE, bytes(random.nextInt(3000)));
            sealed[random.nextInt(sealed.length)] ^= (byte) (1 << random.nextInt(8));
            ByteBuffer out = KINDS.get((round >> 1) & 1).apply(sealed.length);
            assertThat(engine.tryOpen(key, 7, NONE, filled(KINDS.get(round & 1), sealed), out))
                    .isFalse();
            assertThat(out.position()).isZero();
        }
    }

    @Test
    void cipher_messagesInOrder_areOpened_othersAreRefused() throws NoiseException {
        SecretKeySpec key = key(bytes(32));
        NoiseCipher sending = new NoiseCipher(engine, key);
        NoiseCipher receiving = new NoiseCipher(engine, key);
        ByteBuffer[] messages = new ByteBuffer[4];
        for (int i = 0; i < messages.length; i++) {
            messages[i] = ByteBuffer.allocateDirect(100);
            sending.seal(ByteBuffer.wrap(("message " + i).getBytes(StandardCharsets.US_ASCII)),
                    messages[i]);
            assertThat(messages[i].flip().getShort()).isEqualTo((short) (9 + 16));
        }
        ByteBuffer out = ByteBuffer.allocateDirect(100);
        receiving.open(messages[0], out);
        assertThat(content(out.flip())).asString(StandardCharsets.US_ASCII).isEqualTo("message 0");
        assertThatThrownBy(() -> receiving.open(messages[2], out.clear()))
                .isInstanceOf(NoiseException.class).hasMessageContaining("wrong tag");
    }

    @Test
    void cipher_messagesMutated_areRefused() {
        SecretKeySpec key = key(bytes(32));
        ByteBuffer out = ByteBuffer.allocateDirect(NoiseCipher.MESSAGE_BYTES_MAX);
        List<byte[]> valid = List.of(reference(key, 0, NONE, NONE),
                reference(key, 0, NONE, bytes(1)), reference(key, 0, NONE, bytes(500)));
        Fuzz.run(valid, NoiseException.class, bytes -> {
            new NoiseCipher(engine, key).open(ByteBuffer.wrap(bytes), out.clear());
            assertThat(valid).anyMatch(one -> Arrays.equals(one, bytes));
        });
    }
}
