package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.authorization.GrantChecks;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.usage.UsageTable;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the engine works on.
 *
 * @param random asked once, at the start
 * @param workers runs what takes time, such as encoding long lists; may run it at once, on the caller's
 *     thread
 */
public record EngineSeams(Registry registry, ResourceCatalog catalog, WriteAdmission admission,
        Loop loop, RandomGenerator random, Executor workers, BoundTokens tokens,
        Authorizer authorizer, UsageTable usage) {
    GrantChecks grants() {
        return new GrantChecks(authorizer);
    }
}
