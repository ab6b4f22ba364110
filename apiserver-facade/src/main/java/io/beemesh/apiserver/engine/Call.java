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
    /** All warnings together; if they are longer, each is cut. */
    private static final int WARNINGS_CHARS_MAX = 4 * 1024;
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
        boolean fit = warnings.stream().mapToInt(String::length).sum() <= WARNINGS_CHARS_MAX;
        List<String> values = new ArrayList<>();
        int written = 0;
        for (String warning : warnings) {
            String text = fit || warning.length() <= WARNING_CHARS_MAX
                    ? warning
                    : warning.substring(0, WARNING_CHARS_MAX);
            if (written < WARNINGS_CHARS_MAX) {
                values.add("299 - \"" + quoted(text) + "\"");
                written += text.length();
            }
        }
        return Map.of("Cache-Control", List.of("no-cache, private"), "Warning", values);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c < ' ' || c > '~' ? '?' : c);
        }
        return quoted.toString();
    }
}
