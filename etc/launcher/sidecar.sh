# shellcheck shell=bash
# The images of the sidecars: a Java runtime of its own, the jars and the few files of the C library that they
# need, nothing else. The ahead-of-time cache is made by a training run inside that very layout; a build
# whose cache cannot be used fails.

SIDECAR_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -Xss256k
    # No collection of the whole for code that is never in want of room.
    -XX:ReservedCodeCacheSize=12m -XX:-UseCodeCacheFlushing -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0
    -XX:-AOTRecordTraining -XX:-AOTReplayTraining -XX:CompileThresholdScaling=3
    -Xms4m -Xmx24m -XX:NewSize=1m -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps -XX:MarkSweepDeadRatio=0
    -XX:TrimNativeHeapInterval=10000 -XX:MaxDirectMemorySize=8m
    # Tables for what is not in the cache, and the part of each stack that is written in advance of native calls.
    -XX:+UnlockExperimentalVMOptions -XX:StringTableSize=2048 -XX:SymbolTableSize=2048 -XX:StackShadowPages=10
    --enable-native-access=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    -Djava.library.path=/native -Dio.netty.noUnsafe=false -Dio.netty.noPreferDirect=true
    -Dio.netty.allocator.type=pooled -Dio.netty.allocator.numHeapArenas=0 -Dio.netty.allocator.numDirectArenas=0
    -Dio.netty.leakDetection.level=disabled
    # Else it looks for hardware addresses, of which a pod has none.
    -Dio.netty.eventLoopThreads=1 -Dio.netty.machineId=02:00:00:00:00:00:00:01 -Dio.netty.processId=1
    # Reflection is used a few times at the start: no code is made for it.
    -Djdk.reflect.useNativeAccessorOnly=true
    # A call without code of its own: half as many classes for the one that there is.
    -Djdk.internal.foreign.DowncallLinker.USE_SPEC=false
    # Else every jar is looked through for others, and its directory stays in the heap.
    -Dslf4j.provider=org.slf4j.simple.SimpleServiceProvider
    -Dorg.slf4j.simpleLogger.showShortLogName=true)
# Ratis makes classes and garbage; less is compiled, and the young generation stays small.
STATEFUL_FLAGS=(-XX:CompileThresholdScaling=8 -XX:MaxNewSize=1m
    # Classes of the cache are linked when they are needed: a fifth is not, such as those of leaders and of the endpoint.
    -XX:-AOTClassLinking)
SIDECAR_MAIN=io.beemesh.sidecar.cli.SidecarCommand
STATEFUL_SIDECAR_MAIN=io.beemesh.sidecar.cli.StatefulCommand
# What only the stateful one has.
STATEFUL_JARS=(ratis-*.jar netty-codec-http-*.jar)
# What none has: annotations, Protobuf for other key types than pods have, compression.
UNUSED_JARS=(jspecify-*.jar jakarta.annotation-api-*.jar protobuf-java-*.jar netty-codec-compression-*.jar)

# sidecar_layout: the image's root directory, in target/sidecar/root; the same for all tags.
sidecar_layout() {
    local layout=$ROOT/target/sidecar/root jar file
    rm -rf "$ROOT/target/sidecar"
    mkdir -p "$layout"/{lib,native,tmp}
    "$JDK/bin/jlink" --add-modules java.base,java.logging,java.management,jdk.unsupported --strip-debug --no-header-files --no-man-pages \
        --output "$layout/runtime" || return 1
    rm -rf "$layout/runtime/legal" "$layout"/runtime/bin/keytool
    cp "$DIST"/sidecar/*.jar "$layout/lib/" || return 1
    # shellcheck disable=SC2068 # The patterns are to be expanded where the jars are.
    (cd "$layout/lib" && rm -f ${STATEFUL_JARS[@]} ${UNUSED_JARS[@]})
    # The native halves of the sockets and of the cipher lie outside of their jars: nothing is unpacked at the start.
    native_halves "$layout"/lib "$layout"/native netty-transport-native-epoll netty-incubator-codec-ohttp-hpke-native-boringssl \
        || return 1
    slim "$layout"/lib/bcprov-*.jar || return 1
    leave_out "$layout"/lib/bcprov-*.jar org/bouncycastle/{crypto/{engines,util,modes,agreement,prng,kems,bls,hpke,io,tls},jcajce,jce,x509} \
        org/bouncycastle/{crypto/signers/{xmss,lms,slhdsa},asn1/{cryptopro,ocsp,teletrust,bc},util/test} || return 1
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

# stateful_layout: what comes on top of it for the stateful one, in target/sidecar/stateful.
stateful_layout() {
    local jars=$ROOT/target/sidecar/stateful/raft dir
    rm -rf "$ROOT/target/sidecar/stateful"
    mkdir -p "$jars"
    # shellcheck disable=SC2068
    (cd "$DIST/sidecar" && cp ${STATEFUL_JARS[@]} "$jars/") || return 1
    # Of what Ratis brings along only Protobuf, half of Guava and a few of Netty's utilities are used.
    dir=$(mktemp -d)
    (cd "$dir" && "$JDK/bin/jar" xf "$jars"/ratis-thirdparty-misc-*.jar \
        org/apache/ratis/thirdparty/{com/google/{protobuf,common},io/netty/util} \
        && rm -rf org/apache/ratis/thirdparty/com/google/{common/{eventbus,graph,hash,html,io,net,reflect,xml,escape},protobuf/{util,compiler}} \
        && rm -rf org/apache/ratis/thirdparty/io/netty/util/{collection,internal/shaded/org/jctools/queues/{atomic,unpadded},internal/svm} \
        && "$JDK/bin/jar" cfM "$jars/thirdparty.jar" .) || return 1
    rm -rf "$dir" "$jars"/ratis-thirdparty-misc-*.jar
    leave_out "$jars"/ratis-proto-*.jar org/apache/ratis/{proto/{rmap,grpc,netty},test}
}

# leave_out JAR PATH...: takes out what is never used. A jar's whole directory lies in the heap, and all are opened, by whoever
# looks for an optional class.
leave_out() {
    local jar=$1 dir
    shift
    dir=$(mktemp -d)
    (cd "$dir" && "$JDK/bin/jar" xf "$jar" && rm -rf "$@" && "$JDK/bin/jar" cfM "$jar" .) || return 1
    rm -rf "$dir"
}

SIDECAR_DEFAULT=localhost/beemesh/stateless-sidecar:v1
STATEFUL_SIDECAR_DEFAULT=localhost/beemesh/stateful-sidecar:v1

# The images that pods are to have: the project's own are built; others must be there, or be fetched.
provide_sidecars() {
    provide_sidecar stateless "$SIDECAR_IMAGE" "$SIDECAR_DEFAULT"
    [ -z "$STATEFUL_SIDECAR_IMAGE" ] \
        || provide_sidecar stateful "$STATEFUL_SIDECAR_IMAGE" "$STATEFUL_SIDECAR_DEFAULT"
    forget_sidecar_base
}

# provide_sidecar KIND IMAGE DEFAULT
provide_sidecar() {
    if [ "$2" = "$3" ]; then
        build_sidecar "$1" "$2"
    elif ! podman_remote image inspect "$2" >/dev/null 2>&1; then
        say "      fetching $2"
        podman_remote pull -q "$2" >/dev/null \
            || die 21 "the sidecar's image $2 is not on this machine and cannot be fetched"
    fi
}

# build_sidecar stateless|stateful TAG: from a built node. Both stand on one layer, and differ by what comes after it.
build_sidecar() {
    local kind=$1 tag=$2 stamp base work=$ROOT/target/sidecar log=$ROOT/target/sidecar.log
    stamp=$(sidecar_stamp)
    if [ "$(podman_remote image inspect --format '{{ index .Labels "beemesh.io/stamp" }}' "$tag" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    say "      $tag"
    SIDECAR_BASE=localhost/beemesh/sidecar-training:$stamp
    if [ ! -d "$work/root/lib" ] || ! podman_remote image inspect "$SIDECAR_BASE" >/dev/null 2>&1; then
        run_logged "$log" sidecar_layout
        printf 'FROM scratch\nCOPY root /\n' >"$work/Containerfile"
        run_logged "$log" podman_remote build -q -t "$SIDECAR_BASE" "$work"
    fi
    base=$SIDECAR_BASE
    if [ "$kind" = stateful ]; then
        run_logged "$log" stateful_layout
        base=localhost/beemesh/stateful-training:$stamp
        printf 'FROM %s\nCOPY raft /raft\n' "$SIDECAR_BASE" >"$work/stateful/Containerfile"
        run_logged "$log" podman_remote build -q -t "$base" "$work/stateful"
    fi
    run_logged "$log" train_sidecar "$kind" "$base" "$work"
    sidecar_containerfile "$kind" "$base" "$stamp" >"$work/aot/Containerfile"
    run_logged "$log" podman_remote build -q -t "$tag" "$work/aot"
    # Refuses to start if the cache does not fit this image.
    run_logged "$log" sidecar_run "$tag" --entrypoint /runtime/bin/java "$tag" \
        $(sidecar_flags "$kind") -XX:AOTCache=/sidecar.aot -XX:AOTMode=on -cp "$(sidecar_class_path "$kind")" \
        "$(sidecar_main "$kind")" train
    [ "$base" = "$SIDECAR_BASE" ] || podman_remote rmi "$base" >/dev/null 2>&1 || true
}

# Once both are built; what they share stays with them.
forget_sidecar_base() {
    [ -z "${SIDECAR_BASE:-}" ] || podman_remote rmi "$SIDECAR_BASE" >/dev/null 2>&1 || true
}

sidecar_stamp() {
    (cd "$ROOT" && { cat etc/launcher/{sidecar,build}.sh; "$JDK/bin/java" -version 2>&1; find \
        {libp2p,protocol,sidecars}/{pom.xml,src/main} -type f | sort | xargs cat; } | sha256sum | cut -c 1-16)
}

# None of them has a space.
sidecar_flags() {
    printf '%s ' "${SIDECAR_FLAGS[@]}"
    [ "$1" != stateful ] || printf '%s ' "${STATEFUL_FLAGS[@]}"
}

sidecar_main() {
    case $1 in
        stateful) printf %s "$STATEFUL_SIDECAR_MAIN" ;;
        *) printf %s "$SIDECAR_MAIN" ;;
    esac
}

# sidecar_run IMAGE ARGS: with the rights that it has in a pod, and no network.
sidecar_run() {
    shift
    podman_remote run --rm --network=none --cap-drop=all --cap-add=NET_ADMIN,NET_BIND_SERVICE \
        --env MALLOC_ARENA_MAX=1 "$@"
}

# train_sidecar KIND IMAGE DIRECTORY
train_sidecar() {
    mkdir -p "$3/aot"
    sidecar_run "$2" -v "$3/aot:/aot" --entrypoint /runtime/bin/java "$2" \
        $(sidecar_flags "$1") -XX:AOTCacheOutput=/aot/whole.aot -cp "$(sidecar_class_path "$1")" \
        "$(sidecar_main "$1")" train || return 1
    # In small pieces: what is written at once may lie in pages of 2 MB, which count whole at the first touch.
    dd if="$3/aot/whole.aot" of="$3/aot/sidecar.aot" bs=4k 2>/dev/null && rm "$3/aot/whole.aot"
}

sidecar_class_path() {
    local path='' jar
    for jar in "$ROOT"/target/sidecar/root/lib/*.jar; do path="$path${path:+:}/lib/$(basename "$jar")"; done
    if [ "$1" = stateful ]; then
        for jar in "$ROOT"/target/sidecar/stateful/raft/*.jar; do path="$path:/raft/$(basename "$jar")"; done
    fi
    printf '%s' "$path"
}

# sidecar_containerfile KIND BASE STAMP
sidecar_containerfile() {
    local word words=()
    for word in /runtime/bin/java $(sidecar_flags "$1") -XX:AOTCache=/sidecar.aot \
        -cp "$(sidecar_class_path "$1")" "$(sidecar_main "$1")"; do
        words+=("\"$word\"")
    done
    local IFS=,
    printf 'FROM %s\nCOPY sidecar.aot /\nENV MALLOC_ARENA_MAX=1\nENTRYPOINT [%s]\nCMD ["run"]\nLABEL beemesh.io/stamp=%s\n' \
        "$2" "${words[*]}" "$3"
}
