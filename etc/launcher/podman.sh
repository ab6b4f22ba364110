# shellcheck shell=bash
# Installs and starts what the podman runtime needs. A user's own configuration is never overwritten:
# the service that this starts gets a file of its own through CONTAINERS_CONF.

PODMAN_PACKAGES=(podman runc catatonit netavark aardvark-dns nftables iptables busybox-static ca-certificates iproute2)

prepare_podman() {
    PODMAN_SOCKET=${BEEMESH_PODMAN_SOCKET:-/run/podman/podman.sock}
    has_podman || install_podman
    podman_answers || start_podman_service
}

# Said before minutes are spent on the build: what `up` can neither find nor install.
check_podman() {
    has_podman || check_installer
    [ "$POD_NETWORK" != sidecar ] || check_pod_network
}

# Podman, and a busybox for the example images, which have no C library for it.
has_podman() {
    command -v podman >/dev/null && command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

check_installer() {
    command -v apt-get >/dev/null \
        || die 18 "Podman is missing, or a static busybox; install them with your package manager (podman, runc or crun, catatonit, netavark, busybox-static) and run this again"
}

install_podman() {
    check_installer
    say "      installing ${PODMAN_PACKAGES[*]}"
    local log=$ROOT/target/podman-install.log
    if ! { dpkg --configure -a && apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends "${PODMAN_PACKAGES[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die 18 "Podman could not be installed; the whole log is in $log"
    fi
}

podman_answers() {
    [ -S "$PODMAN_SOCKET" ] && command -v podman >/dev/null \
        && timeout 10 podman --remote --url "unix://$PODMAN_SOCKET" version >/dev/null 2>&1
}

# Pods with sidecars have rules of the kernel's, made by programs that a machine with Podman may lack.
prepare_pod_network() {
    [ -z "$(network_programs_missing)" ] || install_podman
    check_pod_network
}

network_programs_missing() {
    local program missing=()
    for program in nft ip nsenter; do
        command -v $program >/dev/null || missing+=("$program")
    done
    printf %s "${missing[*]}"
}

check_pod_network() {
    local missing
    missing=$(network_programs_missing)
    if [ -n "$missing" ]; then
        command -v apt-get >/dev/null \
            || die 18 "sidecars need $missing; install nftables, iproute2 and util-linux, or use --pod-network podman"
        return 0
    fi
    # As podman.NetworkNamespace does it, in a namespace that ends with the command.
    unshare --net nft 'add table inet b; add chain inet b c { type filter hook prerouting priority mangle; }
        add rule inet b c meta l4proto tcp tproxy ip to :15001' 2>/dev/null \
        || die 27 "this kernel has no transparent proxying for nftables (nft_tproxy), which sidecars need; use --pod-network podman"
}

# Its files lie beside the socket: the service outlives the node that started it, and its data.
start_podman_service() {
    local directory
    directory=$(dirname "$PODMAN_SOCKET")
    mkdir -p "$directory"
    local config=() log=$directory/beemesh-service.log
    if [ -z "${CONTAINERS_CONF:-}" ] && [ ! -f /etc/containers/containers.conf ]; then
        podman_config /proc/mounts "$(ulimit -Hn)" "$(process_limit)" >"$directory/beemesh-containers.conf"
        config=(env "CONTAINERS_CONF=$directory/beemesh-containers.conf")
    fi
    rm -f "$PODMAN_SOCKET"
    # In /, as any other directory may go while the service stays; then it could start no container.
    # shellcheck disable=SC2086
    (cd / && exec setsid "${config[@]}" podman ${BEEMESH_PODMAN_ARGS:-} system service -t 0 \
        "unix://$PODMAN_SOCKET") >>"$log" 2>&1 </dev/null &
    local tries=0
    until podman_answers; do
        tries=$((tries + 1))
        [ $tries -le 60 ] || {
            tail -n 10 "$log" >&2
            die 21 "Podman's service does not answer on $PODMAN_SOCKET; its log is $log"
        }
        sleep 0.5
    done
}

# The most processes that a container's limit may name: Podman lowers its own to the kernel's highest pid.
process_limit() {
    local hard most
    hard=$(ulimit -Hu)
    most=$(cat /proc/sys/kernel/pid_max)
    if [ "$hard" != unlimited ] && [ "$hard" -lt "$most" ]; then most=$hard; fi
    printf '%s' "$most"
}

# podman_config MOUNTS NOFILE NPROC: the containers.conf that this host needs.
# crun refuses cgroup v1 and hybrid hierarchies, runc takes them; without systemd Podman must manage
# cgroups itself; without CAP_SYS_RESOURCE limits above the hard ones cannot be set.
podman_config() {
    local mounts=$1 nofile=$2 nproc=$3 unified=no
    grep -Eq '^[^ ]+ /sys/fs/cgroup cgroup2 ' "$mounts" && unified=yes
    say '[containers]'
    if ! has_capability 24; then
        [ "$nofile" = unlimited ] && nofile=1048576
        [ "$nproc" = unlimited ] && nproc=1048576
        say "default_ulimits = [\"nofile=$nofile:$nofile\", \"nproc=$nproc:$nproc\"]"
    fi
    say '[engine]'
    [ $unified = yes ] || say 'runtime = "runc"'
    if [ $unified = no ] || [ ! -d /run/systemd/system ]; then
        say 'cgroup_manager = "cgroupfs"'
        say 'events_logger = "file"'
    fi
    say '[network]'
    say 'network_backend = "netavark"'
}

# has_capability BIT: whether this process has it effectively (24 is CAP_SYS_RESOURCE).
has_capability() {
    local effective
    effective=$(sed -n 's/^CapEff:\t//p' "${BEEMESH_PROC_STATUS:-/proc/self/status}")
    [ $((0x$effective >> $1 & 1)) = 1 ]
}
