package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The one OpenAPI v2 document of all that is served, as JSON or Protobuf; made at each call, definition
 * by definition, as few clients ask for it and it is long. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v2">OpenAPI v2</a>
 */
public final class OpenApiV2 {
    private final ResourceCatalog catalog;
    private final String version;

    /** @param version of this server */
    public OpenApiV2(ResourceCatalog catalog, String version) {
        this.catalog = catalog;
        this.version = version;
    }

    /** What the document's ETag is made of. */
    public String hash() {
        return OpenApi.hash(kinds());
    }

    /** The document as JSON, in pieces to be written one after another. */
    public List<byte[]> json() {
        String head = new String(Json.write(head()), StandardCharsets.UTF_8);
        ByteArrayOutputStream definitions = new ByteArrayOutputStream();
        new Definitions().each(OpenApi.roots(kinds()), (name, schema) -> {
            definitions.writeBytes(((definitions.size() == 0 ? "\"" : ",\"") + name + "\":")
                    .getBytes(StandardCharsets.UTF_8));
            definitions.writeBytes(Json.write(Swagger.schema(parse(schema))));
        });
        return List.of((head.substring(0, head.length() - 1) + ",\"definitions\":{")
                .getBytes(StandardCharsets.UTF_8), definitions.toByteArray(),
                "}}".getBytes(StandardCharsets.UTF_8));
    }

    /** The document as Protobuf, in pieces to be written one after another. */
    public List<byte[]> protobuf() {
        List<byte[]> pieces = new ArrayList<>();
        pieces.add(SwaggerProtobuf.document(head()));
        ObjectNode definitions = Json.object();
        new Definitions().each(OpenApi.roots(kinds()),
                (name, schema) -> definitions.set(name, Swagger.schema(parse(schema))));
        pieces.add(SwaggerProtobuf.document(Json.object().set("definitions", definitions)));
        return pieces;
    }

    private ObjectNode head() {
        return Swagger.head(catalog.all(), version);
    }

    private List<ResourceDescriptor> kinds() {
        return List.copyOf(catalog.all());
    }

    private static JsonNode parse(String schema) {
        return Json.parseOwn(schema.getBytes(StandardCharsets.UTF_8));
    }
}
