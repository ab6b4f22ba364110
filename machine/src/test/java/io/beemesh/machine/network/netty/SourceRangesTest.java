package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SourceRangesTest {
    @ParameterizedTest
    @CsvSource({"'', 192.0.2.1, true", "192.0.2.0/24, 192.0.2.255, true",
            "192.0.2.0/24, 192.0.3.0, false", "192.0.2.128/25, 192.0.2.127, false",
            "192.0.2.7/31, 192.0.2.6, true", "0.0.0.0/0, 192.0.2.1, true",
            "0.0.0.0/0, 2001:db8::1, false", "2001:db8::/33, 2001:db8:7fff::1, true",
            "2001:db8::/33, 2001:db8:8000::1, false", "192.0.2.0/99, 192.0.2.1, false",
            "all, 192.0.2.1, false", "' 198.51.100.0/24 ;192.0.2.1/32', 192.0.2.1, true"})
    void clients_areLetIn(String ranges, String client, boolean expected) {
        List<String> cidrs = ranges.isEmpty() ? List.of() : List.of(ranges.split(";", -1));
        assertThat(SourceRanges.of(cidrs).contain(InetAddress.ofLiteral(client)))
                .isEqualTo(expected);
    }
}
