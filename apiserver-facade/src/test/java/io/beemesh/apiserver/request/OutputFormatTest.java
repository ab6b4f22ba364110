package io.beemesh.apiserver.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.OutputFormat.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputFormatTest {
    private static final String KUBECTL_GET = "application/json;as=Table;v=v1;g=meta.k8s.io,"
            + "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"''|OBJECT|false",
            KUBECTL_GET + "|TABLE|false",
            "application/vnd.kubernetes.protobuf,application/json|OBJECT|false",
            "application/vnd.kubernetes.protobuf, */*|OBJECT|false",
            "application/yaml|OBJECT|true",
            "application/json;q=0.1,application/yaml|OBJECT|true",
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1|PARTIAL_METADATA|false",
            "application/json;as=Cake;g=meta.k8s.io;v=v1,application/*|OBJECT|false"})
    void negotiate_accept_picksFirstServable(String accept, Shape shape, boolean yaml) {
        assertThat(OutputFormat.negotiate(request(accept)))
                .isEqualTo(new OutputFormat(yaml, shape));
    }

    @Test
    void negotiate_nothingServable_isNotAcceptable() {
        assertThatThrownBy(() -> OutputFormat.negotiate(request("text/html")))
                .isInstanceOfSatisfying(StatusException.class,
                        e -> assertThat(e.status().code()).isEqualTo(406));
    }

    private static ApiRequest request(String accept) {
        return new ApiRequest("GET", "/", Map.of(), Map.of("accept", accept), new byte[0],
                User.ANONYMOUS);
    }
}
