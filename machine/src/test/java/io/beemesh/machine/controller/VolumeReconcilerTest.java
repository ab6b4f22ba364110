package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Volumes that users make. */
final class VolumeReconcilerTest {
    private final World world = new World(24);

    private void volume(String name, String more) {
        world.apply(GroupResource.PERSISTENT_VOLUMES,
                """
                        {"kind":"PersistentVolume","apiVersion":"v1","metadata":{"name":"%s"},"spec":{%s
                         "storageClassName":"manual","accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
                         "hostPath":{"path":"/data"}}}"""
                        .formatted(name, more));
        world.run(Duration.ofSeconds(2));
    }

    private void claim(String name, String more) {
        world.apply(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                """
                        {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"%s"},"spec":{%s
                         "storageClassName":"manual","accessModes":["ReadWriteOnce"],
                         "resources":{"requests":{"storage":"1Gi"}}}}"""
                        .formatted(name, more));
        world.run(Duration.ofSeconds(2));
    }

    private String phase(String claim) {
        return world.get(GroupResource.PERSISTENT_VOLUME_CLAIMS, claim).status().path("phase")
                .asText();
    }

    private JsonNode claimRef(String volume) {
        return world.registry.get(ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, volume))
                .orElseThrow().object().spec().path("claimRef");
    }

    @Test
    void claimThatNamesItsVolume_hasItForItself() {
        volume("pv-a", "");
        claim("first", "\"volumeName\":\"pv-a\",");
        assertThat(phase("first")).isEqualTo("Bound");
        assertThat(claimRef("pv-a").path("name").asText()).isEqualTo("first");
        assertThat(claimRef("pv-a").path("uid").asText()).isEqualTo(
                world.get(GroupResource.PERSISTENT_VOLUME_CLAIMS, "first").uid());
        claim("other", "");
        assertThat(phase("other")).isEqualTo("Pending");
        claim("second", "\"volumeName\":\"pv-a\",");
        assertThat(phase("second")).isEqualTo("Pending");
        assertThat(world.events("FailedBinding"))
                .containsExactly("volume \"pv-a\" already bound to a different claim.");
        assertThat(claimRef("pv-a").path("name").asText()).isEqualTo("first");
    }

    /** One that a machine has goes when the machine says that its data has gone, or has gone itself. */
    @Test
    void volumeThatIsDeleted_waitsForItsMachine() {
        ObjectKey key = ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, "pv-a");
        world.apply(GroupResource.NODES,
                "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n1\"}}");
        volume("pv-a",
                "\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":"
                        + "[{\"key\":\"kubernetes.io/hostname\",\"operator\":\"In\",\"values\":[\"n1\"]}]}]}},");
        world.edit(key, volume -> volume.metadata().withArrayProperty("finalizers")
                .add(LocalVolume.DATA));
        world.delete(key, GracefulDeletion.Options.DEFAULT);
        world.run(Duration.ofSeconds(2));

        assertThat(world.registry.get(key).map(StoredObject::object)
                .map(LocalVolume::waitsForData)).contains(true);
        world.delete(ObjectKey.cluster(GroupResource.NODES, "n1"),
                GracefulDeletion.Options.DEFAULT);
        world.run(Duration.ofSeconds(2));
        assertThat(world.registry.get(key)).isEmpty();
    }

    @Test
    void volumeThatIsReservedByName_getsTheUidOfItsClaim() {
        volume("pv-a", "\"claimRef\":{\"namespace\":\"default\",\"name\":\"mine\"},");
        claim("other", "\"volumeName\":\"pv-a\",");
        assertThat(phase("other")).isEqualTo("Pending");
        claim("mine", "\"volumeName\":\"pv-a\",");
        assertThat(phase("mine")).isEqualTo("Bound");
        assertThat(claimRef("pv-a").path("uid").asText()).isNotEmpty();
    }

    @Test
    void volumeThatComesLater_isBoundToTheClaimThatWaits() {
        claim("named", "\"volumeName\":\"pv-a\",");
        assertThat(phase("named")).isEqualTo("Pending");
        volume("pv-a", "");
        claim("any", "");
        assertThat(phase("any")).isEqualTo("Pending");
        volume("pv-b", "");
        assertThat(phase("named") + phase("any")).isEqualTo("BoundBound");
        assertThat(claimRef("pv-a").path("name").asText()).isEqualTo("named");
        assertThat(claimRef("pv-b").path("name").asText()).isEqualTo("any");
    }
}
