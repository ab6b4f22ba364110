package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.apiserver.request.ApiResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ProxyTest {
    private static final String PROXY = "/api/v1/namespaces/default/pods/p:83/proxy";
    @AutoClose
    private final TestEdge edge = new TestEdge();

    private HttpResponse<String> ask(String path, int port, String body) throws Exception {
        edge.api.answer(path.replaceFirst("[?].*", ""),
                request -> new ApiResponse.PodProxying(TestApi.POD, port, request));
        try (HttpClient client = edge.client(true, HttpClient.Version.HTTP_1_1)) {
            return client.send(HttpRequest.newBuilder(URI.create(edge.url(path)))
                    .header("Authorization", "Bearer secret")
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void request_reachesThePod_andItsAnswerTheClient_withoutTheCredentials() throws Exception {
        HttpResponse<String> answer = ask(PROXY + "/a/b?c=%20d", 83, "body");
        assertThat(answer.statusCode()).isEqualTo(418);
        assertThat(answer.body()).isEqualTo("POST /a/b?c=%20d HTTP/1.1|bodyend");
        assertThat(answer.headers().firstValue("x-secret")).contains("kept");
        assertThat(answer.headers().firstValue("connection")).isEmpty();
    }

    @Test
    void answer_thatBreaksOff_doesNotLookWhole() {
        assertThatThrownBy(() -> ask(PROXY + "/", 84, "")).isInstanceOf(IOException.class);
    }

    @Test
    void path_isThatAfterTheSubresource() {
        assertThat(ProxyAnswer.path(PROXY)).isEqualTo("/");
        assertThat(ProxyAnswer.path(PROXY + "/")).isEqualTo("/");
        assertThat(ProxyAnswer.path(PROXY + "?x=y/z")).isEqualTo("/?x=y/z");
        assertThat(ProxyAnswer.path(PROXY + "/a%2Fb/?x")).isEqualTo("/a%2Fb/?x");
    }

    @Test
    void pod_thatCannotBeReached_is503_andOneThatSaysNoHttpToo() throws Exception {
        HttpResponse<String> refused = ask(PROXY + "/", 82, "");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("error trying to reach service: connection refused");
        assertThat(ask(PROXY + "/x", 81, "").statusCode()).isEqualTo(503);
    }
}
