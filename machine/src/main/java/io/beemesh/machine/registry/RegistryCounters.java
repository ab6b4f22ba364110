package io.beemesh.machine.registry;

/** What happened in this node's part of the registry since it started; on the loop only. */
final class RegistryCounters {
    long takeovers;
    long handovers;
    long forwarded;
    long redirects;
    long barriers;
    long homeChanges;
    long snapshots;
}
