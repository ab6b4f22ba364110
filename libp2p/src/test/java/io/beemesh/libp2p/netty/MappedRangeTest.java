package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MappedRangeTest {
    @ParameterizedTest
    @ValueSource(strings = {
            "801453000-802f43000 r--p 01453000 fe:00 1 /opt/beemesh/beemesh.aot",
            "7f6fcaae3000-7f6fcbb6f000 r-xp 002e3000 fe:00 1          /opt/a b/libjvm.so",
            "7f6fca800000-7f6fcaae3000 r--p 00000000 fe:00 1 /opt/libjvm.so",
            "7f6fc6c00000-7f6fca401000 r--s 00000000 fe:00 1 /opt/lib/modules"})
    void ofUnwritten_pagesOfAFile_areReleased(String line) {
        assertThat(MappedRange.ofUnwritten(line)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "800001000-801453000 rw-p 00001000 fe:00 1 /opt/beemesh/beemesh.aot",
            "7f6fcbe80000-7f6fcbf6b000 r--p 01680000 fe:00 1 /opt/libjvm.so",
            "7f6fc5600000-7f6fc5b90000 rwxp 00000000 00:00 0 ",
            "7f6fc5600000-7f6fc5b90000 r--p 00000000 00:00 0",
            "7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0 [vdso]",
            ""})
    void ofUnwritten_whatWasWrittenOrHasNoFile_isKept(String line) {
        assertThat(MappedRange.ofUnwritten(line)).isEmpty();
    }

    @Test
    void ofUnwritten_line_givesItsAddresses() {
        assertThat(MappedRange.ofUnwritten("1000-3000 r-xp 00000000 fe:00 1 /lib/x.so"))
                .contains(new MappedRange(0x1000, 0x3000));
    }

    @Test
    void isLasting_theJvmAndItsCache_areAndOtherFilesAreNot() {
        assertThat(MappedRange.isLasting(
                "801453000-802f43000 r--p 01453000 fe:00 1 /opt/beemesh/beemesh.aot")).isTrue();
        assertThat(MappedRange.isLasting(
                "7f6fcaae3000-7f6fcbb6f000 r-xp 002e3000 fe:00 1 /opt/lib/libjvm.so")).isTrue();
        assertThat(MappedRange.isLasting(
                "7f6fc6c00000-7f6fca401000 r--s 00000000 fe:00 1 /opt/lib/modules")).isFalse();
    }
}
