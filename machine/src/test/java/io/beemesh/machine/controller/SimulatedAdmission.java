package io.beemesh.machine.controller;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Admission;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/** Gives new objects what every object has; refuses what a test says. */
public final class SimulatedAdmission implements Admission {
    private final Loop loop;
    private long sequence;
    private Optional<String> podRefusal = Optional.empty();

    public SimulatedAdmission(Loop loop) {
        this.loop = loop;
    }

    /** Refuses all pods from now on; empty: none. */
    public void refusePods(Optional<String> why) {
        podRefusal = why;
    }

    @Override
    public void prepareCreate(GroupResource type, ApiObject object) throws RejectedException {
        if (type.equals(GroupResource.PODS) && podRefusal.isPresent()) {
            throw new RejectedException(podRefusal.get());
        }
        sequence++;
        if (object.name().isEmpty()) {
            object.metadata().put("name", object.metadata().path("generateName").asText("")
                    + String.format(Locale.ROOT, "%05d", sequence));
        }
        object.metadata().put("uid", String.format(Locale.ROOT, "uid-%05d", sequence));
        object.metadata().put("creationTimestamp",
                loop.wallTime().truncatedTo(ChronoUnit.SECONDS).toString());
        if (!type.equals(GroupResource.CONFIG_MAPS) && !type.equals(GroupResource.EVENTS)) {
            object.metadata().put("generation", 1);
        }
        if (type.equals(GroupResource.PODS) && !object.status().has("phase")) {
            object.status().put("phase", "Pending");
        }
    }
}
