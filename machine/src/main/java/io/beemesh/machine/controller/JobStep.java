package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.controller.Conditions.Condition;
import io.beemesh.machine.controller.Reconciler.Outcome;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** One look at one Job that is not finished. */
final class JobStep {
    /** Pods made in one log entry. */
    private static final int STEP_PODS_MAX = 100;
    private static final Duration BACKOFF_MIN = Duration.ofSeconds(10);
    private static final Duration BACKOFF_MAX = Duration.ofMinutes(10);
    private static final int DOUBLINGS_MAX = 6;

    private final Store store;
    private final Batch batch;
    private final ApiObject job;
    private final ObjectNode status;
    private final BitSet completed;
    private final List<StoredObject> active = new ArrayList<>();
    private final List<Integer> made = new ArrayList<>();
    private int created;
    private int terminating;
    private int recentFailures;
    private Instant lastFailure = Instant.EPOCH;
    private Instant lastSuccess = Instant.EPOCH;
    private Duration recheck = Duration.ofSeconds(-1);
    private String failure = "";
    private String fatal = "";
    private boolean more;

    JobStep(Store store, Batch batch, ApiObject job) {
        this.store = store;
        this.batch = batch;
        this.job = job;
        this.status = job.status();
        this.completed = JobIndexes.parse(status.path("completedIndexes").asText(""));
    }

    CompletableFuture<Outcome> run() {
        count();
        if (!JobPods.isSuspended(job) && !status.has("startTime")) {
            status.put("startTime", Store.timestamp(batch.now()));
        }
        String[] end = end();
        if (end.length > 0) {
            finish(end[0], end[1], end[2]);
        } else {
            suspendOrResume();
            manage();
        }
        writeStatus();
        if (!failure.isEmpty()) {
            return batch.commit(new Outcome.Retry(failure));
        }
        return batch.commit(more
                ? new Outcome.After(Duration.ZERO)
                : recheck.isNegative() ? new Outcome.Done() : new Outcome.After(recheck));
    }

    /** Counts what has ended and was not counted, and finds what runs. */
    private void count() {
        int succeeded = status.path("succeeded").asInt(0);
        int failed = status.path("failed").asInt(0);
        for (StoredObject stored : store.ownedBy(GroupResource.PODS, job)) {
            ApiObject pod = stored.object();
            boolean uncounted = Finalizers.has(pod, JobPods.FINALIZER);
            boolean success = Pods.phase(pod).equals("Succeeded");
            boolean over = Pods.isTerminal(pod) || (pod.isDeleting()
                    && (Pods.nodeName(pod).isEmpty() || grace(pod) == 0));
            if (over) {
                JobPolicies.Failure kind = success
                        ? new JobPolicies.Failure.Counted()
                        : JobPolicies.failure(job, pod);
                if (!(kind instanceof JobPolicies.Failure.Ignored)) {
                    remember(pod, success);
                }
                if (uncounted) {
                    if (kind instanceof JobPolicies.Failure.Fatal(String message)) {
                        fatal = message;
                    }
                    int index = JobPods.index(pod);
                    boolean again = success && JobPods.isIndexed(job)
                            && (index < 0 || completed.get(index));
                    succeeded += success && !again ? 1 : 0;
                    failed += success || kind instanceof JobPolicies.Failure.Ignored ? 0 : 1;
                    if (success && index >= 0 && JobPods.isIndexed(job)) {
                        completed.set(index);
                    }
                    Finalizers.remove(batch, stored, JobPods.FINALIZER);
                }
            } else if (pod.isDeleting()) {
                terminating++;
            } else {
                active.add(stored);
            }
        }
        active.sort((a, b) -> Rollout.OLDEST_FIRST.compare(a.object(), b.object()));
        ReplicaSetStatus.putCount(status, "succeeded", succeeded);
        ReplicaSetStatus.putCount(status, "failed", failed);
        if (JobPods.isIndexed(job) && !completed.isEmpty()) {
            status.put("completedIndexes", JobIndexes.text(completed));
        }
    }

    private static long grace(ApiObject pod) {
        return pod.metadata().path("deletionGracePeriodSeconds").asLong(0);
    }

    private void remember(ApiObject pod, boolean success) {
        Instant ended = JobPods.finished(pod, batch.now());
        if (success) {
            lastSuccess = ended.isAfter(lastSuccess) ? ended : lastSuccess;
        } else {
            recentFailures++;
            lastFailure = ended.isAfter(lastFailure) ? ended : lastFailure;
        }
    }

    /** Condition, reason and message if the Job is over; nothing if it goes on. */
    private String[] end() {
        int succeeded = status.path("succeeded").asInt(0);
        int failed = status.path("failed").asInt(0);
        int limit = job.spec().path("backoffLimit").asInt(6);
        int restarts = 0;
        boolean restartsCount = job.spec().path("template").path("spec").path("restartPolicy")
                .asText("").equals("OnFailure");
        for (StoredObject pod : active) {
            restarts += restartsCount ? JobPods.restarts(pod.object()) : 0;
        }
        if (JobPods.is(job, "FailureTarget")) {
            var target = Conditions.find(status, "FailureTarget").orElseThrow();
            return new String[]{"Failed", target.path("reason").asText(""),
                    target.path("message").asText("")};
        }
        if (!fatal.isEmpty()) {
            return new String[]{"Failed", "PodFailurePolicy", fatal};
        }
        if (JobPods.is(job, "SuccessCriteriaMet")) {
            var target = Conditions.find(status, "SuccessCriteriaMet").orElseThrow();
            return new String[]{"Complete", target.path("reason").asText(""),
                    target.path("message").asText("")};
        }
        Optional<String> enough = JobPolicies.success(job, completed);
        if (enough.isPresent()) {
            return new String[]{"Complete", "SuccessPolicy", enough.get()};
        }
        if (failed > limit || (restarts > 0 && restarts >= Math.max(1, limit))) {
            return new String[]{"Failed", "BackoffLimitExceeded",
                    "Job has reached the specified backoff limit"};
        }
        if (isPastDeadline()) {
            return new String[]{"Failed", "DeadlineExceeded",
                    "Job was active longer than specified deadline"};
        }
        boolean complete = JobPods.completions(job).map(c -> succeeded >= c)
                .orElse(succeeded > 0 && active.isEmpty());
        return complete
                ? new String[]{"Complete", "CompletionsReached",
                        "Reached expected number of succeeded pods"}
                : new String[0];
    }

    private boolean isPastDeadline() {
        var deadline = job.spec().path("activeDeadlineSeconds");
        if (!deadline.isNumber() || !status.has("startTime") || JobPods.isSuspended(job)) {
            return false;
        }
        Duration left = Duration.between(batch.now(), Instant
                .parse(status.path("startTime").asText()).plusSeconds(deadline.asLong()));
        if (left.isNegative() || left.isZero()) {
            return true;
        }
        again(left);
        return false;
    }

    /** Ends the pods that are left; the Job is over once they are. */
    private void finish(String condition, String reason, String message) {
        boolean complete = condition.equals("Complete");
        String target = complete ? "SuccessCriteriaMet" : "FailureTarget";
        Conditions.set(status, new Condition(target, "True", reason, message), batch.now());
        for (StoredObject pod : List.copyOf(active)) {
            delete(pod);
        }
        if (terminating > 0) {
            return;
        }
        Conditions.set(status, new Condition(condition, "True", reason, message), batch.now());
        if (complete) {
            status.put("completionTime", Store.timestamp(batch.now()));
            batch.event(job, Severity.NORMAL, "Completed", "Job completed");
        } else {
            batch.event(job, Severity.WARNING, reason, message);
        }
    }

    private void suspendOrResume() {
        boolean was = JobPods.is(job, "Suspended");
        if (JobPods.isSuspended(job) && !was) {
            Conditions.set(status,
                    new Condition("Suspended", "True", "JobSuspended", "Job suspended"),
                    batch.now());
            status.remove("startTime");
            batch.event(job, Severity.NORMAL, "Suspended", "Job suspended");
        } else if (!JobPods.isSuspended(job) && was) {
            Conditions.set(status,
                    new Condition("Suspended", "False", "JobResumed", "Job resumed"),
                    batch.now());
            status.put("startTime", Store.timestamp(batch.now()));
            batch.event(job, Severity.NORMAL, "Resumed", "Job resumed");
        }
    }

    private void manage() {
        int wanted = wanted();
        while (active.size() > wanted) {
            delete(active.getLast());
        }
        boolean waits = job.spec().path("podReplacementPolicy").asText("").equals("Failed");
        int missing = wanted - active.size() - (waits ? terminating : 0);
        if (missing <= 0) {
            return;
        }
        Duration backoff = backoff();
        if (!backoff.isZero()) {
            again(backoff);
            return;
        }
        more = missing > STEP_PODS_MAX;
        for (int i = 0; i < Math.min(missing, STEP_PODS_MAX) && failure.isEmpty(); i++) {
            create(JobPods.isIndexed(job) ? lowestFreeIndex() : -1);
        }
    }

    private int wanted() {
        if (JobPods.isSuspended(job)) {
            return 0;
        }
        int succeeded = status.path("succeeded").asInt(0);
        return JobPods.completions(job)
                .map(c -> Math.min(JobPods.parallelism(job), c - succeeded))
                .orElse(succeeded > 0
                        ? Math.min(active.size(), JobPods.parallelism(job))
                        : JobPods.parallelism(job));
    }

    /** Ten seconds, doubled with each failure since the last success. */
    private Duration backoff() {
        if (recentFailures == 0 || lastSuccess.isAfter(lastFailure)) {
            return Duration.ZERO;
        }
        Duration delay = BACKOFF_MIN
                .multipliedBy(1L << Math.min(recentFailures - 1, DOUBLINGS_MAX));
        delay = delay.compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : delay;
        Duration left = Duration.between(batch.now(), lastFailure.plus(delay));
        return left.isNegative() ? Duration.ZERO : left;
    }

    private int lowestFreeIndex() {
        BitSet taken = (BitSet) completed.clone();
        for (StoredObject pod : active) {
            int index = JobPods.index(pod.object());
            if (index >= 0) {
                taken.set(index);
            }
        }
        made.forEach(taken::set);
        return taken.nextClearBit(0);
    }

    private void create(int index) {
        ApiObject pod = JobPods.pod(job, index);
        pod.metadata().put("name", freeName(index));
        try {
            batch.create(GroupResource.PODS, pod);
            if (index >= 0) {
                made.add(index);
            }
            created++;
            batch.event(job, Severity.NORMAL, "SuccessfulCreate", "Created pod: " + pod.name());
        } catch (RejectedException e) {
            failure = String.valueOf(e.getMessage());
            batch.eventNow(job, Severity.WARNING, "FailedCreate", "Error creating: " + failure);
        }
    }

    private String freeName(int index) {
        String base = index < 0 ? job.name() : job.name() + "-" + index;
        for (int attempt = 0;; attempt++) {
            String name = PodNames.named(base,
                    job.uid() + "/" + batch.now().toEpochMilli() + "/" + attempt);
            ObjectKey key = new ObjectKey(GroupResource.PODS, job.namespace(), name);
            if (store.get(key).isEmpty() && !batch.creates(key)) {
                return name;
            }
        }
    }

    private void delete(StoredObject pod) {
        batch.delete(pod, GracefulDeletion.Options.DEFAULT);
        active.remove(pod);
        terminating++;
        batch.event(job, Severity.NORMAL, "SuccessfulDelete", "Deleted pod: " + pod.key().name());
    }

    private void writeStatus() {
        int ready = (int) active.stream().filter(p -> Pods.isReady(p.object())).count();
        ReplicaSetStatus.putCount(status, "active", active.size() + created);
        status.put("ready", ready);
        status.put("terminating", terminating);
        status.putObject("uncountedTerminatedPods");
    }

    private void again(Duration delay) {
        recheck = recheck.isNegative() || delay.compareTo(recheck) < 0 ? delay : recheck;
    }
}
