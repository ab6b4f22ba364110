# shellcheck shell=bash
# A mesh of three nodes on this machine that loses a pod and a node, to be watched.

DEMO=$ROOT/target/demo
DEMO_NAMESPACE=beemesh-demo

command_demo() {
    local yes=no
    RUNTIME=podman
    while [ $# -gt 0 ]; do
        case $1 in
            -y | --yes) yes=yes ;;
            --runtime | --runtime=*) option "$@"; [ "$CONSUMED" = 2 ] && shift; RUNTIME=$VALUE ;;
            -h | --help) help_demo && return 0 ;;
            *) die 2 "demo does not know '$1'; see ./beemesh demo --help" ;;
        esac
        shift
    done
    case $RUNTIME in
        podman | simulated) ;;
        *) die 2 "--runtime is podman or simulated, not '$RUNTIME'" ;;
    esac
    [ "$yes" = yes ] || demo_confirm
    demo_clean >/dev/null
    trap demo_end EXIT
    trap 'exit 130' INT TERM
    demo_run
}

demo_confirm() {
    [ -t 0 ] || die 2 "the demo asks before it begins; without a terminal say ./beemesh demo --yes"
    local answer
    read -r -p "This starts three nodes and some pods on this machine, ends one of each, and cleans up. Go on? [y/N] " answer
    case $answer in
        y | Y | yes) ;;
        *) exit 0 ;;
    esac
}

demo_run() {
    local port=26443 mesh_port=27946 pod node container
    demo_step "three nodes on this machine"
    demo_up 1
    demo_up 2
    demo_up 3
    demo_step "the two example manifests, by node 1, seen through node 3"
    demo_ask 1 apply "$ROOT/manifests/my-stateless-app.yaml" "$ROOT/manifests/my-raft-cluster.yaml"
    demo_await 3
    if [ "$RUNTIME" = podman ]; then
        read -r pod node container < <(demo_ask 1 choose --app my-stateless-app)
        demo_step "pod $pod on $node is removed behind Beemesh's back"
        podman_remote pod rm -f -t 0 "$pod.$DEMO_NAMESPACE" >/dev/null
        demo_await 3 --gone "$container"
    fi
    demo_step "node 2 is killed, with all that it ran"
    "$ROOT/beemesh" down --kill --pods --data "$DEMO/2/data"
    demo_await 3 --lost demo-2 --kinds Deployment
    if [ "$RUNTIME" = podman ]; then
        demo_step "the Service answers, through node 3"
        demo_ask 3 ask --service my-stateless-app
    fi
    demo_step "node 2 is back, and with it the volumes that its stateful pods waited for"
    demo_up 2
    demo_await 1
}

demo_step() {
    printf '\n== %s\n' "$1"
}

# demo_up N: starts node N, or starts it again.
demo_up() {
    local directory=$DEMO/$1 options=()
    mkdir -p "$directory/kubeconfig"
    [ -f "$directory/api-port" ] || {
        port=$(free_port $((port + 1)))
        printf '%s' "$port" >"$directory/api-port"
        mesh_port=$(free_port $((mesh_port + 1)))
        printf '%s' "$mesh_port" >"$directory/mesh-port"
        [ "$1" = 1 ] || options+=(--join "$("$ROOT/beemesh" token create --data "$DEMO/1/data" | tail -n 1)")
    }
    BEEMESH_NODE_ID=demo-$1 SUDO_UID='' "$ROOT/beemesh" up -d --runtime "$RUNTIME" --data "$directory/data" --http-port 0 \
        --api-port "$(cat "$directory/api-port")" --listen "/ip4/127.0.0.1/tcp/$(cat "$directory/mesh-port")" \
        --node-ip 127.0.0.1 --kubeconfig-dir "$directory/kubeconfig" "${options[@]}" | demo_filter "$1"
    DATA=$DEMO/1/data
    PODMAN_SOCKET=$(recorded podman-socket)
}

# Of the first node all is shown, as it may build for minutes.
demo_filter() {
    if [ "$1" = 1 ]; then grep -v '^Try: '; else grep '^Node '; fi
}

free_port() {
    local port=$1
    while [ -n "$(port_owner "$port")" ]; do port=$((port + 1)); done
    printf '%s' "$port"
}

# demo_ask N ARGS: through node N; one kubeconfig serves for all.
demo_ask() {
    local node=$1
    shift
    program demo --api-port "$(cat "$DEMO/$node/api-port")" --kubeconfig-dir "$DEMO/1/kubeconfig" \
        --namespace "$DEMO_NAMESPACE" "$@"
}

demo_await() {
    local node=$1 redraw=()
    shift
    [ ! -t 1 ] || redraw=(--redraw)
    demo_ask "$node" await --timeout 120 "${redraw[@]}" "$@"
}

demo_end() {
    local code=$?
    trap - EXIT INT TERM
    demo_step "cleaning up"
    demo_clean
    exit "$code"
}

# Whatever an earlier demo left, too.
demo_clean() {
    local node
    for node in 3 2 1; do
        [ ! -d "$DEMO/$node/data" ] || "$ROOT/beemesh" down --purge --data "$DEMO/$node/data" || true
    done
    rm -rf "$DEMO"
}
