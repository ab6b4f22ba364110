# shellcheck shell=bash
# The images of the example manifests, from a static busybox and the project's own files: they need no
# registry.

build_images() {
    local name
    for name in stateless-app raft-app; do
        build_image "$name" "localhost/beemesh/$name:v1"
    done
}

build_image() {
    local source=$ROOT/etc/images/$1 tag=$2 stamp context busybox
    busybox=$(command -v busybox) || die 18 "busybox is missing; install busybox-static"
    stamp=$( (cat "$busybox"; find "$source" -type f | sort | xargs cat) | sha256sum | cut -c 1-16)
    if [ "$(podman_remote image inspect --format '{{ index .Labels "beemesh.io/stamp" }}' "$tag" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    say "      $tag"
    context=$(mktemp -d)
    mkdir -p "$context"/root/{bin,tmp,etc,www/cgi-bin}
    cp "$busybox" "$context/root/bin/busybox"
    local applet
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -sf busybox "$context/root/bin/$applet"
    done
    printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$context/root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$context/root/etc/group"
    chmod 1777 "$context/root/tmp"
    cp -r "$source/." "$context/root/"
    mv "$context/root/Containerfile" "$context/Containerfile"
    printf 'LABEL beemesh.io/stamp=%s\n' "$stamp" >>"$context/Containerfile"
    if ! podman_remote build -q -t "$tag" "$context" >"$context/log" 2>&1; then
        tail -n 10 "$context/log" >&2
        die 21 "the image $tag could not be built"
    fi
    rm -rf "$context"
}

podman_remote() {
    podman --remote --url "unix://$PODMAN_SOCKET" "$@"
}
