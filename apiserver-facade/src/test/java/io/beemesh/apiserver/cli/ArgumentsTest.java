package io.beemesh.apiserver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ArgumentsTest {
    @Test
    void optionsFlagsAndWords_comeInAnyOrder() throws RefusalException {
        Arguments arguments = Arguments.parse(
                List.of("create", "--ttl", "60", "--issuer", "--data=/a=b", "word"), "--issuer");

        assertThat(arguments.word("a verb")).isEqualTo("create");
        assertThat(arguments.number("--ttl", 3600)).isEqualTo(60);
        assertThat(arguments.flag("--issuer")).isTrue();
        assertThat(arguments.required("--data")).isEqualTo("/a=b");
        assertThat(arguments.words()).containsExactly("word");
        arguments.end();
    }

    @Test
    void absent_isTheDefault() throws RefusalException {
        Arguments arguments = Arguments.parse(List.of(), "--issuer");

        assertThat(arguments.flag("--issuer")).isFalse();
        assertThat(arguments.text("--server", "none")).isEqualTo("none");
        assertThat(arguments.port("--api-port", 6443)).isEqualTo(6443);
    }

    @Test
    void doubleDash_makesTheRestWords() throws RefusalException {
        Arguments arguments = Arguments.parse(List.of("--data", "d", "--", "java", "--flag", "--"));

        assertThat(arguments.required("--data")).isEqualTo("d");
        assertThat(arguments.words()).containsExactly("java", "--flag", "--");
    }

    @Test
    void nonsense_isRefusedByName() {
        assertRefused("--ttl takes a value", List.of("--ttl"));
        assertRefused("--ttl is given twice", List.of("--ttl", "1", "--ttl=2"));
        assertRefused("--issuer takes no value", List.of("--issuer=yes"));
        assertRefused("unknown option --tll", List.of("--tll", "1"));
        assertRefused("unexpected 'word'", List.of("word"));
        assertRefused("--ttl takes a number, not '1h'", List.of("--ttl", "1h"));
        assertRefused("--ttl takes a number, not '-1'", List.of("--ttl", "-1"));
        assertRefused("--api-port takes a number up to 65535, not '65536'",
                List.of("--api-port", "65536"));
    }

    @Test
    void missing_isRefused() throws RefusalException {
        Arguments arguments = Arguments.parse(List.of());

        assertThatThrownBy(() -> arguments.required("--data"))
                .isInstanceOf(RefusalException.class).hasMessage("--data is missing");
        assertThatThrownBy(() -> arguments.word("the token"))
                .isInstanceOf(RefusalException.class).hasMessage("the token is missing");
    }

    private static void assertRefused(String message, List<String> line) {
        assertThatThrownBy(() -> {
            Arguments arguments = Arguments.parse(line, "--issuer");
            arguments.number("--ttl", 0);
            arguments.port("--api-port", 0);
            arguments.end();
        }).isInstanceOf(RefusalException.class).hasMessage(message)
                .extracting(e -> ((RefusalException) e).code()).isEqualTo(ExitCode.USAGE);
    }
}
