package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.auth.User;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one decision costs where 1,000 namespaces have 10 bindings each, the cluster 100, and the user in
 * question the roles view, edit and admin.
 */
@SuppressWarnings("NullAway.Init")
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 3)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AuthorizerBenchmark {
    private static final int NAMESPACES = 1_000;
    private static final int BINDINGS = 10;
    private static final User WEB = new User("system:serviceaccount:n7:web", "",
            List.of("system:serviceaccounts", "system:serviceaccounts:n7",
                    "system:authenticated"));
    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private final Registry registry = SimulatedRegistry
            .on(simulation, loop, RegistryConfig.defaults()).registry();
    private final Authorizer authorizer = new Authorizer(registry);
    private final Attributes early = Attributes.resource("get", GroupResource.PODS, "", "n7",
            "web-0");
    private final Attributes never = Attributes.resource("get",
            new GroupResource("example.com", "things"), "", "n7", "a");

    @Setup
    public void fill() {
        for (ApiObject object : PolicyText.objects()) {
            write(ObjectKey.cluster(PolicyText.typeOf(object), object.name()), object);
        }
        for (int n = 0; n < NAMESPACES; n++) {
            for (int b = 0; b < BINDINGS; b++) {
                bind("n" + n, "b" + b, b == 0 ? "web" : "other" + b,
                        "system:aggregate-to-" + List.of("view", "edit", "admin").get(b % 3));
            }
        }
        for (String role : List.of("view", "edit", "admin")) {
            bind("n7", "own-" + role, "web", "system:aggregate-to-" + role);
        }
        loop.execute(authorizer::start);
        simulation.run(Duration.ofSeconds(60));
        if (!authorizer.allows(WEB, early) || authorizer.allows(WEB, never)) {
            throw new IllegalStateException("the roles are not there");
        }
    }

    private void bind(String namespace, String name, String account, String role) {
        ApiObject binding = ApiObject.parse(("{\"kind\":\"RoleBinding\",\"apiVersion\":"
                + "\"rbac.authorization.k8s.io/v1\",\"metadata\":{\"name\":\"" + name
                + "\",\"namespace\":\"" + namespace + "\"},\"roleRef\":{\"kind\":\"ClusterRole\","
                + "\"name\":\"" + role
                + "\"},\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\""
                + account + "\"}]}").getBytes(StandardCharsets.UTF_8));
        write(new ObjectKey(GroupResource.ROLE_BINDINGS, namespace, name), binding);
    }

    private void write(ObjectKey key, ApiObject object) {
        loop.execute(() -> registry.write(List.of(new Mutation.Create(Draft.of(key, object)))));
        simulation.run(Duration.ofMillis(5));
    }

    @Benchmark
    public boolean allowed() {
        return authorizer.allows(WEB, early);
    }

    @Benchmark
    public boolean refused() {
        return authorizer.allows(WEB, never);
    }
}
