package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.OutputFormat;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One request for a resource, on its way through a verb.
 *
 * @param warnings what {@code Warning} headers will say; grows, by one thread at a time
 */
record Call(ApiRequest request, RequestInfo info, ResourceDescriptor resource, OutputFormat output,
        Set<String> warnings) {
    private static final int WARNINGS_MAX = 20;
    private static final int WARNING_CHARS_MAX = 256;

    Call(ApiRequest request, RequestInfo info, ResourceDescriptor resource, OutputFormat output) {
        this(request, info, resource, output, new LinkedHashSet<>());
    }

    GroupResource type() {
        return resource.type();
    }

    ObjectKey key() {
        return info.key();
    }

    void warn(List<String> texts) {
        warnings.addAll(texts);
    }

    /** The response's headers: warnings, and that nothing may be cached. */
    Map<String, List<String>> headers() {
        if (warnings.isEmpty()) {
            return Map.of("Cache-Control", List.of("no-cache, private"));
        }
        List<String> values = new ArrayList<>();
        for (String warning : warnings) {
            if (values.size() < WARNINGS_MAX) {
                values.add("299 - \"" + quoted(warning) + "\"");
            }
        }
        return Map.of("Cache-Control", List.of("no-cache, private"), "Warning", values);
    }

    private static String quoted(String text) {
        String shorter = text.length() > WARNING_CHARS_MAX
                ? text.substring(0, WARNING_CHARS_MAX)
                : text;
        StringBuilder quoted = new StringBuilder();
        for (int i = 0; i < shorter.length(); i++) {
            char c = shorter.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c < ' ' || c > '~' ? '?' : c);
        }
        return quoted.toString();
    }
}
