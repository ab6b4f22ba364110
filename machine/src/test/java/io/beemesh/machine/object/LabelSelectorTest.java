package io.beemesh.machine.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelSelectorTest {
    private static final Map<String, String> LABELS = Map.of("app", "web", "tier", "", "rank", "7",
            "in", "in");

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "app=web | app=web | true",
            "app==web | app==web | true",
            "app!=web | app!=web | false",
            "none!=web | none!=web | true",
            "app in (db, web) | app in (db,web) | true",
            "app notin (db,web) | app notin (db,web) | false",
            "none notin (a) | none notin (a) | true",
            "app | app | true",
            "!app | !app | false",
            "! none | !none | true",
            "tier= | tier= | true",
            "tier=,app=web | app=web,tier= | true",
            "tier in () | tier in () | true",
            "tier in (x,,y) | tier in (,x,y) | true",
            "app in (web,web) | app in (web) | true",
            "rank>6 | rank>6 | true",
            "rank<7 | rank<7 | false",
            "app>6 | app>6 | false",
            "in in (in) | in in (in) | true",
            "in | in | true",
            "x.io/a=b | x.io/a=b | false"})
    void parse_valid_matchesAndPrints(String text, String canonical, boolean matches)
            throws SyntaxException {
        LabelSelector selector = LabelSelector.parse(text);
        assertThat(selector).hasToString(canonical);
        assertThat(selector.matches(LABELS)).isEqualTo(matches);
        assertThat(LabelSelector.parse(canonical)).isEqualTo(selector);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "a=b c | found 'c', expected: ',' or 'end of string'",
            "a, | found '', expected: identifier after ','",
            ",a | found ',', expected: !, identifier, or 'end of string'",
            "a in b | unable to parse requirement: found 'b' expected: '('",
            "a in (b | unable to parse requirement: found '', expected: ',' or ')'",
            "a b | unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            "a=(b) | unable to parse requirement: found '(', expected: identifier",
            "!!a | unable to parse requirement: found '!', expected: identifier",
            "a>b | unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' "
                    + "operators, the value must be an integer"})
    void parse_invalid_throwsWithKubernetesMessage(String text, String message) {
        assertThatThrownBy(() -> LabelSelector.parse(text)).isInstanceOf(SyntaxException.class)
                .hasMessage(message);
    }

    @Test
    void parse_badKeyOrValue_throws() {
        assertThatThrownBy(() -> LabelSelector.parse("-a=b")).hasMessageStartingWith(
                "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist");
        assertThatThrownBy(() -> LabelSelector.parse("a=-b")).hasMessageStartingWith(
                "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label");
        assertThatThrownBy(() -> LabelSelector.parse("a=" + "b".repeat(64)))
                .hasMessageContaining("must be no more than 63 characters");
    }

    @Test
    void parse_empty_selectsEverything() throws SyntaxException {
        assertThat(LabelSelector.parse(" ").isEverything()).isTrue();
        assertThat(LabelSelector.parse("").matches(Map.of())).isTrue();
    }

    @Test
    void of_tree_matchesAllConditions() throws Exception {
        LabelSelector selector = LabelSelector.of(Json.parse("""
                {"matchLabels": {"app": "web"}, "matchExpressions": [
                  {"key": "tier", "operator": "Exists"},
                  {"key": "zone", "operator": "NotIn", "values": ["b", "a"]}]}
                """.getBytes(StandardCharsets.UTF_8)));
        assertThat(selector).hasToString("app=web,tier,zone notin (a,b)");
        assertThat(selector.matches(Map.of("app", "web", "tier", "x"))).isTrue();
        assertThat(selector.matches(Map.of("app", "web", "tier", "x", "zone", "a"))).isFalse();
    }

    @Test
    void of_absentOrEmpty_nothingOrEverything() throws SyntaxException {
        LabelSelector absent = LabelSelector.of(Json.object().path("selector"));
        assertThat(absent.matches(Map.of())).isFalse();
        assertThat(absent.isEverything()).isFalse();
        assertThat(LabelSelector.of(Json.object()).isEverything()).isTrue();
    }

    @Test
    void of_unknownOperator_throws() throws Exception {
        var tree = Json.parse("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Gt\"}]}"
                .getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> LabelSelector.of(tree))
                .hasMessage("\"Gt\" is not a valid label selector operator");
    }

    @Test
    void keyErrors_prefixAndParts_told() {
        assertThat(LabelSyntax.keyErrors("app.kubernetes.io/name")).isEmpty();
        assertThat(LabelSyntax.keyErrors("/name")).containsExactly("prefix part must be non-empty");
        assertThat(LabelSyntax.keyErrors("a/b/c")).singleElement().asString()
                .startsWith("a qualified name must consist");
        assertThat(LabelSyntax.keyErrors("UPPER/x")).singleElement().asString()
                .startsWith("prefix part a lowercase RFC 1123 subdomain");
        assertThat(LabelSyntax.keyErrors("")).hasSize(2);
    }
}
