package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The claims of pods' generic ephemeral volumes. */
final class EphemeralVolumeReconcilerTest {
    private static final ObjectKey POD = World.key(GroupResource.PODS, "p");
    private static final ObjectKey CLAIM = World.key(GroupResource.PERSISTENT_VOLUME_CLAIMS,
            "p-scratch");
    private final World world = new World(25);

    private ApiObject pod() {
        return pod(world);
    }

    private static ApiObject pod(World world) {
        world.apply(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{
                 "containers":[{"name":"c","image":"a"}],"volumes":[{"name":"none","emptyDir":{}},
                 {"name":"scratch","ephemeral":{"volumeClaimTemplate":{"metadata":{
                   "labels":{"a":"b"},"annotations":{"note":"x"}},"spec":{
                   "storageClassName":"fast","accessModes":["ReadWriteOnce"],
                   "resources":{"requests":{"storage":"1Gi"}}}}}}]}}""");
        world.run(Duration.ofSeconds(2));
        return world.get(GroupResource.PODS, "p");
    }

    private Optional<ApiObject> claim() {
        return world.find(GroupResource.PERSISTENT_VOLUME_CLAIMS, "p-scratch");
    }

    @Test
    void pod_getsTheClaimOfItsTemplate_andOwnsIt() {
        ApiObject pod = pod();
        ApiObject claim = claim().orElseThrow();
        assertThat(claim.labels()).containsEntry("a", "b");
        assertThat(claim.annotations()).containsEntry("note", "x");
        assertThat(claim.spec().path("storageClassName").asText()).isEqualTo("fast");
        assertThat(claim.spec().at("/resources/requests/storage").asText()).isEqualTo("1Gi");
        JsonNode owner = claim.controller().orElseThrow();
        assertThat(owner.path("uid").asText()).isEqualTo(pod.uid());
        assertThat(owner.path("kind").asText()).isEqualTo("Pod");
        assertThat(owner.path("blockOwnerDeletion").asBoolean()).isTrue();
        assertThat(world.list(GroupResource.PERSISTENT_VOLUME_CLAIMS)).hasSize(1);
    }

    @Test
    void claim_staysWhileItsPodDoes_andGoesWithIt() {
        pod();
        world.delete(CLAIM, Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(claim()).isPresent().get().matches(ApiObject::isDeleting);
        world.delete(POD, Options.now());
        world.run(Duration.ofSeconds(5));
        assertThat(claim()).isEmpty();
        assertThat(world.find(GroupResource.PODS, "p")).isEmpty();
    }

    /** Its claim must go first, and must not wait for it. */
    @Test
    void podThatRunsNowhere_isDeletedInTheForeground() {
        World unscheduled = new World(26, false);
        pod(unscheduled);
        unscheduled.delete(POD,
                new Options(OptionalLong.empty(), Optional.of(Propagation.FOREGROUND)));
        unscheduled.run(Duration.ofSeconds(5));
        assertThat(unscheduled.find(GroupResource.PODS, "p")).isEmpty();
        assertThat(unscheduled.list(GroupResource.PERSISTENT_VOLUME_CLAIMS)).isEmpty();
    }

    @Test
    void claimOfAnother_isTold_andTakenOverByNobody() {
        world.apply(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                "{\"kind\":\"PersistentVolumeClaim\",\"apiVersion\":\"v1\",\"metadata\":"
                        + "{\"name\":\"p-scratch\"},\"spec\":{}}");
        ApiObject pod = pod();
        assertThat(world.events("FailedBinding")).contains("ephemeral volume scratch: PVC "
                + "default/p-scratch was not created for pod default/p (pod is not owner)");
        assertThat(claim().flatMap(ApiObject::controller)).isEmpty();
        world.delete(CLAIM, Options.DEFAULT);
        world.run(Duration.ofSeconds(2));
        assertThat(claim().flatMap(ApiObject::controller).map(c -> c.path("uid").asText()))
                .contains(pod.uid());
    }
}
