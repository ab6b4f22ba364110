package io.beemesh.apiserver.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.schema.Schema;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuiltInResourcesTest {
    private static final ResourceCatalog CATALOG = BuiltInResources.catalog(Schemas.load());

    @Test
    void catalog_everyKind_hasSchemaAndTable() {
        for (ResourceDescriptor kind : CATALOG.all()) {
            assertThat(kind.schema().get().fields()).as(kind.kind()).containsKey("metadata");
            ApiObject empty = ApiObject.parse("{\"metadata\":{}}".getBytes(StandardCharsets.UTF_8));
            kind.strategy().setDefaults(empty);
            kind.strategy().prepareCreate(empty);
            assertThat(kind.strategy().validateCreate(empty).isEmpty()).as(kind.kind())
                    .isEqualTo(!kind.stored());
        }
    }

    @Test
    void deploymentSchema_containers_mergeByName() {
        Schema deployment = CATALOG.find(GroupResource.DEPLOYMENTS).orElseThrow().schema().get();
        Schema containers = field(deployment, "spec", "template", "spec", "containers");
        assertThat(containers.patchStrategy()).containsExactly("merge");
        assertThat(containers.patchMergeKey()).isEqualTo("name");
        assertThat(containers.listMapKeys()).containsExactly("name");
        Schema ports = field(containers.items().orElseThrow(), "ports");
        assertThat(ports.listMapKeys()).containsExactly("containerPort", "protocol");
        assertThat(field(ports.items().orElseThrow(), "protocol").defaultText()).isEqualTo("TCP");
    }

    private static Schema field(Schema schema, String... names) {
        Schema here = schema;
        for (String name : names) {
            here = Optional.ofNullable(here.fields().get(name)).orElseThrow();
        }
        return here;
    }
}
