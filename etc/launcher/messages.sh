# shellcheck shell=bash
# What the launcher says, and how it reads options.

say() { printf '%s\n' "$*"; }
step() { printf '[%s/%s] %s\n' "$1" "$2" "$3"; }

# die CODE MESSAGE: every refusal has an exit code of its own, listed in help_main.
die() {
    local code=$1
    shift
    printf 'beemesh: %s\n' "$*" >&2
    exit "$code"
}

# option ARGS: reads "--name value" or "--name=value" into OPTION, VALUE and CONSUMED.
option() {
    case $1 in
        *=*) OPTION=${1%%=*} VALUE=${1#*=} CONSUMED=1 ;;
        *)
            [ $# -ge 2 ] || die 2 "$1 needs a value"
            OPTION=$1 VALUE=$2 CONSUMED=2
            ;;
    esac
    [ -n "$VALUE" ] || die 2 "$OPTION needs a value"
}

absolute() {
    case $1 in
        /*) printf '%s' "$1" ;;
        *) printf '%s' "$PWD/$1" ;;
    esac
}

default_data() {
    if [ "$(id -u)" = 0 ]; then
        printf /var/lib/beemesh
    else
        printf '%s' "${XDG_DATA_HOME:-$HOME/.local/share}/beemesh"
    fi
}

help_main() {
    cat <<'EOM'
Beemesh runs containers on many machines without a control plane.

Usage: ./beemesh COMMAND [options]

  up        build if needed, prepare Podman, start this machine's node
  status    how the node and its pods are
  logs      the node's log
  down      stop the node; its pods go on unless --pods
  version   what this is

./beemesh COMMAND --help says more.

Examples:
  sudo ./beemesh up -d                     a node with Podman, in the background
  ./beemesh up --runtime simulated         a node without containers, for API users and CI
  kubectl --kubeconfig kubeconfig/beemesh.yaml get nodes

Exit codes: 2 wrong usage, 3 no node there, 10 no JDK 25, 11 no jlink, 12 no Maven, 13 not root,
14 port taken, 15 disk short, 16 bad node name, 17 data of another node, 18 Podman missing,
19 damaged data, 20 build failed, 21 Podman failed, 22 node not Ready in time, 23 kubeconfig of another mesh.
EOM
}

help_up() {
    cat <<'EOM'
Usage: ./beemesh up [options]

Builds what is not built, installs Podman if it is missing (as root, on Debian and Ubuntu), starts
Podman's API service if none runs, builds the example images and starts the node. Run it again after
an interruption: it goes on where it stopped.

  -d, --detach           run in the background; returns when the Node is Ready
  --data DIR             state of this node (default /var/lib/beemesh; without root
                         ~/.local/share/beemesh)
  --api-port PORT        Kubernetes API over HTTPS (default 6443)
  --http-port PORT       plain HTTP on loopback: /v1/workloads, /metrics, and the default Service
                         (default 8080; 0 = off)
  --listen MULTIADDR     libp2p address (default /ip4/0.0.0.0/tcp/7946)
  --node-ip IP           address of this machine for others (default: of the default route)
  --runtime podman|simulated
                         simulated: pods become Ready without containers (default podman)
  --kubeconfig-dir DIR   where beemesh.yaml lies and pki/ is written (default ./kubeconfig)
  --memory SIZE          what pods may use at most, such as 512m or 4g (default: all but a little)
  --allow-host-access    let pods mount the Podman socket and the data directory

The environment variable BEEMESH_NODE_ID names the Node (a DNS label); it cannot change later.

Examples:
  sudo ./beemesh up -d
  ./beemesh up -d --runtime simulated --data /tmp/bee --api-port 7443 --http-port 0
EOM
}

help_down() {
    cat <<'EOM'
Usage: ./beemesh down [--data DIR] [--kill] [--pods] [--purge]

Stops the node. Its pods go on running, and the next `up` adopts them.

  --kill    end the node at once, as kill -9 would
  --pods    stop and remove this node's pods too
  --purge   remove the data directory and the credentials of this mesh as well (implies --pods)

Examples:
  sudo ./beemesh down
  sudo ./beemesh down --purge
EOM
}

help_status() {
    cat <<'EOM'
Usage: ./beemesh status [--data DIR]

Says whether the node runs, how it is, and what it runs.

Example: sudo ./beemesh status
EOM
}

help_logs() {
    cat <<'EOM'
Usage: ./beemesh logs [--data DIR] [-f]

Prints the node's log; -f follows it.

Example: sudo ./beemesh logs -f
EOM
}

help_version() {
    cat <<'EOM'
Usage: ./beemesh version [--data DIR]

Example: ./beemesh version
EOM
}
