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

ROOT_DATA=/var/lib/beemesh

default_data() {
    if [ "$(id -u)" = 0 ]; then
        printf '%s' "$ROOT_DATA"
    else
        printf '%s' "${XDG_DATA_HOME:-$HOME/.local/share}/beemesh"
    fi
}

# root_hint COMMAND: for a user who has no node where root has one.
root_hint() {
    [ "$(id -u)" != 0 ] && [ "$DATA" = "$(default_data)" ] && [ -d "$ROOT_DATA" ] || return 0
    printf "; root's node: sudo ./beemesh %s" "$1"
}

help_main() {
    cat <<'EOM'
Beemesh runs containers on many machines without a control plane.

Usage: ./beemesh COMMAND [options]

  up        build if needed, prepare Podman, start this machine's node
  status    how the node and its pods are
  logs      the node's log
  down      stop the node; its pods go on unless --pods
  token     make, list or revoke the tokens that let machines join
  leave     drain this node and take it out of its mesh
  remove    take out a machine that is lost for good
  registry  where an object is kept, and which node decides on it
  recover   begin a StatefulSet's group anew when most of its voters are lost for good
  images    build the sidecars' images, to be pushed to a registry of yours
  demo      three nodes here, a pod and a node lost and made good; cleans up
  kubeconfig  print a kubeconfig for another user or machine
  version   what this is

./beemesh COMMAND --help says more.

Examples:
  sudo ./beemesh up -d                     a node with Podman, in the background
  ./beemesh up --runtime simulated         a node without containers, for API users and CI
  sudo ./beemesh token create              on a node: a token for one more machine
  sudo ./beemesh up -d --join TOKEN        on that machine: joins the mesh
  sudo ./beemesh kubeconfig                what kubectl needs, for another user or machine

Exit codes: 1 anything else, 2 wrong usage, 3 no node there, 10 no JDK 25, 11 no jlink, 12 no Maven, 13 not root,
14 port taken, 15 disk short, 16 bad node name, 17 data of another node, 18 Podman or its parts missing,
19 damaged data, 20 build failed, 21 Podman failed, 22 node not Ready in time, 23 data or kubeconfig of
another mesh, 24 not admitted to the mesh, 25 pods did not go in time, 26 the demo's pods did not come in time,
27 kernel without what sidecars need, 28 the node refused, or did not answer in time.
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
                         (default 8080; 0 = off). It takes any process of this machine for an administrator
  --listen MULTIADDR     libp2p address of the mesh; the others must reach its port (default
                         /ip4/0.0.0.0/tcp/7946: all addresses)
  --join TOKEN           join the mesh that `./beemesh token create` made this for; without it the
                         first start founds a mesh, and later starts go on as the member that this is
  --node-ip IP           address of this machine for others (default: of the default route)
  --runtime podman|simulated
                         simulated: pods become Ready without containers (default podman)
  --kubeconfig-dir DIR   where beemesh.yaml lies, which is written if it is not there, and pki/ is written
                         (default ./kubeconfig)
  --memory SIZE          what pods may use at most, such as 512m or 4g (default: all but a little)
  --pod-network KIND     sidecar: every pod has a sidecar that is its only way in and out (default); podman: pods
                         are on a private network of Podman's, on which Services lead nowhere
  --sidecar-image IMAGE  (default localhost/beemesh/stateless-sidecar:v1, built here)
  --stateful-sidecar-image IMAGE
                         pods of StatefulSets have this one, and are a Raft group; none by default;
                         localhost/beemesh/stateful-sidecar:v1 is built here
  --allow-host-access    let pods mount the Podman socket and the data directory

Environment variables:
  BEEMESH_NODE_ID        the Node's name (a DNS label); it cannot change later
  BEEMESH_HEAP_MAX       what the node's Java heap may grow to (default 512m)
  BEEMESH_PODMAN_SOCKET  Podman's API (default /run/podman/podman.sock)

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

help_token() {
    cat <<'EOM'
Usage: ./beemesh token create [--issuer] [--ttl SECONDS] [--data DIR]
       ./beemesh token list | revoke TOKEN [--data DIR]

A token lets one machine join, once, at the node that made it, within an hour unless --ttl says
otherwise. It is a secret; `create` prints it alone on the last line. revoke takes the token or its name.

  --issuer   the machine may make tokens and renew certificates too: it gets the mesh's root key.
             Have at least two such machines

Example: sudo ./beemesh up -d --join "$(ssh first sudo beemesh token create | tail -n 1)"
EOM
}

help_kubeconfig() {
    cat <<'EOM'
Usage: ./beemesh kubeconfig [--server URL] [--data DIR]

Prints a kubeconfig with the administrator's keys inside: guard it. It works with every node of the
mesh; --server names one (default: this one, on loopback).

Example: sudo ./beemesh kubeconfig --server https://192.0.2.7:6443 > ~/.kube/config
EOM
}

help_leave() {
    cat <<'EOM'
Usage: ./beemesh leave [--timeout SECONDS] [--data DIR]

Cordons this node, evicts its pods, takes it out of its mesh and stops it. Pods that have not gone in
120 s stop it half-way: the node stays, cordoned.

Example: sudo ./beemesh leave
EOM
}

help_registry() {
    cat <<'EOM'
Usage: ./beemesh registry where KIND/NAME [-n NAMESPACE] [--data DIR]

Says where an object is kept: its slot and the slot's key, the nodes that hold it, which of them decides,
and how far it is.

Example: ./beemesh registry where deployment/web -n default
EOM
}

help_remove() {
    cat <<'EOM'
Usage: ./beemesh remove NODE [--data DIR]

For a machine that is lost for good or not to be trusted: its certificate counts no more, nobody talks
to it, its Node is deleted. It can come back with a new token.

Example: sudo ./beemesh remove worker-3
EOM
}

help_recover() {
    cat <<'EOM'
Usage: ./beemesh recover statefulset NAME [-n NAMESPACE] [--yes] [--empty] [--lost ORDINALS] [--data DIR]

For a StatefulSet whose sidecars elect no leader any more, as most voters are lost for good: the survivor
whose log goes furthest begins the group anew, and takes in the others. Refused while a majority is alive,
or may be; needs a majority of the mesh. Without --yes it only says what would be lost.

  --yes      do it
  --empty    no pod has a log any more: begin with an empty map
  --lost     such as 1,2: do not wait for what these pods have, which have no node or have not said

Example: sudo ./beemesh recover statefulset my-raft-cluster
EOM
}

help_images() {
    cat <<'EOM'
Usage: ./beemesh images build [--tag-prefix PREFIX]

Builds the images of the sidecars, stateless-sidecar:v1 and stateful-sidecar:v1, from this source tree into
Podman's storage.

  --tag-prefix PREFIX    what comes before their names, such as registry.example.com/me/
                         (default localhost/beemesh/)

Example: ./beemesh images build --tag-prefix registry.example.com/me/
EOM
}

help_demo() {
    cat <<'EOM'
Usage: ./beemesh demo [--yes] [--runtime podman|simulated]

Starts a mesh of three nodes on this machine beside what runs here, with both example manifests in a namespace
of their own; shows which pods are on which node while a pod and then a node is killed; cleans up at its end,
also when it is interrupted. With --runtime simulated it needs no root, and only the node is killed.

  -y, --yes   begin without asking

Example: sudo ./beemesh demo
EOM
}

help_version() {
    cat <<'EOM'
Usage: ./beemesh version [--data DIR]

Example: ./beemesh version
EOM
}
