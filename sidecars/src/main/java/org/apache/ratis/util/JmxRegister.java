package org.apache.ratis.util;

import java.util.function.Supplier;

/**
 * In place of Ratis' own class, which registers what a server knows of itself with the JVM's management: nobody
 * can ask for it in a sidecar, and 200 classes of management would lie in the memory of each.
 */
public class JmxRegister {
    /** Registers nothing, and gives the first name. */
    public String register(Object bean, Iterable<Supplier<String>> names) {
        return names.iterator().next().get();
    }

    /** There is nothing to be taken back. */
    public boolean unregister() {
        return true;
    }
}
