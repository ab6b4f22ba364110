/**
 * What stands in for classes of Ratis of the same name, as it comes first on the class path. Start at
 * {@link org.apache.ratis.util.JmxRegister}.
 */
@NullMarked
package org.apache.ratis.util;

import org.jspecify.annotations.NullMarked;
