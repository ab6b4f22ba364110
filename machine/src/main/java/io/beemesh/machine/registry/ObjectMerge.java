package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.machine.registry.replica.Rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of an object that a fork changed, when it meets what the slot's log says meanwhile. Nothing
 * that was acknowledged goes without a word: it is in the result, or a Warning Event names it.
 */
final class ObjectMerge {
    /** Kinds that are computed anew: the later state is taken whole. */
    private static final Set<GroupResource> WHOLE = Set.of(GroupResource.EVENTS,
            GroupResource.ENDPOINT_SLICES, GroupResource.ENDPOINTS,
            GroupResource.CONTROLLER_REVISIONS, GroupResource.CLAIMS);

    private final MergeEvents events;
    private final Rules rules;

    /**
     * What is to be written.
     *
     * @param mutation of the object; empty if the log has it as it is to be, or does not have it
     * @param events creations of Events
     */
    record Result(Optional<Mutation> mutation, List<Mutation> events) {
        static final Result NOTHING = new Result(Optional.empty(), List.of());

        Result with(List<Mutation> more) {
            List<Mutation> all = new ArrayList<>(events);
            all.addAll(more);
            return new Result(mutation, all);
        }
    }

    ObjectMerge(Loop loop, PeerId self, Rules rules) {
        this.rules = rules;
        this.events = new MergeEvents(loop, self);
    }

    Result merge(Pin pin) {
        Optional<StoredObject> ours = pin.ours().object();
        Optional<StoredObject> theirs = pin.trunk().object();
        if (pin.isTail() && !pin.isBaseGivenUp()) {
            // The log has it, or had, and may have gone on.
            return theirs.map(ObjectMerge::renewed)
                    .orElseGet(() -> ours.or(pin::last).map(ObjectMerge::gone)
                            .orElse(Result.NOTHING));
        }
        if (ours.isEmpty()) {
            return theirs.map(t -> deletedHere(pin, t))
                    .orElseGet(() -> pin.last().map(ObjectMerge::gone).orElse(Result.NOTHING));
        }
        return theirs.isEmpty()
                ? deletedThere(pin, ours.get())
                : both(pin, ours.get(), theirs.get());
    }

    /** The same state under a version that is above the fork's, so that nobody sees it go back. */
    private static Result renewed(StoredObject theirs) {
        return new Result(Optional.of(new Mutation.Update(
                Draft.of(theirs.key(), theirs.object()), theirs.version())), List.of());
    }

    /** Who saw only one side is told that the object is gone. */
    private static Result gone(StoredObject last) {
        return new Result(Optional.of(new Mutation.Gone(Draft.of(last.key(), last.object()))),
                List.of());
    }

    private Result deletedHere(Pin pin, StoredObject theirs) {
        Pin.State base = pin.common();
        if (!base.uid().equals(Optional.of(theirs.uid()))) {
            // Another object of that name, which nobody deleted.
            return renewed(theirs);
        }
        Mutation delete = new Mutation.Delete(Draft.of(theirs.key(), theirs.object()),
                theirs.version());
        return new Result(Optional.of(delete),
                theirs.version() == base.version()
                        ? List.of()
                        : lostToDeletion(base.object(), theirs));
    }

    private Result deletedThere(Pin pin, StoredObject ours) {
        Pin.State base = pin.common();
        boolean born = !base.uid().equals(Optional.of(ours.uid()));
        if (born && !rules.hold(Rule.FORK_ABSENCE)) {
            return gone(ours);
        }
        if (born || !rules.hold(Rule.FORK_BASE)) {
            return new Result(Optional.of(new Mutation.Create(Draft.of(ours.key(),
                    ours.object()))), List.of());
        }
        return gone(ours).with(lostToDeletion(base.object(), ours));
    }

    /** An object was deleted on one side and changed on the other: it stays deleted. */
    private List<Mutation> lostToDeletion(Optional<StoredObject> base, StoredObject changed) {
        ObjectNode after = changed.object().tree();
        after.remove("status");
        after.withObjectProperty("metadata").remove(List.of("resourceVersion", "managedFields"));
        List<FieldMerge.Lost> lost = FieldMerge.changed("", base
                .<JsonNode>map(b -> b.object().tree()).orElse(MissingNode.getInstance()), after);
        return WHOLE.contains(changed.key().type())
                ? List.of()
                : List.of(events.deleted(changed, lost));
    }

    private Result both(Pin pin, StoredObject ours, StoredObject theirs) {
        Pin.State base = pin.common();
        if (ours.uid().equals(theirs.uid())) {
            Optional<StoredObject> common = base.object()
                    .filter(b -> b.uid().equals(ours.uid()));
            return fields(common, ours, theirs, pin.ours().version() > pin.trunk().version());
        }
        if (base.uid().equals(Optional.of(theirs.uid()))) {
            // Deleted here and made anew.
            return replaced(ours, theirs, theirs.version() == base.version()
                    ? List.of()
                    : lostToDeletion(base.object(), theirs));
        }
        if (base.uid().equals(Optional.of(ours.uid()))) {
            // Deleted there and made anew.
            return renewed(theirs).with(lostToDeletion(base.object(), ours));
        }
        boolean oursFirst = isEarlier(ours, theirs);
        StoredObject loser = oursFirst ? theirs : ours;
        List<Mutation> told = WHOLE.contains(ours.key().type())
                ? List.of()
                : List.of(events.twins(oursFirst ? ours : theirs, loser));
        return oursFirst ? replaced(ours, theirs, told) : renewed(theirs).with(told);
    }

    private static Result replaced(StoredObject ours, StoredObject theirs, List<Mutation> told) {
        return new Result(Optional.of(new Mutation.Update(Draft.of(ours.key(), ours.object()),
                theirs.version())), told);
    }

    private static boolean isEarlier(StoredObject ours, StoredObject theirs) {
        String one = ours.object().metadata().path("creationTimestamp").asText("");
        String other = theirs.object().metadata().path("creationTimestamp").asText("");
        return one.equals(other)
                ? ours.uid().compareTo(theirs.uid()) < 0
                : one.compareTo(other) < 0;
    }

    private Result fields(Optional<StoredObject> base, StoredObject ours, StoredObject theirs,
            boolean oursLater) {
        GroupResource type = ours.key().type();
        if (type.equals(GroupResource.LEDGERS)) {
            return updated(ledgers(base, ours, theirs), theirs, List.of());
        }
        if (WHOLE.contains(type)) {
            return updated((oursLater ? ours : theirs).object(), theirs, List.of());
        }
        ObjectNode before = base.map(b -> b.object().tree()).orElseGet(Json::object);
        ObjectNode one = ours.object().tree();
        ObjectNode other = theirs.object().tree();
        ObjectNode merged = Json.object();
        JsonNode status = status(type, before, one, other, oursLater);
        ApiObject result = new ApiObject(merged);
        boolean oursEditedLater = isEditedLater(one, other).orElse(oursLater);
        FieldMerge fields = new FieldMerge(oursEditedLater);
        settleMetadata(before, one, other, oursEditedLater);
        merged.setAll((ObjectNode) fields.merge("", "", before, one, other));
        if (!status.isMissingNode()) {
            merged.set("status", status);
        }
        long generation = Math.max(ours.object().generation(), theirs.object().generation());
        if (generation > 0) {
            boolean news = !merged.path("spec").equals(ours.object().tree().path("spec"))
                    && !merged.path("spec").equals(theirs.object().tree().path("spec"));
            result.metadata().put("generation", news ? generation + 1 : generation);
        }
        List<FieldMerge.Lost> lost = fields.lost();
        return updated(result, theirs,
                lost.isEmpty() ? List.of() : List.of(events.conflict(theirs, ours, lost)));
    }

    private static Result updated(ApiObject object, StoredObject theirs, List<Mutation> told) {
        return new Result(Optional.of(new Mutation.Update(Draft.of(theirs.key(), object),
                theirs.version())), told);
    }

    /**
     * Whose fields were written later, its status left aside: that a controller counts its pods anew must not
     * make a user's older word the later one. Empty if both were in one second, or nobody knows.
     */
    private static Optional<Boolean> isEditedLater(ObjectNode ours, ObjectNode theirs) {
        int order = lastEdit(ours).compareTo(lastEdit(theirs));
        return order == 0 ? Optional.empty() : Optional.of(order > 0);
    }

    private static String lastEdit(ObjectNode object) {
        String last = "";
        for (JsonNode writer : object.path("metadata").path("managedFields")) {
            String time = writer.path("time").asText("");
            if (!writer.path("subresource").asText("").equals("status")
                    && time.compareTo(last) > 0) {
                last = time;
            }
        }
        return last;
    }

    /** Status is what its writer saw, and goes whole; a pod's with the machine that it is of. */
    private static JsonNode status(GroupResource type, ObjectNode before, ObjectNode one,
            ObjectNode other, boolean oursLater) {
        JsonNode beforeStatus = missing(before.remove("status"));
        JsonNode oneStatus = missing(one.remove("status"));
        JsonNode otherStatus = missing(other.remove("status"));
        if (type.equals(GroupResource.PODS)) {
            String here = one.path("spec").path("nodeName").asText("");
            String there = other.path("spec").path("nodeName").asText("");
            if (!here.equals(there)) {
                boolean ours = there.isEmpty() || (!here.isEmpty() && oursLater);
                String node = ours ? here : there;
                one.withObjectProperty("spec").put("nodeName", node);
                other.withObjectProperty("spec").put("nodeName", node);
                return ours ? oneStatus : otherStatus;
            }
        }
        boolean oneOut = Unreachable.isOut(type, one, oneStatus);
        boolean otherOut = Unreachable.isOut(type, other, otherStatus);
        if (oneOut != otherOut) {
            // Whoever reached the machine knows better than whoever did not.
            Unreachable.forget(type, oneOut ? one : other);
            return oneOut ? otherStatus : oneStatus;
        }
        if (oneStatus.equals(beforeStatus)) {
            return otherStatus;
        }
        return otherStatus.equals(beforeStatus) || oursLater ? oneStatus : otherStatus;
    }

    private static JsonNode missing(@Nullable JsonNode node) {
        return node == null ? MissingNode.getInstance() : node;
    }

    /** What nobody writes by hand is made the same on both sides, so that it is no conflict. */
    private static void settleMetadata(ObjectNode before, ObjectNode one, ObjectNode other,
            boolean oursLater) {
        ObjectNode here = one.withObjectProperty("metadata");
        ObjectNode there = other.withObjectProperty("metadata");
        before.withObjectProperty("metadata").remove("resourceVersion");
        here.remove("resourceVersion");
        there.remove("resourceVersion");
        here.remove("generation");
        there.remove("generation");
        before.withObjectProperty("metadata").remove("generation");
        for (String field : List.of("managedFields", "deletionTimestamp",
                "deletionGracePeriodSeconds")) {
            JsonNode mine = here.path(field);
            JsonNode yours = there.path(field);
            // A deletion that one side began goes on.
            JsonNode value = mine.isMissingNode() || (!oursLater && !yours.isMissingNode())
                    ? yours
                    : mine;
            if (!value.isMissingNode()) {
                here.set(field, value);
                there.set(field, value);
            }
        }
    }

    /** By index, the highest incarnation; what one side gave up is given up. */
    private static ApiObject ledgers(Optional<StoredObject> base, StoredObject ours,
            StoredObject theirs) {
        ApiObject object = theirs.object();
        String owner = object.tree().path("ownerUid").asText("");
        Ledger here = Ledger.of(owner, Optional.of(ours.object()));
        Ledger there = Ledger.of(owner, Optional.of(object));
        Ledger before = Ledger.of(owner, base.map(StoredObject::object));
        Ledger merged = here.merge(there);
        for (int index : before.places().keySet()) {
            boolean kept = here.place(index).isPresent() && there.place(index).isPresent();
            boolean renewed = !merged.place(index).equals(before.place(index));
            if (!kept && !renewed) {
                merged = merged.remove(index);
            }
        }
        merged.writeTo(object.tree());
        return object;
    }
}
