package io.beemesh.apiserver;

import io.beemesh.apiserver.pki.ApiPki;
import io.beemesh.apiserver.pki.IssuerCertificates;
import io.beemesh.apiserver.pki.MemberCertificates;
import io.beemesh.apiserver.pki.OtherMeshException;
import io.beemesh.apiserver.pki.ServingNames;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.disk.MembershipFiles;
import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import io.beemesh.machine.membership.Issuer;
import io.beemesh.machine.membership.JoinException;
import io.beemesh.machine.membership.Joining;
import io.beemesh.machine.membership.MembershipStore;
import io.beemesh.machine.membership.Renewal;
import io.beemesh.machine.membership.RevocationList;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.MembershipCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this machine is a member: it goes on as what it was, or joins by a token, or founds a mesh of its
 * own. Blocks on the disk and, to join, on the issuer.
 */
final class MeshEntry {
    private static final Logger LOG = LoggerFactory.getLogger(MeshEntry.class);

    private final NodeConfig config;
    private final NettyHost host;
    private final MembershipFiles files;
    private final ApiPki pki;
    private final ServingNames names;
    private final SecureRandom random;

    /**
     * What a member has.
     *
     * @param keys only of an issuer
     * @param authority of the mesh's API
     * @param serving what the API server shows
     * @param isNew it became one just now
     * @param isJoining others admitted it, and it has not yet what they have
     * @param admin completes once kubectl's credentials are written; making their key takes a second
     */
    record Entry(MembershipCertificate certificate, boolean isNew, boolean isJoining,
            Issuer.@Nullable Keys keys,
            X509Certificate authority, Supplier<Credential> serving, Renewal.Api api,
            CompletableFuture<?> admin) {}

    MeshEntry(NodeConfig config, NettyHost host, MembershipFiles files, ApiPki pki,
            ServingNames names, SecureRandom random) {
        this.config = config;
        this.host = host;
        this.files = files;
        this.pki = pki;
        this.names = names;
        this.random = random;
    }

    Entry enter() throws IOException {
        try {
            Optional<JoinToken> token = config.join().isEmpty()
                    ? Optional.empty()
                    : Optional.of(JoinToken.parse(config.join()));
            Optional<byte[]> kept = files.read(MembershipStore.CERTIFICATE);
            if (kept.isEmpty()) {
                return token.isPresent() ? join(token.get()) : found();
            }
            MembershipCertificate certificate = MembershipCertificate.openKept(kept.get());
            if (token.isPresent() && !token.get().mesh().equals(certificate.mesh())) {
                throw new OtherMeshException(config.data() + " belongs to mesh "
                        + certificate.mesh() + ", the token to " + token.get().mesh()
                        + "; take another --data, or ./beemesh leave first");
            }
            return goOn(certificate, token);
        } catch (FormatException e) {
            throw new IOException("membership: " + e.getMessage(), e);
        }
    }

    private Entry goOn(MembershipCertificate certificate, Optional<JoinToken> token)
            throws IOException, FormatException {
        Optional<byte[]> root = files.read(MembershipFiles.ROOT_KEY);
        if (root.isPresent()) {
            PrivateKey key = PrivateKey.fromBytes(root.get());
            MembershipCertificate own = certificate.isValidAt(now())
                    ? certificate
                    : Issuer.found(key, certificate.peer(), certificate.nodeName(), now());
            return asIssuer(own, false, key, pki.authority(""));
        }
        boolean removed = isRemoved(certificate);
        if (certificate.isValidAt(now()) && !removed) {
            return asMember(certificate, false, memberCertificates());
        }
        if (token.isPresent()) {
            return join(token.get());
        }
        throw new IOException((removed
                ? "this machine was removed from the mesh"
                : "this machine's membership ended at " + certificate.until())
                + "; join again: ./beemesh up --join TOKEN");
    }

    private boolean isRemoved(MembershipCertificate certificate)
            throws IOException, FormatException {
        Optional<byte[]> kept = files.read(MembershipStore.REVOCATIONS);
        return kept.isPresent() && RevocationList.fromBytes(kept.get(), certificate.mesh())
                .stream().anyMatch(each -> each.peer().equals(certificate.peer())
                        && each.concerns(certificate));
    }

    private Entry found() throws IOException {
        if (files.read(MembershipFiles.ROOT_KEY).isPresent() || pki.hasKeyAlone()) {
            throw new OtherMeshException(config.data() + " holds keys of a mesh but no membership"
                    + " of this machine, and to found a mesh would overwrite them; take an empty"
                    + " --data. If it was the first start that was interrupted, remove "
                    + config.data().resolve("mesh") + " and " + config.data().resolve("pki"));
        }
        PrivateKey root = PrivateKey.generate(random);
        ApiAuthority authority = pki.authority("beemesh-" + root.peerId());
        pki.checkTarget(authority, adminDirectory());
        MembershipCertificate certificate = Issuer.found(root, config.identity().peerId(),
                config.name(), now());
        files.write(MembershipFiles.ROOT_KEY, root.toBytes());
        files.write(MembershipStore.CERTIFICATE, certificate.toBytes());
        LOG.info("Mesh founded mesh={} node={}", certificate.mesh(), config.name());
        return asIssuer(certificate, true, root, authority);
    }

    private Entry join(JoinToken token) throws IOException, FormatException {
        if (pki.isFounded() && files.read(MembershipStore.CERTIFICATE).isEmpty()) {
            throw new OtherMeshException(config.data()
                    + " holds a mesh of its own; join with an empty --data");
        }
        MemberCertificates certificates = memberCertificates();
        CompletableFuture<JoinAnswer.Admitted> joined = new CompletableFuture<>();
        host.loop().execute(() -> Joining
                .join(host, token, certificates.request(token.secret(), config.name()))
                .whenComplete((answer, failure) -> {
                    if (failure != null) {
                        joined.completeExceptionally(failure);
                    } else {
                        joined.complete(answer);
                    }
                }));
        JoinAnswer.Admitted answer = await(joined);
        certificates.take(answer);
        MembershipCertificate certificate = MembershipCertificate.open(answer.certificate(),
                token.mesh());
        Optional<PrivateKey> root = Optional.empty();
        if (answer.rootSeed().length > 0) {
            PrivateKey key = PrivateKey.fromSeed(answer.rootSeed());
            if (!key.peerId().equals(token.mesh().root())) {
                throw new IOException("the issuer gave another root key than its mesh's");
            }
            pki.keepAuthority(answer.authorityKey());
            files.write(MembershipFiles.ROOT_KEY, key.toBytes());
            root = Optional.of(key);
        }
        files.write(MembershipStore.JOINING, new byte[]{1});
        files.write(MembershipStore.CERTIFICATE, certificate.toBytes());
        LOG.info("Mesh joined mesh={} node={} role={}", token.mesh(), config.name(),
                certificate.role());
        return root.isPresent()
                ? asIssuer(certificate, true, root.get(), pki.authority(""))
                : asMember(certificate, true, certificates);
    }

    private Entry asIssuer(MembershipCertificate certificate, boolean isNew, PrivateKey root,
            ApiAuthority authority) throws IOException {
        pki.checkTarget(authority, adminDirectory());
        return new Entry(certificate, isNew, isJoining(),
                new Issuer.Keys(root, authority, pki.tokenKey()),
                authority.certificate(),
                pki.serving(authority, names),
                new IssuerCertificates(pki, authority, adminDirectory()), writeAdmin(authority));
    }

    private Entry asMember(MembershipCertificate certificate, boolean isNew,
            MemberCertificates certificates)
            throws IOException {
        return new Entry(certificate, isNew, isJoining(), null, pki.authorityCertificate(),
                certificates,
                certificates, CompletableFuture.completedFuture(null));
    }

    private boolean isJoining() throws IOException {
        return files.read(MembershipStore.JOINING).filter(mark -> mark.length > 0).isPresent();
    }

    private CompletableFuture<?> writeAdmin(ApiAuthority authority) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        Thread.ofPlatform().name("admin-key").daemon().start(() -> {
            try {
                pki.writeAdmin(authority, adminDirectory());
                written.complete(null);
            } catch (IOException | RuntimeException e) {
                written.completeExceptionally(e);
            }
        });
        return written;
    }

    private MemberCertificates memberCertificates() throws IOException {
        return new MemberCertificates(names, config.data().resolve("pki"), adminDirectory(),
                host.loop()::wallTime, random);
    }

    private Path adminDirectory() {
        return config.kubeconfigDirectory().resolve("pki");
    }

    private Instant now() {
        return host.loop().wallTime();
    }

    private static <T> T await(CompletableFuture<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof JoinException refused) {
                throw new JoinRefusedException(String.valueOf(refused.getMessage()));
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new IOException("interrupted while joining", e);
        }
    }
}
