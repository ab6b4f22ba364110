/**
 * Proof of identity by TLS 1.3 certificates, and TLS as a security protocol, {@code /tls/1.0.0}: start at
 * {@link io.beemesh.libp2p.tls.PeerCertificate}.
 */
@NullMarked
package io.beemesh.libp2p.tls;

import org.jspecify.annotations.NullMarked;
