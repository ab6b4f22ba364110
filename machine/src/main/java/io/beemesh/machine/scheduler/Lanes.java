package io.beemesh.machine.scheduler;

import java.util.List;

/** The lanes of the mesh, as far as this node knows of them. On the loop. */
interface Lanes {
    /**
     * A lane to try.
     *
     * @param lane its prefix, empty for the one lane of a small mesh
     * @param machines how many may answer
     */
    record Choice(String lane, int machines) {}

    /** The lanes that most likely have room for the pod, the best first. */
    List<Choice> promising(PodView pod, int count);

    /** What came of a try: whether all found room. */
    void tried(String lane, PodView pod, boolean placed);
}
