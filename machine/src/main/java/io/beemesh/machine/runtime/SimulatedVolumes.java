package io.beemesh.machine.runtime;

import io.beemesh.libp2p.Loop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Volumes that nobody looks into, for {@link SimulatedRuntime}. */
public final class SimulatedVolumes implements VolumeStore {
    private final Loop loop;

    public SimulatedVolumes(Loop loop) {
        this.loop = loop;
    }

    @Override
    public CompletableFuture<Map<String, String>> prepare(String podUid, List<Volume> volumes) {
        Map<String, String> paths = new LinkedHashMap<>();
        volumes.forEach(volume -> paths.put(volume.name(), "/simulated/" + volume.name()));
        return later(paths);
    }

    @Override
    public CompletableFuture<String> subPath(String volumePath, String subPath) {
        return later(volumePath + "/" + subPath);
    }

    @Override
    public CompletableFuture<Map<String, String>> podFiles(String podUid,
            Map<String, String> contents) {
        Map<String, String> paths = new LinkedHashMap<>();
        contents.keySet().forEach(path -> paths.put(path, "/simulated" + path));
        return later(paths);
    }

    @Override
    public CompletableFuture<String> terminationFile(String podUid, String container,
            int attempt) {
        return later("/simulated/termination-log");
    }

    @Override
    public CompletableFuture<String> terminationMessage(String podUid, String container,
            int attempt) {
        return later("");
    }

    @Override
    public CompletableFuture<String> logTail(String podUid, String container, int attempt) {
        return later("");
    }

    @Override
    public CompletableFuture<Void> removeVolume(String name) {
        return remove(name);
    }

    @Override
    public CompletableFuture<Void> remove(String podUid) {
        CompletableFuture<Void> future = new CompletableFuture<>();
        loop.execute(() -> future.complete(null));
        return future;
    }

    private <T> CompletableFuture<T> later(T value) {
        CompletableFuture<T> future = new CompletableFuture<>();
        loop.execute(() -> future.complete(value));
        return future;
    }
}
