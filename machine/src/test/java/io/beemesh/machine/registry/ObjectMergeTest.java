package io.beemesh.machine.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.Rules;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ObjectMergeTest {
    private static final ObjectKey KEY = TestObjects.configMap("default", "a");

    private final ObjectMerge merge = new ObjectMerge(new Simulation(1).newLoop(),
            PrivateKey.fromSeed(new byte[32]).peerId(), Rules.all());

    private static StoredObject state(String value, long version, String editedAt,
            String statusAt) {
        ApiObject object = TestObjects.object(KEY, value);
        ArrayNode writers = object.metadata().putArray("managedFields");
        writers.addObject().put("manager", "kubectl").put("time", editedAt);
        writers.addObject().put("manager", "kube-controller-manager").put("time", statusAt)
                .put("subresource", "status");
        return new StoredObject(KEY, object.uid(), version, Json.write(object.tree()), Map.of(),
                "", Map.of());
    }

    private String merged(StoredObject ours, StoredObject theirs) {
        StoredObject base = state("base", 1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        Pin pin = new Pin(KEY, 1, Pin.Base.of(Pin.State.of(Optional.of(base))),
                Pin.State.of(Optional.of(ours)), Pin.State.of(Optional.of(theirs)), false);
        Mutation mutation = merge.merge(pin).mutation().orElseThrow();
        assertThat(mutation).isInstanceOf(Mutation.Update.class);
        return new String(((Mutation.Update) mutation).draft().tail(), UTF_8);
    }

    @Test
    void sameField_theLaterEditWins_whateverTheStatusDidSince() {
        StoredObject early = state("early", 9, "2026-01-01T00:00:01Z", "2026-01-01T00:00:09Z");
        StoredObject late = state("late", 5, "2026-01-01T00:00:03Z", "2026-01-01T00:00:02Z");

        assertThat(merged(early, late)).contains("\"value\":\"late\"");
        assertThat(merged(late, early)).contains("\"value\":\"late\"");
    }

    @Test
    void sameField_inOneSecond_theHigherVersionWins() {
        StoredObject low = state("low", 5, "2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z");
        StoredObject high = state("high", 9, "2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z");

        assertThat(merged(low, high)).contains("\"value\":\"high\"");
        assertThat(merged(high, low)).contains("\"value\":\"high\"");
    }
}
