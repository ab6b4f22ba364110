package io.beemesh.apiserver;

import io.beemesh.apiserver.admission.ControllerAdmission;
import io.beemesh.apiserver.admission.MeshAdmission;
import io.beemesh.apiserver.auth.Authenticator;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.auth.TokenSigner;
import io.beemesh.apiserver.authorization.AuthorizedApi;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.authorization.ImpersonationCheck;
import io.beemesh.apiserver.authorization.PolicyBootstrap;
import io.beemesh.apiserver.engine.ApiEngine;
import io.beemesh.apiserver.engine.EngineSeams;
import io.beemesh.apiserver.engine.EventViews;
import io.beemesh.apiserver.engine.ServerPaths;
import io.beemesh.apiserver.http.HttpEndpoint;
import io.beemesh.apiserver.http.HttpEndpointConfig;
import io.beemesh.apiserver.http.HttpServices;
import io.beemesh.apiserver.http.MetricsPath;
import io.beemesh.apiserver.mesh.MeshApi;
import io.beemesh.apiserver.pki.ApiPki;
import io.beemesh.apiserver.pki.ServingNames;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.IdleMemory;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.yamux.YamuxConfig;
import io.beemesh.machine.agent.SimulatedStreams;
import io.beemesh.machine.controller.Controllers;
import io.beemesh.machine.disk.MembershipFiles;
import io.beemesh.machine.disk.MvStoreStorage;
import io.beemesh.machine.event.EventRecorder;
import io.beemesh.machine.gateway.DefaultService;
import io.beemesh.machine.gateway.MeshPodStreams;
import io.beemesh.machine.gateway.PodStreamServer;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.GateStreams;
import io.beemesh.machine.network.GroupRecovery;
import io.beemesh.machine.network.netty.SidecarNetwork;
import io.beemesh.machine.node.NodeLeases;
import io.beemesh.machine.node.NodeLifecycle;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.Storage;
import io.beemesh.machine.registry.link.RegistryLinks;
import io.beemesh.machine.scheduler.MeshAwards;
import io.beemesh.machine.scheduler.Scheduler;
import io.beemesh.machine.service.ServiceRange;
import io.beemesh.machine.siblings.CloneMeters;
import io.beemesh.machine.usage.UsageGossip;
import io.beemesh.machine.usage.UsageSampler;
import io.beemesh.machine.usage.UsageTable;
import io.beemesh.machine.volume.ProcCounters;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One machine's part of a mesh: the machine plane and the API server, assembled here and nowhere else.
 * {@link #start} and {@link #close} block and are called once each, by the command.
 */
public final class Node implements AutoCloseable {
    /** Between two rounds of giving memory back. */
    private static final Duration GIVE_BACK = Duration.ofSeconds(4);
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final Duration INTRODUCED_MAX = Duration.ofSeconds(20);
    /** Members that are away are few, and to be found again at once. */
    private static final Duration DIAL_BACK_OFF_MAX = Duration.ofSeconds(2);
    /** With one other machine: pods' connections both ways, and the node's own. */
    private static final int STREAMS_MAX = 2 * GateStreams.STREAMS_MAX + 512;
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

    private final NodeConfig config;
    private final SecureRandom secureRandom = new SecureRandom();
    private final SplittableRandom random = new SplittableRandom(secureRandom.nextLong());
    private final NettyLoop loop = new NettyLoop("node");
    // Long lists are encoded beside the loop; what waits for the disk costs no thread.
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final NodeReadiness readiness;
    private final Meters meters = new Meters();
    private final CompletableFuture<Void> left = new CompletableFuture<>();
    private @Nullable Started started;
    private Optional<String> loss = Optional.empty();

    private record Started(Storage storage, NodeRegistry registry, MeshParts mesh,
            MembershipFiles files, MachineParts machine, HttpEndpoint http) {}

    public Node(NodeConfig config) {
        this.config = config;
        this.readiness = new NodeReadiness(config.name());
    }

    /** Completes once the Node object says Ready. */
    public CompletableFuture<Void> ready() {
        return readiness.future();
    }

    /** What the registry may have lost when it was not closed in order; once started. */
    public Optional<String> loss() {
        return loss;
    }

    /** Completes once this node has left its mesh: it is to be closed then. */
    public CompletableFuture<Void> left() {
        return left;
    }

    /** The port that the API is served on; once started. */
    public int apiPort() {
        Started parts = started;
        if (parts == null) {
            throw new IllegalStateException("the node is not started");
        }
        return parts.http().apiPort();
    }

    /**
     * Starts all parts; what is on disk is read before anything is served. Fails if the disk's content
     * makes no sense, a port is taken, the kubeconfig directory belongs to another mesh, or the mesh to
     * join refuses.
     */
    public void start() throws IOException {
        long begin = loop.nanoTime();
        InstantSource clock = loop::wallTime;
        ApiPki pki = new ApiPki(config.data().resolve("pki"), clock, secureRandom);
        NettyHost host = new NettyHost(loop, NettyHostConfig.defaults(config.identity())
                .withSwarm(SwarmConfig.defaults().withDialBackOffMax(DIAL_BACK_OFF_MAX))
                .withYamux(YamuxConfig.defaults().withStreamsMax(STREAMS_MAX)));
        MembershipFiles files = new MembershipFiles(config.data().resolve("mesh"), loop);
        MeshEntry.Entry entry = new MeshEntry(config, host, files, pki,
                ServingNames.of(config.name(), List.of(config.address()),
                        ServiceRange.API_ADDRESS),
                secureRandom).enter();
        MeshParts mesh = MeshParts.create(config, host, entry, files, random.split(),
                secureRandom);
        UsageTable usage = new UsageTable();
        UsageGossip gossip = new UsageGossip(loop, mesh.membership(), config.name(), usage);
        await(CompletableFuture.runAsync(() -> {
            gossip.start();
            mesh.start();
        }, loop));
        await(host.listen(List.of(listenAddress())));
        if (entry.isJoining()) {
            // Who has just joined must not take itself for alone.
            await(mesh.membership().introduced().orTimeout(INTRODUCED_MAX.toMillis(),
                    TimeUnit.MILLISECONDS));
        }

        Storage storage = MvStoreStorage.open(config.data().resolve("registry"), loop,
                !entry.isNew());
        loss = storage.recovered().loss();
        RegistryLinks links = new RegistryLinks(mesh.gate(), mesh.membership());
        NodeRegistry registry = NodeRegistry.open(loop, mesh.membership(), mesh.homes(), links,
                random.split(), storage, RegistryConfig.defaults());
        await(CompletableFuture.runAsync(() -> links.start(new RegistryReceiver(registry)), loop));
        registry.show(meters);
        await(registry.start());
        if (!registry.isCaughtUp()) {
            // Its Node says Ready once a majority is there; whoever starts the others waits for
            // this one.
            readiness.waitNoLonger();
        }

        ResourceCatalog catalog = BuiltInResources.catalog(Schemas.load());
        ControllerAdmission admission = new ControllerAdmission(catalog, registry,
                random.split(), loop::wallTime);
        MeshAdmission meshAdmission = new MeshAdmission(registry, loop::wallTime);
        BoundTokens tokens = new BoundTokens(registry, new TokenSigner(pki.tokenKey()), clock,
                secureRandom);
        Authorizer authorizer = new Authorizer(registry);
        await(CompletableFuture.runAsync(authorizer::start, loop));
        PolicyBootstrap policy = new PolicyBootstrap(loop, registry, admission);
        EventRecorder events = new EventRecorder(loop, registry, admission, config.name());
        MachineParts machine = MachineParts.create(config, mesh, registry, events, random.split(),
                new PodTokens(registry, tokens, workers, loop), meters);
        DefaultService defaultService = new DefaultService(registry);
        ApiEngine engine = new ApiEngine(
                new EngineSeams(new EventViews(new NodeLeases(registry, mesh.membership())),
                        catalog, meshAdmission, loop, random.split(), workers, tokens, authorizer,
                        usage),
                new ServerPaths(Versions.server(), readiness.checks(registry, policy)),
                new ApiDocuments(catalog, config.address() + ":" + config.apiPort(),
                        tokens.signer()));
        MeshApi meshApi = new MeshApi(engine, loop,
                new NodeMesh(config, mesh, registry, catalog,
                        new GroupRecovery(loop, registry, events), () -> left.complete(null)));
        HttpEndpoint http = new HttpEndpoint(httpConfig(), new HttpServices(
                new AuthorizedApi(new MetricsPath(meshApi, meters), authorizer),
                new MeshPodStreams(machine.streams(), registry, mesh.membership(), mesh.gate(),
                        config.name()),
                new Authenticator(entry.authority(), clock,
                        token -> tokens.verify(token, List.of(BoundTokens.ISSUER))
                                .map(BoundTokens.Verified::user),
                        new ImpersonationCheck(authorizer)),
                entry.serving(),
                meters, defaultService, machine.sockets()::proxyTo,
                config.runtime() instanceof NodeConfig.PodRuntime.Simulated
                        ? Optional.of(SimulatedStreams.NO_CONTAINERS)
                        : Optional.empty()));
        started = new Started(storage, registry, mesh, files, machine, http);

        await(http.start());
        if (machine.network().isPresent()) {
            await(machine.network().get().start());
        }
        loop.execute(() -> {
            new PodStreamServer(mesh.gate(), machine.streams()).start();
            new NodeLifecycle(loop, registry, mesh.membership(), events, Map.of(
                    Controllers.ApiAddress.ANNOTATION,
                    new Controllers.ApiAddress(config.address(), http.apiPort()).text(),
                    Controllers.VOLUME_DIRECTORY, config.data().resolve("volumes").toString()))
                    .start();
            readiness.start(registry);
            admission.start();
            policy.start();
            meshAdmission.start();
            defaultService.start();
        });
        events.start();
        CloneMeters clones = CloneMeters.of(meters);
        Controllers controllers = new Controllers(loop, registry, admission, events,
                new Controllers.Config(pki.authorityPem(), new CatalogKinds(catalog),
                        volume -> config.data().resolve("volumes").resolve(volume).toString(),
                        new Controllers.ApiAddress(config.address(), http.apiPort()), clones,
                        mesh.membership()::hears));
        readiness.follow(controllers);
        controllers.start();
        new Cloning(mesh, registry, machine, config.name()).start(controllers, clones,
                random.split());
        new Scheduler(loop, registry, events, config.name(), new MeshAwards(mesh.gate(),
                config.name(),
                name -> mesh.membership().ofNode(name).map(MemberStatus::peer))).start();
        machine.agent().start();
        loop.execute(new UsageSampler(loop, machine.runtime()::stats,
                new ProcCounters(Path.of("/proc"), workers, loop), gossip::tell)::start);
        IdleMemory.start(loop, GIVE_BACK);
        LOG.info("Node started name={} peer={} api={} took={}ms", config.name(),
                config.identity().peerId(), http.apiPort(),
                (loop.nanoTime() - begin) / 1_000_000);
        await(entry.admin());
    }

    /** Stops serving, lets writes under way end, and leaves pods running. */
    @Override
    public void close() {
        Started parts = started;
        if (parts != null) {
            quietly(parts.http().close());
            quietly(CompletableFuture.runAsync(parts.mesh()::close, loop));
            parts.mesh().open().close();
            quietly(CompletableFuture.runAsync(parts.machine().agent()::close, loop));
            parts.machine().network().ifPresent(SidecarNetwork::close);
            quietly(parts.registry().stop());
            try {
                parts.storage().close();
            } catch (IOException e) {
                LOG.error("Registry was not closed in order", e);
            }
            parts.files().close();
            try {
                if (left.isDone()) {
                    parts.files().forget();
                }
            } catch (IOException e) {
                LOG.error("Membership of a mesh that was left is still on disk", e);
            }
            LOG.info("Node stopped name={}", config.name());
        }
        workers.shutdown();
        loop.close();
    }

    private HttpEndpointConfig httpConfig() {
        return HttpEndpointConfig.defaults(random.nextLong()).withPorts(config.apiPort(),
                config.httpPort() == 0 ? OptionalInt.empty() : OptionalInt.of(config.httpPort()))
                .withLimits(1, 1000);
    }

    private Multiaddr listenAddress() throws IOException {
        try {
            return Multiaddr.parse(config.listen());
        } catch (FormatException e) {
            throw new IOException("--listen " + config.listen() + ": " + e.getMessage(), e);
        }
    }

    /** Startup is a sequence: each part needs the one before. */
    private static void await(CompletableFuture<?> future) throws IOException {
        try {
            future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new IOException("interrupted while starting", e);
        }
    }

    private static void quietly(CompletableFuture<?> future) {
        try {
            future.get(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("Part did not stop in order: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
