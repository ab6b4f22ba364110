package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.registry.Mutation;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * What a write goes through before and after its validation, and what must be committed with it: such as the claim
 * of a Service's address. Pure but for reads of the registry; any thread.
 */
public interface WriteAdmission {
    /** Completes a new object in place, before it is validated. */
    Outcome admitCreate(ResourceDescriptor resource, ApiObject object);

    /** Completes the next state of an object in place, before it is validated. */
    Outcome admitUpdate(ResourceDescriptor resource, ApiObject next, ApiObject current);

    /**
     * Whether there may be such an object, once it is known to be valid; changes nothing of it.
     *
     * @param current empty if the object is new
     * @param admitted what came of completing it; its companions are part of what this gives
     */
    default Outcome check(ResourceDescriptor resource, ApiObject next, Optional<ApiObject> current,
            Outcome admitted) {
        return admitted;
    }

    /**
     * What is said to who makes or changes an object, in {@code Warning} headers; asked once the write is
     * admitted.
     *
     * @param current without content if the object is new
     * @param workers runs what takes time
     */
    default CompletableFuture<List<String>> warnings(ResourceDescriptor resource, ApiObject next,
            ApiObject current, Executor workers) {
        return CompletableFuture.completedFuture(List.of());
    }

    /** What must go with an object that is removed. */
    List<Mutation> onRemove(ResourceDescriptor resource, ApiObject last);

    /**
     * What came of it.
     *
     * @param companions to be committed with the object, or not at all; an existing companion means
     *     that the choice was taken meanwhile, and admission is asked again. Those of other slots are
     *     made before the object and removed after it
     * @param errors broken rules; 422 unless empty
     * @param forbidden why nobody may do this now; 403 unless empty
     */
    record Outcome(List<Mutation> companions, List<FieldError> errors, String forbidden) {
        public static final Outcome ADMITTED = new Outcome(List.of(), List.of(), "");

        /** True unless the write is refused. */
        public boolean isAdmitted() {
            return errors.isEmpty() && forbidden.isEmpty();
        }

        public Outcome {
            companions = List.copyOf(companions);
            errors = List.copyOf(errors);
        }
    }

    /** Takes everything as it is. */
    WriteAdmission NONE = new WriteAdmission() {
        @Override
        public Outcome admitCreate(ResourceDescriptor resource, ApiObject object) {
            return Outcome.ADMITTED;
        }

        @Override
        public Outcome admitUpdate(ResourceDescriptor resource, ApiObject next,
                ApiObject current) {
            return Outcome.ADMITTED;
        }

        @Override
        public List<Mutation> onRemove(ResourceDescriptor resource, ApiObject last) {
            return List.of();
        }
    };
}
