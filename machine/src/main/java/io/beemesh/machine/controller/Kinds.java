package io.beemesh.machine.controller;

import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.Optional;

/** The kinds of objects that there are; grows with custom resources. Called on the loop. */
public interface Kinds {
    /** All stored kinds, in the order in which a namespace is emptied of those that live in one. */
    List<GroupResource> all();

    boolean isNamespaced(GroupResource type);

    /** The kind that an owner reference names; empty if there is none such. */
    Optional<GroupResource> find(String apiVersion, String kind);
}
