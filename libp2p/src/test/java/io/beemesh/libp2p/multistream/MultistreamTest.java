package io.beemesh.libp2p.multistream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.ProtocolId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MultistreamTest {
    private static final ProtocolId A = new ProtocolId("/a/1");
    private static final ProtocolId B = new ProtocolId("/b/1");

    private final MultistreamListener listener = new MultistreamListener(B::equals);

    private static ByteBuffer bytes(String... messages) {
        return ByteBuffer.wrap(MultistreamReader.encode(messages));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void opening_isTheKnownBytes() {
        assertThat(text(new MultistreamDialer(List.of(new ProtocolId("/noise"))).opening()))
                .isEqualTo("\u0013/multistream/1.0.0\n\u0007/noise\n");
    }

    @Test
    void negotiation_secondProposal_isAgreed() throws MultistreamException {
        MultistreamDialer dialer = new MultistreamDialer(List.of(A, B));
        ByteBuffer toListener = ByteBuffer.wrap(dialer.opening());
        MultistreamStep header = listener.feed(toListener);
        MultistreamStep refusal = listener.feed(toListener);
        assertThat(text(((MultistreamStep.Send) refusal).bytes())).isEqualTo("\u0003na\n");
        assertThat(dialer.feed(ByteBuffer.wrap(((MultistreamStep.Send) header).bytes())))
                .isInstanceOf(MultistreamStep.More.class);
        MultistreamStep next = dialer
                .feed(ByteBuffer.wrap(((MultistreamStep.Send) refusal).bytes()));
        MultistreamStep agreed = listener
                .feed(ByteBuffer.wrap(((MultistreamStep.Send) next).bytes()));
        assertThat(((MultistreamStep.Agreed) agreed).protocol()).isEqualTo(B);
        MultistreamStep last = dialer
                .feed(ByteBuffer.wrap(((MultistreamStep.Agreed) agreed).answer()));
        assertThat(((MultistreamStep.Agreed) last).protocol()).isEqualTo(B);
    }

    @Test
    void feed_dataBehindTheProposal_isLeft() throws MultistreamException {
        ByteBuffer in = ByteBuffer.allocate(100);
        in.put(bytes(MultistreamReader.HEADER, B.name())).put((byte) 42).flip();
        MultistreamStep header = listener.feed(in);
        assertThat(header).isInstanceOf(MultistreamStep.Send.class);
        assertThat(listener.feed(in)).isInstanceOf(MultistreamStep.Agreed.class);
        assertThat(in.remaining()).isEqualTo(1);
    }

    @Test
    void feed_listIsAskedFor_isRefusedShortly() throws MultistreamException {
        ByteBuffer in = bytes(MultistreamReader.HEADER, "ls", "ls");
        MultistreamStep header = listener.feed(in);
        assertThat(header).isInstanceOf(MultistreamStep.Send.class);
        assertThat(text(((MultistreamStep.Send) listener.feed(in)).bytes()))
                .isEqualTo("\u0003na\n");
    }

    @Test
    void feed_tooManyProposalsOrTooLong_isRefused() {
        assertThatThrownBy(() -> {
            ByteBuffer in = bytes(MultistreamReader.HEADER);
            for (int i = 0; i <= MultistreamListener.PROPOSALS_MAX + 1; i++) {
                MultistreamStep ignored = listener.feed(in);
                in = bytes(A.name());
            }
        }).isInstanceOf(MultistreamException.class).hasMessageContaining("proposals");
        MultistreamListener other = new MultistreamListener(B::equals);
        assertThatThrownBy(() -> other.feed(ByteBuffer.wrap(new byte[]{(byte) 0x81, 8})))
                .isInstanceOf(MultistreamException.class);
    }
}
