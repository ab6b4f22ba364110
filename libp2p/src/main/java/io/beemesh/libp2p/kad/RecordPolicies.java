package io.beemesh.libp2p.kad;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The policies of all namespaces; keys of others are refused. */
record RecordPolicies(Map<String, RecordPolicy> byNamespace) {
    RecordPolicies {
        byNamespace = Map.copyOf(byNamespace);
    }

    Optional<RecordPolicy> of(byte[] key) {
        if (key.length == 0 || key[0] != '/') {
            return Optional.empty();
        }
        int end = 1;
        while (end < key.length && key[end] != '/') {
            end++;
        }
        return Optional
                .ofNullable(byNamespace.get(new String(key, 1, end - 1, StandardCharsets.UTF_8)));
    }

    boolean isValid(byte[] key, byte[] value) {
        return of(key).map(policy -> policy.isValid(key, value)).orElse(false);
    }

    /** True if {@code challenger} is better than {@code holder}; both are valid. */
    boolean isBetter(byte[] key, byte[] challenger, byte[] holder) {
        return of(key).map(policy -> policy.select(key, List.of(holder, challenger)) == 1)
                .orElse(false);
    }
}
