package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.auth.Authentication;
import io.beemesh.apiserver.auth.Impersonation;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusesTest {
    @Test
    void rejected_namesWhomNobodyMayBe() {
        byte[] body = Statuses.rejected(new Authentication.Rejected(403, "Forbidden", "no",
                Optional.of(new Impersonation.Part("authentication.k8s.io", "uids", "", "", "7"))))
                .body().getFirst();

        assertThat(new String(body, StandardCharsets.UTF_8)).contains("\"reason\":\"Forbidden\","
                + "\"details\":{\"name\":\"7\",\"group\":\"authentication.k8s.io\","
                + "\"kind\":\"uids\"},\"code\":403");
    }
}
