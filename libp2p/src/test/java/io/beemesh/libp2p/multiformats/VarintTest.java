package io.beemesh.libp2p.multiformats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class VarintTest {
    private static long read(String hex) throws FormatException {
        return Varint.read(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    }

    @Test
    void write_anyValue_readsBack() throws FormatException {
        for (long value : new long[]{0, 1, 127, 128, 255, 300, 16384, 1L << 35, Long.MAX_VALUE}) {
            byte[] bytes = Varint.toBytes(value);
            assertThat(bytes).hasSize(Varint.size(value));
            assertThat(Varint.read(ByteBuffer.wrap(bytes))).isEqualTo(value);
        }
        assertThat(Varint.toBytes(300)).isEqualTo(HexFormat.of().parseHex("ac02"));
        assertThat(Varint.size(Long.MAX_VALUE)).isEqualTo(Varint.BYTES_MAX);
    }

    @Test
    void read_brokenInput_refuses() {
        for (String hex : new String[]{"", "80", "8000", "ff00", "ffffffffffffffffff01",
                "80808080808080808080"}) {
            assertThatThrownBy(() -> read(hex)).as(hex).isInstanceOf(FormatException.class);
        }
    }

    @Test
    void tryRead_incomplete_leavesInput() throws FormatException {
        ByteBuffer in = ByteBuffer.wrap(new byte[]{(byte) 0x80});
        assertThat(Varint.tryRead(in)).isEqualTo(-1);
        assertThat(in.position()).isZero();
    }
}
