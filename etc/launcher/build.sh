# shellcheck shell=bash
# Builds the node into target/dist: a Java runtime of its own, the jars, and an ahead-of-time cache.

DIST=$ROOT/target/dist
# Measured in docs/benchmarks.md. What the cache knows of hot methods is left out: it would keep 24 MB more of
# the cache in memory. The cache is valid only with the same flags, so both runs share them.
JAVA_FLAGS=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -Xss256k
    -XX:ReservedCodeCacheSize=24m -XX:-UsePerfData -XX:+UnlockDiagnosticVMOptions
    -XX:ArchiveRelocationMode=0 -XX:-AOTRecordTraining -XX:-AOTReplayTraining --enable-native-access=ALL-UNNAMED
    -XX:MaxDirectMemorySize=32m -Dio.netty.allocator.type=unpooled
    -Dio.netty.noPreferDirect=true -Dvertx.disableFileCPResolving=true
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.showShortLogName=true
    -Dorg.slf4j.simpleLogger.log.com.github.dockerjava=warn
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
JLINK_MODULES=java.base,java.logging,java.naming,java.management,java.sql,java.desktop,jdk.unsupported,jdk.crypto.ec,jdk.crypto.cryptoki

build_hint() {
    if is_built; then printf ': nothing to do'; else printf ' (about 2 min the first time)'; fi
}

is_built() {
    [ -f "$DIST/.complete" ] || return 1
    local changed
    changed=$(find "$ROOT/pom.xml" "$ROOT"/{libp2p,protocol,machine,apiserver-facade}/{pom.xml,src/main} \
        "$ROOT/etc/launcher/build.sh" -newer "$DIST/.complete" -type f -print -quit)
    [ -z "$changed" ]
}

build_if_needed() {
    is_built && return 0
    local log=$ROOT/target/build.log started
    mkdir -p "$ROOT/target"
    started=$(date +%s)
    rm -rf "$ROOT/target/dist.new"
    say "      compiling"
    run_logged "$log" maven_package
    say "      linking a Java runtime"
    mkdir -p "$ROOT/target/dist.new/lib"
    run_logged "$log" "$JDK/bin/jlink" --add-modules "$JLINK_MODULES" --strip-debug --no-header-files \
        --no-man-pages --output "$ROOT/target/dist.new/runtime"
    cp "$ROOT"/apiserver-facade/target/lib/*.jar "$ROOT"/apiserver-facade/target/apiserver-facade-*.jar \
        "$ROOT/target/dist.new/lib/"
    rm -f "$ROOT"/target/dist.new/lib/*-tests.jar "$ROOT"/target/dist.new/lib/*-sources.jar
    run_logged "$log" unsign "$ROOT"/target/dist.new/lib/bc*.jar
    rm -rf "$DIST"
    mv "$ROOT/target/dist.new" "$DIST"
    say "      preparing for a fast start"
    run_logged "$log" train
    touch "$DIST/.complete"
    say "      built in $(($(date +%s) - started)) s"
}

maven_package() {
    (cd "$ROOT" && JAVA_HOME=$JDK mvn -B -DskipTests -Dspotless.check.skip $(maven_proxy) -pl apiserver-facade -am package)
}

# Takes the signatures out of jars: the JVM would keep the digests of thousands of entries in memory, and
# nothing here uses Bouncy Castle as a security provider, which alone needs them.
unsign() {
    local jar dir
    for jar in "$@"; do
        dir=$(mktemp -d)
        (cd "$dir" && "$JDK/bin/jar" xf "$jar" && rm -rf META-INF && "$JDK/bin/jar" cfM "$jar.new" .)
        mv "$jar.new" "$jar"
        rm -rf "$dir"
    done
}

# Runs the node once with simulated pods and a few requests, inside the final layout: the cache fits
# only this runtime, these jars and these flags.
train() {
    local data
    data=$(mktemp -d)
    "$DIST/runtime/bin/java" "${JAVA_FLAGS[@]}" "-XX:AOTCacheOutput=$DIST/beemesh.aot" -cp "$(class_path)" \
        io.beemesh.apiserver.cli.BeemeshCommand train --data "$data"
    rm -rf "$data"
}

class_path() {
    local path='' jar
    for jar in "$DIST"/lib/*.jar; do path="$path${path:+:}$jar"; done
    printf '%s' "$path"
}

maven_proxy() {
    local url=${https_proxy:-${HTTPS_PROXY:-}} hostport
    [ -n "$url" ] || return 0
    hostport=${url#*://}
    hostport=${hostport##*@}
    hostport=${hostport%%/*}
    printf -- '-Dhttps.proxyHost=%s -Dhttps.proxyPort=%s' "${hostport%%:*}" "${hostport##*:}"
}

run_logged() {
    local log=$1
    shift
    if ! "$@" >>"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die 20 "the build failed; the whole log is in $log"
    fi
}
