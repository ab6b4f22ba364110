# shellcheck shell=bash
# Builds the node into target/dist: a Java runtime of its own, the jars, and an ahead-of-time cache.

DIST=$ROOT/target/dist
# What each of these is worth is in docs/decisions/0005-memory-of-an-idle-node.md. The cache is valid only
# with the same flags, so both runs share them.
JAVA_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -Xss256k
    -XX:ReservedCodeCacheSize=24m -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions
    -XX:ArchiveRelocationMode=0 -XX:-AOTRecordTraining -XX:-AOTReplayTraining --enable-native-access=ALL-UNNAMED
    --add-opens=java.base/java.nio=ALL-UNNAMED
    --sun-misc-unsafe-memory-access=allow -Dio.netty.noUnsafe=false "-Djava.library.path=$DIST/native"
    -XX:MaxDirectMemorySize=32m -Dio.netty.noPreferDirect=true
    # Without arenas the pooled allocator keeps nothing; Vert.x replaces the one called "unpooled" by a pool.
    -Dio.netty.allocator.type=pooled -Dio.netty.allocator.numHeapArenas=0 -Dio.netty.allocator.numDirectArenas=0
    # It walks the stack for every 128th buffer.
    -Dio.netty.leakDetection.level=disabled
    # The node trusts its mesh's authorities alone; without this 140 public ones are parsed at the start.
    -Djavax.net.ssl.trustStore=NONE
    -Dvertx.disableFileCPResolving=true -Dvertx.disableDnsResolver=true
    # Code that runs a few hundred times is not worth compiling.
    -XX:CompileThresholdScaling=3
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.showShortLogName=true
    -Dorg.slf4j.simpleLogger.log.com.github.dockerjava=warn
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
JLINK_MODULES=java.base,java.logging,java.naming,java.management,java.sql,java.desktop,jdk.unsupported,jdk.crypto.ec,jdk.crypto.cryptoki,jdk.net

build_hint() {
    if is_built; then printf ': nothing to do'; else printf ' (about 5 min on two cores, the first time)'; fi
}

is_built() {
    [ -f "$DIST/.complete" ] || return 1
    local changed
    changed=$(find "$ROOT/pom.xml" "$ROOT"/{libp2p,protocol,machine,apiserver-facade,sidecars}/{pom.xml,src/main} \
        "$ROOT/etc/launcher/build.sh" -newer "$DIST/.complete" -type f -print -quit)
    [ -z "$changed" ]
}

build_if_needed() {
    is_built && return 0
    mkdir -p "$ROOT/target"
    (
        flock -n 9 || {
            say "      another build is at work here; waiting for it"
            flock 9
        }
        is_built || build
    ) 9>"$ROOT/target/build.lock"
}

build() {
    local log=$ROOT/target/build.log started
    started=$(date +%s)
    rm -rf "$ROOT/target/dist.new"
    say "      compiling"
    run_logged "$log" maven_package
    say "      linking a Java runtime"
    mkdir -p "$ROOT"/target/dist.new/{lib,native,sidecar}
    run_logged "$log" "$JDK/bin/jlink" --add-modules "$JLINK_MODULES" --strip-debug --no-header-files \
        --no-man-pages --output "$ROOT/target/dist.new/runtime"
    cp "$ROOT"/apiserver-facade/target/lib/*.jar "$ROOT"/apiserver-facade/target/apiserver-facade-*.jar \
        "$ROOT/target/dist.new/lib/"
    # What the sidecar's image is made of, see sidecar.sh.
    cp "$ROOT"/sidecars/target/lib/*.jar "$ROOT"/sidecars/target/sidecars-*.jar "$ROOT/target/dist.new/sidecar/"
    rm -f "$ROOT"/target/dist.new/{lib,sidecar}/*-{tests,sources}.jar
    run_logged "$log" native_halves "$ROOT"/target/dist.new/{lib,native} netty-incubator-codec-ohttp-hpke-native-boringssl
    run_logged "$log" slim "$ROOT"/target/dist.new/lib/{bc*,docker-java-transport-zerodep*}.jar
    rm -rf "$DIST"
    mv "$ROOT/target/dist.new" "$DIST"
    say "      preparing for a fast start"
    run_logged "$log" train
    touch "$DIST/.complete"
    say "      built in $(($(date +%s) - started)) s"
}

maven_package() {
    (cd "$ROOT" && JAVA_HOME=$JDK MAVEN_OPTS="${MAVEN_OPTS:-} $(maven_proxy)" mvn -B -DskipTests -Dspotless.check.skip -pl apiserver-facade,sidecars -am package)
}

# Takes out of jars what the node never uses and would pay for: signatures (the JVM keeps the digests of
# thousands of entries), Bouncy Castle as a provider of Java's own interfaces (Netty makes it one if it is
# there) and the list of public domain suffixes.
slim() {
    local jar dir=$ROOT/target/slim
    for jar in "$@"; do
        rm -rf "$dir"
        mkdir "$dir"
        (cd "$dir" && "$JDK/bin/jar" xf "$jar" && rm -rf META-INF mozilla org/publicsuffix \
            org/bouncycastle/{jce/provider,jcajce/provider,pqc} && "$JDK/bin/jar" cfM "$jar.new" .)
        mv "$jar.new" "$jar"
        rm -rf "$dir"
    done
}

# native_halves LIB NATIVE NAME...: takes this machine's library out of the jars NAME-*.jar of LIB, which go.
native_halves() {
    local lib=$1 native=$2 name
    shift 2
    for name in "$@"; do
        (cd "$native" && "$JDK/bin/jar" xf "$lib/$name"-*"$(netty_arch)".jar META-INF/native \
            && mv META-INF/native/*.so . && rm -rf META-INF) || return 1
        rm -f "$lib/$name"-*.jar
    done
}

netty_arch() {
    case $(uname -m) in
        aarch64) printf aarch_64 ;;
        *) printf x86_64 ;;
    esac
}

# Leads the node once through light use, inside the final layout: the cache fits only this runtime, these
# jars and these flags.
train() {
    # Not below ROOT, which may be too deep for the path of a socket.
    local data
    data=$(mktemp -d)
    "$DIST/runtime/bin/java" "${JAVA_FLAGS[@]}" -cp "$(class_path)" io.beemesh.apiserver.cli.BeemeshCommand \
        train --data "$data" -- "$DIST/runtime/bin/java" "${JAVA_FLAGS[@]}" \
        "-XX:AOTCacheOutput=$data/beemesh.aot" -cp "$(class_path)" io.beemesh.apiserver.cli.BeemeshCommand run \
        || return 1
    # In small pieces: what is written at once may lie in pages of 2 MB, which count whole at the first touch.
    dd if="$data/beemesh.aot" of="$DIST/beemesh.aot" bs=4k || return 1
    rm -rf "$data"
}

class_path() {
    local path='' jar
    for jar in "$DIST"/lib/*.jar; do path="$path${path:+:}$jar"; done
    printf '%s' "$path"
}

# For MAVEN_OPTS. Maven itself does not look at the proxy variables, and its transports since 3.9 look at
# system properties only when told to; a proxy's password they take from settings.xml alone.
maven_proxy() {
    local url=${https_proxy:-${HTTPS_PROXY:-}} hostport except=${no_proxy:-${NO_PROXY:-}} scheme
    [ -n "$url" ] || return 0
    hostport=${url#*://}
    hostport=${hostport##*@}
    hostport=${hostport%%/*}
    printf -- '-Daether.connector.http.useSystemProperties=true -Daether.transport.http.useSystemProperties=true'
    for scheme in http https; do
        printf -- ' -D%s.proxyHost=%s -D%s.proxyPort=%s' $scheme "${hostport%:*}" $scheme "${hostport##*:}"
    done
    [ -z "$except" ] || printf -- ' -Dhttp.nonProxyHosts=%s' "$(sed 's/ //g; s/,/|/g; s/\(^\||\)\./\1*./g' <<<"$except")"
}

run_logged() {
    local log=$1
    shift
    if ! "$@" >>"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die 20 "the build failed; the whole log is in $log"
    fi
}
