/**
 * The registry of three nodes beside three members of etcd: start at {@link
 * io.beemesh.conformance.registry.RegistryAgainstEtcd}.
 */
@NullMarked
package io.beemesh.conformance.registry;

import org.jspecify.annotations.NullMarked;
