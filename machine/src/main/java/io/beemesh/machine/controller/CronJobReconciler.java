package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Makes a Job each time that a CronJob's schedule says.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/">CronJob</a>
 */
final class CronJobReconciler implements Reconciler {
    private static final String SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    /** Times that were missed and looked at one by one. */
    private static final int MISSED_MAX = 100;
    private static final int NAME_LENGTH_MAX = 52;

    private final Store store;

    CronJobReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.CRON_JOBS, "").forEach(c -> enqueue.accept(c.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.CRON_JOBS)) {
            enqueue.accept(key);
        } else if (key.type().equals(GroupResource.JOBS)) {
            change.object().object().controller()
                    .filter(o -> o.path("kind").asText("").equals("CronJob"))
                    .ifPresent(o -> enqueue.accept(new ObjectKey(GroupResource.CRON_JOBS,
                            key.namespace(), o.path("name").asText(""))));
        }
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty() || stored.get().object().isDeleting()) {
            return Reconciler.done();
        }
        return new Step(store.batch("cronjob-controller"), stored.get()).run();
    }

    /** One look at one CronJob. */
    private final class Step {
        private final Batch batch;
        private final ApiObject cron;
        private final List<StoredObject> active = new ArrayList<>();
        private Optional<ApiObject> created = Optional.empty();

        Step(Batch batch, StoredObject stored) {
            this.batch = batch;
            this.cron = batch.edit(stored);
        }

        CompletableFuture<Outcome> run() {
            look();
            CronSchedule schedule;
            try {
                schedule = CronSchedule.parse(cron.spec().path("schedule").asText(""),
                        cron.spec().path("timeZone").asText(""));
            } catch (IllegalArgumentException e) {
                batch.eventNow(cron, Severity.WARNING, "UnparseableSchedule",
                        "unparseable schedule: " + e.getMessage());
                return batch.commit(new Outcome.Done());
            }
            if (cron.spec().path("suspend").asBoolean(false)) {
                writeActive();
                return batch.commit(new Outcome.Done());
            }
            Instant from = lastTime();
            due(schedule, from).ifPresent(this::begin);
            writeActive();
            return batch.commit(schedule.next(schedule.skip(from, batch.now())).<Outcome>map(
                    next -> new Outcome.After(Duration.between(batch.now(), next)))
                    .orElseGet(Outcome.Done::new));
        }

        /** Finds the Jobs that run and were made by schedule, and removes old ones that have ended. */
        private void look() {
            Set<String> scheduled = new HashSet<>();
            cron.status().path("active")
                    .forEach(job -> scheduled.add(job.path("uid").asText("")));
            List<StoredObject> succeeded = new ArrayList<>();
            List<StoredObject> failed = new ArrayList<>();
            for (StoredObject stored : store.ownedBy(GroupResource.JOBS, cron)) {
                ApiObject job = stored.object();
                if (!JobPods.isFinished(job)) {
                    if (scheduled.contains(job.uid())) {
                        active.add(stored);
                    } else {
                        batch.event(cron, Severity.WARNING, "UnexpectedJob",
                                "Saw a job that the controller did not create or forgot: "
                                        + job.name());
                    }
                } else if (JobPods.is(job, "Complete")) {
                    succeeded.add(stored);
                    String ended = job.status().path("completionTime").asText("");
                    if (ended.compareTo(
                            cron.status().path("lastSuccessfulTime").asText("")) > 0) {
                        cron.status().put("lastSuccessfulTime", ended);
                    }
                } else {
                    failed.add(stored);
                }
            }
            trim(succeeded, cron.spec().path("successfulJobsHistoryLimit").asInt(3));
            trim(failed, cron.spec().path("failedJobsHistoryLimit").asInt(1));
        }

        private void trim(List<StoredObject> jobs, int limit) {
            jobs.sort(Comparator.comparing(j -> j.object().status().path("startTime").asText("")));
            for (StoredObject job : jobs.subList(0, Math.max(0, jobs.size() - limit))) {
                delete(job);
            }
        }

        private void delete(StoredObject job) {
            batch.delete(job, new GracefulDeletion.Options(OptionalLong.empty(),
                    Optional.of(Propagation.BACKGROUND)));
        }

        /** From when on the schedule counts. */
        private Instant lastTime() {
            String last = cron.status().path("lastScheduleTime").asText("");
            return last.isEmpty()
                    ? cron.creationTimestamp().orElse(batch.now())
                    : Instant.parse(last);
        }

        /** The last time that should have been and was not, unless it is too late for it. */
        private Optional<Instant> due(CronSchedule schedule, Instant from) {
            var deadline = cron.spec().path("startingDeadlineSeconds");
            Instant since = deadline.isNumber()
                    ? schedule.skip(from, batch.now().minusSeconds(deadline.asLong()))
                    : from;
            Optional<Instant> due = Optional.empty();
            Optional<Instant> next = schedule.next(since);
            for (int missed = 0; next.isPresent() && !next.get().isAfter(batch.now()); missed++) {
                if (missed == MISSED_MAX) {
                    batch.eventNow(cron, Severity.WARNING, "TooManyMissedTimes",
                            "too many missed start times. Set or decrease "
                                    + ".spec.startingDeadlineSeconds or check clock skew");
                    return lastBefore(schedule, from);
                }
                due = next;
                next = schedule.next(next.get());
            }
            return due;
        }

        /** Looks back from now, further each time, and from the first that it finds on. */
        private Optional<Instant> lastBefore(CronSchedule schedule, Instant from) {
            Optional<Instant> due = Optional.empty();
            for (Duration back = Duration.ofMinutes(1); due.isEmpty()
                    && back.toDays() < 366; back = back.multipliedBy(4)) {
                Optional<Instant> next = schedule
                        .next(schedule.skip(from, batch.now().minus(back)));
                while (next.isPresent() && !next.get().isAfter(batch.now())) {
                    due = next;
                    next = schedule.next(next.get());
                }
            }
            return due;
        }

        private void begin(Instant time) {
            String policy = cron.spec().path("concurrencyPolicy").asText("");
            if (policy.equals("Forbid") && !active.isEmpty()) {
                batch.event(cron, Severity.NORMAL, "JobAlreadyActive",
                        "Not starting job because prior execution is running and concurrency "
                                + "policy is Forbid");
                return;
            }
            if (policy.equals("Replace")) {
                active.forEach(this::delete);
                active.clear();
            }
            ApiObject job = job(time);
            ObjectKey key = Batch.key(GroupResource.JOBS, job);
            if (store.get(key).isEmpty()) {
                try {
                    batch.create(GroupResource.JOBS, job);
                } catch (RejectedException e) {
                    batch.eventNow(cron, Severity.WARNING, "FailedCreate",
                            "Error creating job: " + e.getMessage());
                    return;
                }
                batch.event(cron, Severity.NORMAL, "SuccessfulCreate",
                        "Created job " + job.name());
                created = Optional.of(job);
            }
            cron.status().put("lastScheduleTime", Store.timestamp(time));
        }

        private ApiObject job(Instant time) {
            String base = cron.name().substring(0,
                    Math.min(cron.name().length(), NAME_LENGTH_MAX));
            ObjectNode tree = Json.object();
            tree.put("kind", "Job").put("apiVersion", "batch/v1");
            ObjectNode metadata = tree.putObject("metadata");
            metadata.put("name", base + "-" + time.getEpochSecond() / 60);
            metadata.put("namespace", cron.namespace());
            var template = cron.spec().path("jobTemplate");
            for (String field : List.of("labels", "annotations")) {
                if (!template.path("metadata").path(field).isEmpty()) {
                    metadata.set(field, template.path("metadata").path(field).deepCopy());
                }
            }
            metadata.withObjectProperty("annotations").put(SCHEDULED, Store.timestamp(time));
            metadata.putArray("ownerReferences").add(Workloads.controllerReference(cron));
            tree.set("spec", template.path("spec").deepCopy());
            return new ApiObject(tree);
        }

        private void writeActive() {
            ArrayNode references = Json.object().arrayNode();
            active.forEach(job -> reference(references, job.object()));
            created.ifPresent(job -> reference(references, job));
            if (references.isEmpty()) {
                cron.status().remove("active");
            } else {
                cron.status().set("active", references);
            }
        }

        private static void reference(ArrayNode references, ApiObject job) {
            references.addObject().put("kind", "Job").put("namespace", job.namespace())
                    .put("name", job.name()).put("uid", job.uid()).put("apiVersion", "batch/v1");
        }
    }
}
