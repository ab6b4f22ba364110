# shellcheck shell=bash
# Refusals that come before anything is built or changed.

DISK_KB_MIN=2097152

check_options() {
    check_port --api-port "$API_PORT" 1
    check_port --http-port "$HTTP_PORT" 0
    case $RUNTIME in
        podman | simulated) ;;
        *) die 2 "--runtime is podman or simulated, not '$RUNTIME'" ;;
    esac
    case $POD_NETWORK in
        podman | sidecar) ;;
        *) die 2 "--pod-network is podman or sidecar, not '$POD_NETWORK'" ;;
    esac
    [[ $LISTEN == /* ]] || die 2 "--listen takes a multiaddr such as /ip4/0.0.0.0/tcp/7946, not '$LISTEN'"
    [[ -z $MEMORY || $MEMORY =~ ^[0-9]+[kKmMgG]$ ]] || die 2 "--memory takes a size such as 64m or 1g, not '$MEMORY'"
    check_node_name
}

check_port() {
    [[ $2 =~ ^[0-9]{1,5}$ ]] && [ "$2" -ge "$3" ] && [ "$2" -le 65535 ] \
        || die 2 "$1 takes a port from $3 to 65535, not '$2'"
}

check_node_name() {
    local name=${BEEMESH_NODE_ID:-}
    [ -n "$name" ] || return 0
    [[ ${#name} -le 63 && $name =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] \
        || die 16 "BEEMESH_NODE_ID '$name' is not a DNS-1123 label: lower-case letters, digits and '-', at most 63"
    if [ -f "$DATA/node-name" ] && [ "$(cat "$DATA/node-name")" != "$name" ]; then
        die 17 "$DATA belongs to node '$(cat "$DATA/node-name")', not to '$name'; unset BEEMESH_NODE_ID or take another --data"
    fi
}

check_machine() {
    find_jdk
    [ -x "$JDK/bin/jlink" ] || die 11 "the JDK at $JDK has no jlink; install a full JDK 25 (Temurin has it)"
    command -v mvn >/dev/null || die 12 "Maven is missing; install it (apt-get install maven)"
    if [ "$RUNTIME" = podman ] && [ "$(id -u)" != 0 ]; then
        die 13 "running pods with Podman needs root: sudo ./beemesh up. To try the API without containers: ./beemesh up --runtime simulated"
    fi
    [ "$RUNTIME" != podman ] || check_podman
    check_port_free "$API_PORT" --api-port
    [ "$HTTP_PORT" = 0 ] || check_port_free "$HTTP_PORT" "--http-port (0 = off)"
    if [[ $LISTEN =~ /tcp/([0-9]+) ]] && [ "${BASH_REMATCH[1]}" != 0 ]; then
        check_port_free "${BASH_REMATCH[1]}" --listen
    fi
    check_disk "$ROOT"
    check_disk "$DATA"
}

# Sets JDK to a JDK of 25 or newer.
find_jdk() {
    local looked='' candidate
    for candidate in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/* /opt/java/* /opt/jdk*; do
        [ -x "$candidate/bin/javac" ] || continue
        [ -L "$candidate" ] && [ "$candidate" != "${JAVA_HOME:-}" ] && continue
        looked="$looked $candidate"
        if [ "$(java_major "$candidate")" -ge 25 ]; then
            JDK=$candidate
            return 0
        fi
    done
    die 10 "needs a JDK 25 or newer; Debian 12 does not package one; get Temurin 25, or set JAVA_HOME (under sudo: sudo JAVA_HOME=... ./beemesh up); looked in:${looked:- /usr/lib/jvm, /opt/java, /opt}"
}

java_major() {
    local version
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
    [ -n "$version" ] || version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    printf '%s' "${version:-0}"
}

check_port_free() {
    local owner
    owner=$(port_owner "$1")
    [ -z "$owner" ] || die 14 "port $1 is taken by $owner; choose another with $2"
}

# Prints who listens on a TCP port, or nothing.
port_owner() {
    local hex inode link
    hex=$(printf '%04X' "$1")
    inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == p { print $10; exit }')
    [ -n "$inode" ] || return 0
    for link in /proc/[0-9]*/fd/*; do
        if [ "$(readlink "$link" 2>/dev/null)" = "socket:[$inode]" ]; then
            local pid=${link#/proc/}
            pid=${pid%%/*}
            printf '%s (pid %s)' "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c 1-80 | sed 's/ *$//')" "$pid"
            return 0
        fi
    done
    printf 'another process (run as root to see which)'
}

check_disk() {
    local dir=$1 free
    while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
    free=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$DISK_KB_MIN" ] \
        || die 15 "disk short: $dir has $((free / 1024)) MB free, at least $((DISK_KB_MIN / 1024)) MB are needed"
}
