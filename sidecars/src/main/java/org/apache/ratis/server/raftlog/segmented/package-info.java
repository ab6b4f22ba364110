/**
 * What stands in for a class of Ratis of the same name, as it comes first on the class path. Start at
 * {@link org.apache.ratis.server.raftlog.segmented.SegmentedRaftLogOutputStream}. Not marked, as that would say something of Ratis'
 * other classes of this package.
 */
@NullUnmarked
package org.apache.ratis.server.raftlog.segmented;

import org.jspecify.annotations.NullUnmarked;
