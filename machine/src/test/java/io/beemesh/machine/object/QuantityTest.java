package io.beemesh.machine.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.machine.object.Quantity.Notation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0Ki, 0, 0", "100m, 100m, 1", "1000m, 1, 1", "0.5, 500m, 1",
            "1.5, 1500m, 2",
            "1500m, 1500m, 2", "2000m, 2, 2", "64Mi, 64Mi, 67108864", "1024Mi, 1Gi, 1073741824",
            "1.5Gi, 1536Mi, 1610612736", "1e3, 1e3, 1000", "1E3, 1E3, 1000", "1e4, 10e3, 10000",
            "128974848, 128974848, 128974848", "129e6, 129e6, 129000000",
            "129M, 129M, 129000000", "1000k, 1M, 1000000", "0.1Ki, 102400m, 103",
            "0.5Ki, 512, 512", "1n, 1n, 1", "0.1n, 1n, 1", "-1.5, -1500m, -2", "+5, +5, 5",
            "8Ei, 9223372036854775807, 9223372036854775807", ".5, 500m, 1", "5., 5., 5",
            "0.001, 1m, 1", "00, 0, 0", "1Ki, 1Ki, 1024", "1000Ki, 1000Ki, 1024000"})
    void parse_valid_canonicalAndWhole(String text, String canonical, long value)
            throws SyntaxException {
        Quantity quantity = Quantity.parse(text);
        assertThat(quantity).hasToString(canonical);
        assertThat(quantity.value()).isEqualTo(value);
        assertThat(Quantity.parse(canonical)).isEqualTo(quantity);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 Gi", "abc", "1.2.3", "1Gib", "1ki", "1e", "1e99999", "--1",
            ".", "Mi", "1mm", "1e9999999999"})
    void parse_invalid_throws(String text) {
        assertThatThrownBy(() -> Quantity.parse(text)).isInstanceOf(SyntaxException.class)
                .message().matches("quantities must match.*|unable to parse .*");
    }

    @Test
    void arithmetic_keepsNotationOfTheFirst() throws SyntaxException {
        assertThat(Quantity.parse("1Gi").plus(Quantity.parse("512Mi"))).hasToString("1536Mi");
        assertThat(Quantity.ZERO.plus(Quantity.parse("1Gi"))).hasToString("1Gi");
        assertThat(Quantity.parse("1").minus(Quantity.parse("250m"))).hasToString("750m");
        assertThat(Quantity.ofMillis(1500).milliValue()).isEqualTo(1500);
        assertThat(Quantity.of(2048, Notation.BINARY)).hasToString("2Ki");
        assertThat(Quantity.parse("1")).isEqualByComparingTo(Quantity.parse("1000m"))
                .isEqualTo(Quantity.parse("1000m")).hasSameHashCodeAs(Quantity.parse("1000m"));
        assertThat(Quantity.parse("1E").milliValue()).isEqualTo(Long.MAX_VALUE);
    }
}
