package io.beemesh.machine.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Ready endpoints of the Service that is annotated {@value #ANNOTATION}{@code : "true"}, in turn. Of
 * several such Services the first by namespace and name counts. It follows the registry on the loop;
 * {@link #get} may be called from any thread.
 */
public final class DefaultService implements Supplier<Optional<InetSocketAddress>>, WatchListener {
    public static final String ANNOTATION = "beemesh.io/http-default";
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Registry registry;
    private final NavigableSet<ObjectKey> annotated = new TreeSet<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile List<InetSocketAddress> endpoints = List.of();

    public DefaultService(Registry registry) {
        this.registry = registry;
    }

    /** Begins to follow; on the loop. */
    public void start() {
        registry.follow(this);
        registry.peek(GroupResource.SERVICES, "").forEach(this::note);
        refresh();
    }

    @Override
    public Optional<InetSocketAddress> get() {
        List<InetSocketAddress> now = endpoints;
        return now.isEmpty()
                ? Optional.empty()
                : Optional.of(now.get(Math.floorMod(turn.getAndIncrement(), now.size())));
    }

    @Override
    public void onChanges(List<Change> changes) {
        boolean relevant = false;
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            if (key.type().equals(GroupResource.SERVICES)) {
                if (change.kind() == Change.Kind.DELETED) {
                    annotated.remove(key);
                } else {
                    note(change.object());
                }
                relevant = true;
            } else if (key.type().equals(GroupResource.ENDPOINT_SLICES) && !annotated.isEmpty()) {
                relevant |= belongsTo(annotated.first(), change.object());
            }
        }
        if (relevant) {
            refresh();
        }
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        endpoints = List.of();
    }

    private void note(StoredObject service) {
        String value = service.object().annotations().getOrDefault(ANNOTATION, "");
        if (value.equals("true")) {
            annotated.add(service.key());
        } else {
            annotated.remove(service.key());
        }
    }

    private static boolean belongsTo(ObjectKey service, StoredObject slice) {
        return slice.key().namespace().equals(service.namespace())
                && service.name().equals(slice.labels().get(SERVICE_NAME));
    }

    private void refresh() {
        List<InetSocketAddress> ready = new ArrayList<>();
        if (!annotated.isEmpty()) {
            ObjectKey service = annotated.first();
            for (StoredObject slice : registry.peek(GroupResource.ENDPOINT_SLICES,
                    service.namespace())) {
                if (belongsTo(service, slice)) {
                    addReady(slice.object(), ready);
                }
            }
        }
        endpoints = List.copyOf(ready);
    }

    private static void addReady(ApiObject slice, List<InetSocketAddress> ready) {
        int port = port(slice);
        if (port < 1 || port > 65535) {
            return;
        }
        for (JsonNode endpoint : slice.tree().path("endpoints")) {
            if (endpoint.path("conditions").path("ready").asBoolean(true)) {
                for (JsonNode address : endpoint.path("addresses")) {
                    literal(address.asText("")).ifPresent(
                            ip -> ready.add(new InetSocketAddress(ip, port)));
                }
            }
        }
    }

    /** That of the name {@code http}; of those without one the first. */
    private static int port(ApiObject slice) {
        JsonNode ports = slice.tree().path("ports");
        JsonNode chosen = ports.path(0);
        for (JsonNode port : ports) {
            chosen = port.path("name").asText("").equals("http") ? port : chosen;
        }
        return chosen.path("port").asInt(0);
    }

    /** Never a look-up: an endpoint's address is user input. */
    private static Optional<InetAddress> literal(String address) {
        try {
            return Optional.of(InetAddress.ofLiteral(address));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
