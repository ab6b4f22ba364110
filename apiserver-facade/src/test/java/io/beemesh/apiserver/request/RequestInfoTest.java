package io.beemesh.apiserver.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestInfoTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
            "GET|/api/v1/pods|list||v1|pods||||",
            "GET|/api/v1/namespaces|list||v1|namespaces||||",
            "GET|/api/v1/namespaces/x|get||v1|namespaces||x||",
            "PUT|/api/v1/namespaces/x/finalize|update||v1|namespaces||x|finalize|",
            "PATCH|/api/v1/namespaces/x/status|patch||v1|namespaces||x|status|",
            "GET|/api/v1/namespaces/x/pods|list||v1|pods|x|||",
            "POST|/api/v1/namespaces/x/pods|create||v1|pods|x|||",
            "DELETE|/api/v1/namespaces/x/pods|deletecollection||v1|pods|x|||",
            "DELETE|/api/v1/namespaces/x/pods/p|delete||v1|pods|x|p||",
            "GET|/api/v1/watch/pods|watch||v1|pods||||",
            "GET|/api/v1/watch/namespaces/x/pods/p|watch||v1|pods|x|p||",
            "GET|/apis/apps/v1/namespaces/x/deployments/d/scale|get|apps|v1|deployments|x|d|scale|",
            "GET|/api/v1/namespaces/x/services/s/proxy/a/b|get||v1|services|x|s|proxy|a/b",
            "GET|/api/v1/nodes/n/status/|get||v1|nodes||n|status|",
            "GET|/version|get|||||||",
            "GET|/api/v1|get|||||||",
            "GET|/apis/apps/v1/|get|||||||"})
    void of_path_namesAllParts(String method, String path, String verb, String group,
            String version, String resource, String namespace, String name, String subresource,
            String rest) {
        assertThat(RequestInfo.of(method, path, Map.of()))
                .isEqualTo(new RequestInfo(verb, text(group), text(version), text(resource),
                        text(namespace), text(name), text(subresource), text(rest)));
    }

    @ParameterizedTest
    @CsvSource({"1,watch", "true,watch", "'',watch", "0,list", "false,list"})
    void of_watchParameter_decidesVerb(String value, String verb) {
        assertThat(RequestInfo.of("GET", "/api/v1/pods", Map.of("watch", List.of(value))).verb())
                .isEqualTo(verb);
    }

    private static String text(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }
}
