package io.beemesh.libp2p.mdns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class MdnsReaderTest {
    private final ByteBuffer packet = ByteBuffer.allocate(MdnsReader.PACKET_BYTES_MAX + 1);

    private MdnsReaderTest header(int flags, int questions, int answers) {
        packet.putShort((short) 0).putShort((short) flags).putShort((short) questions)
                .putShort((short) answers).putInt(0);
        return this;
    }

    private MdnsReaderTest label(String text) {
        packet.put((byte) text.length()).put(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    private MdnsReaderTest bytes(int... values) {
        for (int value : values) {
            packet.put((byte) value);
        }
        return this;
    }

    private MdnsPacket read() throws MdnsException {
        return MdnsReader.read(packet.flip());
    }

    @Test
    void compressedNames_areFollowed_whateverTheCaseOfTheirLetters() throws MdnsException {
        // "_P2P._udp.LOCAL" at 12, then a TXT record of "x" and a pointer to it.
        header(0x8400, 1, 1).label("_P2P").label("_udp").label("LOCAL").bytes(0, 0, 12, 0, 1)
                .label("x").bytes(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, 4, 3, 'a', '=', 'b');
        MdnsPacket read = read();
        assertThat(read.isResponse()).isTrue();
        assertThat(read.questions()).containsExactly(
                new MdnsPacket.Question("_p2p._udp.local", MdnsReader.TYPE_PTR));
        assertThat(read.texts())
                .containsExactly(new MdnsPacket.Text("x._p2p._udp.local", "a=b"));
    }

    @Test
    void pointerToItself_isRefused() {
        header(0, 1, 0).bytes(0xc0, 12, 0, 12, 0, 1);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("points forward");
    }

    @Test
    void pointerForward_isRefused() {
        header(0, 1, 0).bytes(0xc0, 18, 0, 12, 0, 1, 0);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("points forward");
    }

    @Test
    void nameThatGrowsByPointers_isRefusedAt255Bytes() {
        header(0, 2, 0);
        for (int i = 0; i < 4; i++) {
            label("a".repeat(63));
        }
        bytes(0, 0, 12, 0, 1);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("longer than 255");
    }

    @Test
    void tooManyEntries_areRefusedBeforeTheyAreRead() {
        header(0, 0xffff, 0);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("65535 questions");
    }

    @Test
    void packetLongerThanAllowed_isRefused() {
        packet.position(MdnsReader.PACKET_BYTES_MAX + 1);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("9001 bytes");
    }

    @Test
    void recordThatClaimsMoreThanThereIs_isRefused() {
        header(0x8400, 0, 1).bytes(0, 0, 16, 0, 1, 0, 0, 0, 9, 0xff, 0xff, 1);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("longer than the packet");
    }

    @Test
    void stringThatClaimsMoreThanItsRecord_isRefused() {
        header(0x8400, 0, 1).bytes(0, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                0);
        assertThatThrownBy(this::read).isInstanceOf(MdnsException.class)
                .hasMessageContaining("longer than its record");
    }
}
