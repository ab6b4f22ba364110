# shellcheck shell=bash
# Starts, finds, shows and stops the node process.

READY_SECONDS_MAX=120
# The heap follows what is live: a node with few objects stays small, one with 100,000 may grow. The young
# generation is an eighth of the old one; collections of the whole leave no gaps, and malloc's are given back.
HEAP_FLAGS=(-Xms8m "-Xmx${BEEMESH_HEAP_MAX:-512m}" -XX:NewSize=2m -XX:NewRatio=8 -XX:MinHeapFreeRatio=5
    -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps -XX:MarkSweepDeadRatio=0 -XX:TrimNativeHeapInterval=20000)

# Sets NODE_PID if the node of DATA runs; a pid file of a process that is gone, or of another process
# that got the same number, does not count.
node_is_running() {
    NODE_PID=''
    local pid start
    [ -f "$DATA/run/pid" ] || return 1
    read -r pid start <"$DATA/run/pid" || return 1
    [ -n "${start:-}" ] && [ "$(process_start "$pid")" = "$start" ] || return 1
    NODE_PID=$pid
}

# The start time of a process in clock ticks since boot: with the pid it names a process for good. Nothing for
# one that has ended but whose parent has not asked how (in containers whose first process never asks); one whose
# other threads are still ending has not, and holds its ports.
process_start() {
    local threads=("/proc/$1/task/"*) states='[^ZX]'
    [ ${#threads[@]} -le 1 ] || states='[A-Za-z]'
    sed -n "s/.*) \\($states .*\\)/\\1/p" "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

recorded() {
    cat "$DATA/run/$1" 2>/dev/null || printf unknown
}

start_node() {
    mkdir -p "$DATA/run" "$KUBECONFIG_DIR"
    [ -e "$KUBECONFIG_DIR/beemesh.yaml" ] \
        || sed "s|127.0.0.1:6443|127.0.0.1:$API_PORT|" "$ROOT/kubeconfig/beemesh.yaml" >"$KUBECONFIG_DIR/beemesh.yaml"
    chmod 700 "$DATA"
    rm -f "$DATA/run/ready"
    printf '%s' "$API_PORT" >"$DATA/run/api-port"
    printf '%s' "$KUBECONFIG_DIR" >"$DATA/run/kubeconfig-dir"
    printf '%s' "${PODMAN_SOCKET:-}" >"$DATA/run/podman-socket"
    local arguments=(run --data "$DATA" --api-port "$API_PORT" --http-port "$HTTP_PORT" --listen "$LISTEN"
        --runtime "$RUNTIME" --kubeconfig-dir "$KUBECONFIG_DIR")
    [ -z "$NODE_IP" ] || arguments+=(--node-ip "$NODE_IP")
    [ -z "${BEEMESH_NODE_ID:-}" ] || arguments+=(--node-name "$BEEMESH_NODE_ID")
    [ -z "$MEMORY" ] || arguments+=(--pod-memory "$(numfmt --from=iec "${MEMORY^^}")")
    [ "$RUNTIME" != podman ] || arguments+=(--podman-socket "$PODMAN_SOCKET")
    [ -z "$JOIN" ] || arguments+=(--join "$JOIN")
    [ "$RUNTIME" != podman ] || arguments+=(--pod-network "$POD_NETWORK" --sidecar-image "$SIDECAR_IMAGE")
    [ "$RUNTIME" != podman ] || [ -z "$STATEFUL_SIDECAR_IMAGE" ] \
        || arguments+=(--stateful-sidecar-image "$STATEFUL_SIDECAR_IMAGE")
    [ "$ALLOW_HOST_ACCESS" = no ] || arguments+=(--allow-host-access)
    local command=("$DIST/runtime/bin/java" "${JAVA_FLAGS[@]}" "${HEAP_FLAGS[@]}"
        "-XX:AOTCache=$DIST/beemesh.aot" -cp "$(class_path)"
        io.beemesh.apiserver.cli.BeemeshCommand "${arguments[@]}")
    export MALLOC_ARENA_MAX=1
    if [ "$DETACH" = no ]; then
        record_pid $$
        say_how_to_use
        exec "${command[@]}"
    fi
    # The child records itself before it becomes the node: whoever interrupts the launcher leaves none unknown.
    (
        record_pid "$BASHPID"
        exec setsid "${command[@]}"
    ) >>"$DATA/node.log" 2>&1 </dev/null &
    await_ready $!
    say "Node $(cat "$DATA/node-name") is Ready (pid $NODE_PID)"
    say_how_to_use
}

record_pid() {
    printf '%s %s\n' "$1" "$(process_start "$1")" >"$DATA/run/pid.new"
    mv "$DATA/run/pid.new" "$DATA/run/pid"
}

# await_ready PID: returns when the Node is Ready.
await_ready() {
    local pid=$1 waited=0 code=0
    until [ -f "$DATA/run/ready" ]; do
        if [ ! -d "/proc/$pid" ]; then
            wait "$pid" 2>/dev/null || code=$?
            tail -n 20 "$DATA/node.log" >&2
            case $code in
                14 | 16 | 17 | 19 | 23 | 24) exit "$code" ;;
            esac
            die 22 "the node ended while starting (exit code $code); its log is $DATA/node.log"
        fi
        if [ $waited -ge $((READY_SECONDS_MAX * 10)) ]; then
            tail -n 20 "$DATA/node.log" >&2
            die 22 "the Node is not Ready after $READY_SECONDS_MAX s; it goes on trying, see ./beemesh logs -f"
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
    NODE_PID=$pid
}

say_how_to_use() {
    local kubeconfig=$KUBECONFIG_DIR/beemesh.yaml server=''
    grep -q "server: https://127.0.0.1:$API_PORT\$" "$kubeconfig" || server=" --server https://127.0.0.1:$API_PORT"
    [ "$kubeconfig" != "$PWD/kubeconfig/beemesh.yaml" ] || kubeconfig=kubeconfig/beemesh.yaml
    local words="--kubeconfig $kubeconfig$server "
    if [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ]; then
        # Whoever called sudo cannot read root's keys.
        words='' kubeconfig=''
        [ "$DATA" = "$(default_data)" ] || kubeconfig=" --data $DATA"
        say "For kubectl without root:"
        say "  mkdir -p ~/.kube; (umask 077; sudo ./beemesh kubeconfig$kubeconfig >~/.kube/beemesh)"
        say "  export KUBECONFIG=~/.kube/beemesh"
    fi
    say "Try: kubectl ${words}apply -f $([ "$PWD" = "$ROOT" ] && printf manifests || printf '%s' "$ROOT/manifests")/my-stateless-app.yaml"
}

node_status() {
    if ! node_is_running; then
        if [ -d "$DATA" ]; then
            say "not running; data of node '$(cat "$DATA/node-name" 2>/dev/null || printf unknown)' in $DATA; start it with ./beemesh up"
        else
            say "not running, and no data in $DATA; start a node with ./beemesh up$(root_hint status)"
        fi
        exit 3
    fi
    say "running: pid $NODE_PID, data in $DATA"
    [ ! -s "$DATA/run/loss" ] || say "the registry was not closed in order before this start: $(cat "$DATA/run/loss")"
    program status --api-port "$(recorded api-port)" \
        --kubeconfig-dir "$(recorded kubeconfig-dir)"
}

# Runs the program beside the node.
program() {
    "$DIST/runtime/bin/java" "${JAVA_FLAGS[@]}" "-XX:AOTCache=$DIST/beemesh.aot" -cp "$(class_path)" \
        io.beemesh.apiserver.cli.BeemeshCommand "$@"
}

# After `leave`: the node ends by itself.
await_end() {
    local waited=0
    while node_is_running; do
        [ $waited -lt 300 ] || die 22 "the node (pid $NODE_PID) has left its mesh and does not end; stop it with ./beemesh down"
        sleep 0.1
        waited=$((waited + 1))
    done
    rm -f "$DATA/run/pid" "$DATA/run/ready"
}

# stop_node KILL PODS PURGE, each yes or no.
stop_node() {
    local kill=$1 pods=$2 purge=$3 waited=0
    [ "$purge" = no ] || pods=yes
    if node_is_running; then
        if [ "$kill" = yes ]; then kill -KILL "$NODE_PID"; else kill -TERM "$NODE_PID"; fi
        local pid=$NODE_PID
        while node_is_running; do
            if [ $waited -ge 300 ]; then
                say "the node (pid $pid) does not stop within 30 s; ending it"
                kill -KILL "$pid"
            fi
            sleep 0.1
            waited=$((waited + 1))
        done
        rm -f "$DATA/run/pid" "$DATA/run/ready"
        say "Node stopped (pid $pid)"
    elif [ -d "$DATA" ]; then
        say "the node is not running"
    else
        die 3 "there is no node with data in $DATA$(root_hint down)"
    fi
    PODMAN_SOCKET=$(recorded podman-socket)
    if [ "$pods" = yes ]; then
        remove_pods
    elif [ "$(pod_ids | wc -l)" -gt 0 ]; then
        say "$(pod_ids | wc -l) pods go on running; the next ./beemesh up adopts them, ./beemesh down --pods removes them"
    fi
    if [ "$purge" = yes ]; then
        local kubeconfig_dir
        kubeconfig_dir=$(recorded kubeconfig-dir)
        if cmp -s "$kubeconfig_dir/pki/ca.crt" "$DATA/pki/ca.crt"; then
            rm -rf "$kubeconfig_dir/pki"
        fi
        rm -rf "$DATA"
        say "Removed $DATA"
    fi
}

# The Podman pods of this node, by label.
pod_ids() {
    [ -S "$PODMAN_SOCKET" ] && [ -f "$DATA/node-name" ] || return 0
    podman_remote pod ps -q --filter "label=io.beemesh.node=$(cat "$DATA/node-name")" 2>/dev/null || true
}

remove_pods() {
    local ids
    mapfile -t ids < <(pod_ids)
    if [ ${#ids[@]} -gt 0 ]; then
        podman_remote pod rm -f -t 10 "${ids[@]}" >/dev/null
        say "Removed ${#ids[@]} pods"
    fi
}
