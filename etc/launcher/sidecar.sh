# shellcheck shell=bash
# The image of the sidecar: a Java runtime of its own, the jars and the few files of the C library that they
# need, nothing else. The ahead-of-time cache is made by a training run inside that very layout; a build
# whose cache cannot be used fails.

SIDECAR_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -Xss256k
    -XX:ReservedCodeCacheSize=12m -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0
    -XX:-AOTRecordTraining -XX:-AOTReplayTraining -XX:CompileThresholdScaling=3
    -Xms4m -Xmx24m -XX:NewSize=1m -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps -XX:MarkSweepDeadRatio=0
    -XX:TrimNativeHeapInterval=10000
    -XX:MaxDirectMemorySize=8m
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    -Djava.library.path=/native -Dio.netty.noUnsafe=false -Dio.netty.noPreferDirect=true
    -Dio.netty.allocator.type=pooled -Dio.netty.allocator.numHeapArenas=0 -Dio.netty.allocator.numDirectArenas=0
    # Else it looks for hardware addresses, of which a pod has none.
    -Dio.netty.eventLoopThreads=1 -Dio.netty.machineId=02:00:00:00:00:00:00:01 -Dio.netty.processId=1
    -Dorg.slf4j.simpleLogger.showShortLogName=true)
SIDECAR_MAIN=io.beemesh.sidecar.cli.SidecarCommand

# sidecar_layout: the image's root directory, in target/sidecar/root; the same for all tags.
sidecar_layout() {
    local layout=$ROOT/target/sidecar/root jar file
    rm -rf "$ROOT/target/sidecar"
    mkdir -p "$layout"/{lib,native,tmp}
    "$JDK/bin/jlink" --add-modules java.base,java.logging,jdk.unsupported --strip-debug --no-header-files --no-man-pages \
        --output "$layout/runtime" || return 1
    rm -rf "$layout/runtime/legal" "$layout"/runtime/bin/keytool
    cp "$DIST"/sidecar/*.jar "$layout/lib/" || return 1
    rm -f "$layout"/lib/jspecify-*.jar
    # The native half of the sockets lies outside its jar: nothing is unpacked at the start.
    (cd "$layout/native" && "$JDK/bin/jar" xf "$layout"/lib/netty-transport-native-epoll-*"$(netty_arch)".jar \
        META-INF/native && mv META-INF/native/*.so . && rm -rf META-INF) || return 1
    rm -f "$layout"/lib/netty-transport-native-epoll-*.jar
    slim "$layout"/lib/bcprov-*.jar || return 1
    chmod 1777 "$layout/tmp"
    # Its C library, as the loader of this machine finds it.
    for file in $(ldd "$layout"/runtime/bin/java "$layout"/runtime/lib/*.so "$layout"/runtime/lib/server/*.so \
        "$layout"/native/*.so 2>/dev/null | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
        case $file in
            "$layout"*) ;;
            *) mkdir -p "$layout$(dirname "$file")" && cp -L "$file" "$layout$file" || return 1 ;;
        esac
    done
}

netty_arch() {
    case $(uname -m) in
        aarch64) printf aarch_64 ;;
        *) printf x86_64 ;;
    esac
}

SIDECAR_DEFAULT=localhost/beemesh/stateless-sidecar:v1

# The image that pods are to have: the project's own is built; another must be there, or be fetched.
provide_sidecar() {
    if [ "$SIDECAR_IMAGE" = "$SIDECAR_DEFAULT" ]; then
        build_sidecar "$SIDECAR_IMAGE"
    elif ! podman_remote image inspect "$SIDECAR_IMAGE" >/dev/null 2>&1; then
        say "      fetching $SIDECAR_IMAGE"
        podman_remote pull -q "$SIDECAR_IMAGE" >/dev/null \
            || die 21 "the sidecar's image $SIDECAR_IMAGE is not on this machine and cannot be fetched"
    fi
}

# build_sidecar TAG: from a built node.
build_sidecar() {
    local tag=$1 stamp base work log=$ROOT/target/sidecar.log
    stamp=$(cd "$ROOT" && { cat etc/launcher/{sidecar,build}.sh; "$JDK/bin/java" -version 2>&1; find \
        {libp2p,protocol,sidecars}/{pom.xml,src/main} -type f | sort | xargs cat; } | sha256sum | cut -c 1-16)
    if [ "$(podman_remote image inspect --format '{{ index .Labels "beemesh.io/stamp" }}' "$tag" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    say "      $tag"
    run_logged "$log" sidecar_layout
    work=$ROOT/target/sidecar
    base=localhost/beemesh/sidecar-training:$stamp
    printf 'FROM scratch\nCOPY root /\n' >"$work/Containerfile"
    run_logged "$log" podman_remote build -q -t "$base" "$work"
    run_logged "$log" train_sidecar "$base" "$work"
    sidecar_containerfile "$base" "$stamp" >"$work/aot/Containerfile"
    run_logged "$log" podman_remote build -q -t "$tag" "$work/aot"
    # Refuses to start if the cache does not fit this image.
    run_logged "$log" sidecar_run "$tag" --entrypoint /runtime/bin/java "$tag" \
        "${SIDECAR_FLAGS[@]}" -XX:AOTCache=/sidecar.aot -XX:AOTMode=on -cp "$(sidecar_class_path)" "$SIDECAR_MAIN" train
    podman_remote rmi "$base" >/dev/null 2>&1 || true
}

# sidecar_run IMAGE ARGS: with the rights that it has in a pod, and no network.
sidecar_run() {
    shift
    podman_remote run --rm --network=none --cap-drop=all --cap-add=NET_ADMIN,NET_BIND_SERVICE \
        --env MALLOC_ARENA_MAX=1 "$@"
}

train_sidecar() {
    mkdir -p "$2/aot"
    sidecar_run "$1" -v "$2/aot:/aot" --entrypoint /runtime/bin/java "$1" \
        "${SIDECAR_FLAGS[@]}" -XX:AOTCacheOutput=/aot/whole.aot -cp "$(sidecar_class_path)" "$SIDECAR_MAIN" train || return 1
    # In small pieces: what is written at once may lie in pages of 2 MB, which count whole at the first touch.
    dd if="$2/aot/whole.aot" of="$2/aot/sidecar.aot" bs=4k 2>/dev/null && rm "$2/aot/whole.aot"
}

sidecar_class_path() {
    local path='' jar
    for jar in "$ROOT"/target/sidecar/root/lib/*.jar; do path="$path${path:+:}/lib/$(basename "$jar")"; done
    printf '%s' "$path"
}

sidecar_containerfile() {
    local word words=()
    for word in /runtime/bin/java "${SIDECAR_FLAGS[@]}" -XX:AOTCache=/sidecar.aot -cp "$(sidecar_class_path)" "$SIDECAR_MAIN"; do
        words+=("\"$word\"")
    done
    local IFS=,
    printf 'FROM %s\nCOPY sidecar.aot /\nENV MALLOC_ARENA_MAX=1\nENTRYPOINT [%s]\nCMD ["run"]\nLABEL beemesh.io/stamp=%s\n' \
        "$1" "${words[*]}" "$2"
}
