package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.auth.BoundTokens;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** TokenRequest and TokenReview. */
class TokenVerbTest {
    private static final List<String> SERVER = List.of(BoundTokens.ISSUER);
    private final EngineFixture api = new EngineFixture();

    TokenVerbTest() {
        api.namespace("n");
        api.post("/api/v1/namespaces/n/serviceaccounts", "{\"metadata\":{\"name\":\"a\"}}")
                .requireCode(201);
    }

    @Test
    void token_isGoodUntilItExpires() {
        JsonNode status = request("{\"expirationSeconds\":600}").path("status");
        String token = status.path("token").asText();
        assertThat(api.tokens.verify(token, SERVER)).hasValueSatisfying(verified -> {
            assertThat(verified.user().name()).isEqualTo("system:serviceaccount:n:a");
            assertThat(verified.user().groups()).containsExactly("system:serviceaccounts",
                    "system:serviceaccounts:n", "system:authenticated");
        });
        assertThat(api.tokens.verify(token, List.of("other"))).isEmpty();
        assertThat(api.tokens.verify(token.substring(0, token.length() - 3) + "AAA", SERVER))
                .isEmpty();
        assertThat(status.path("expirationTimestamp").asText()).endsWith("Z");
        api.simulation.run(Duration.ofMinutes(11));
        assertThat(api.tokens.verify(token, SERVER)).isEmpty();
    }

    @Test
    void token_endsWithItsAccount() {
        String token = request("{}").path("status").path("token").asText();
        api.delete("/api/v1/namespaces/n/serviceaccounts/a").requireCode(200);
        assertThat(api.tokens.verify(token, SERVER)).isEmpty();
    }

    @Test
    void token_boundToAPod_endsWithIt() {
        api.post("/api/v1/namespaces/n/pods", """
                {"metadata":{"name":"p"},"spec":{"serviceAccountName":"a",
                 "containers":[{"name":"c","image":"i"}]}}""").requireCode(201);
        String token = request("""
                {"audiences":["vault"],"boundObjectRef":
                 {"kind":"Pod","apiVersion":"v1","name":"p"}}""").path("status").path("token")
                .asText();
        assertThat(api.tokens.verify(token, List.of("vault"))).hasValueSatisfying(
                v -> assertThat(v.user().extra()).containsEntry(
                        "authentication.kubernetes.io/pod-name", List.of("p")));
        api.delete("/api/v1/namespaces/n/pods/p").requireCode(200);
        assertThat(api.tokens.verify(token, List.of("vault"))).isEmpty();
        assertThat(api.post("/api/v1/namespaces/n/serviceaccounts/a/token",
                "{\"spec\":{\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\"}}}").message())
                .isEqualTo("pods \"p\" not found");
    }

    @Test
    void badRequests_areRefused() {
        assertThat(api.post("/api/v1/namespaces/n/serviceaccounts/a/token",
                "{\"spec\":{\"expirationSeconds\":60}}").message()).endsWith(
                        "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes");
        assertThat(api.post("/api/v1/namespaces/n/serviceaccounts/none/token", "{}").message())
                .isEqualTo("serviceaccounts \"none\" not found");
    }

    @Test
    void review_saysWhoseTokenItIs() {
        String token = request("{}").path("status").path("token").asText();
        JsonNode status = review(token).path("status");
        assertThat(status.path("authenticated").asBoolean()).isTrue();
        assertThat(status.path("user").path("username").asText())
                .isEqualTo("system:serviceaccount:n:a");
        assertThat(review("x.y.z").path("status").path("error").asText())
                .isEqualTo("invalid bearer token");
    }

    private JsonNode review(String token) {
        return api.post("/apis/authentication.k8s.io/v1/tokenreviews",
                "{\"spec\":{\"token\":\"" + token + "\"}}").requireCode(201).json();
    }

    private JsonNode request(String spec) {
        return api.post("/api/v1/namespaces/n/serviceaccounts/a/token",
                "{\"spec\":" + spec + "}").requireCode(201).json();
    }
}
