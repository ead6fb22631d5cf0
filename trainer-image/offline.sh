# Sourced by trainer-image/build-image and operator/build-image: builds images with no registry, from Debian packages.
# shellcheck shell=bash

PACKAGES=base-files,netbase,libc6,libgcc-s1,libstdc++6,zlib1g,libgomp1
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/finetune-operator/images
STARTED=${EPOCHREALTIME/[.,]/}
export BUILDAH_ISOLATION=chroot

say() {
    local now=${EPOCHREALTIME/[.,]/}
    printf '%5d.%d s  %s\n' $(((now - STARTED) / 1000000)) $(((now - STARTED) / 100000 % 10)) "$*" >&2
}

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# The version of the project as an image tag: 0.1.0-SNAPSHOT is 0.1.0-dev.
project_version() { # POM
    sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$1" | head -1 | sed 's/-SNAPSHOT$/-dev/'
}

prepare_tools() {
    if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
        echo "${0##*/}: building without a registry needs Linux and root; anywhere else use: docker build" >&2
        exit 3
    fi
    local -a missing=()
    local program package
    while read -r program package; do
        command -v "$program" >/dev/null || missing+=("$package")
    done <<'END'
buildah buildah
skopeo skopeo
mmdebstrap mmdebstrap
unzip unzip
strip binutils
END
    [ ${#missing[@]} -eq 0 ] || {
        say "installing Debian packages: ${missing[*]}"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >/tmp/finetune-apt.log 2>&1 ||
            fail "apt-get could not install ${missing[*]}: $(tail -1 /tmp/finetune-apt.log)"
    }
    local jdk
    for jdk in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*25*; do
        if [ -x "$jdk/bin/jlink" ] && grep -q '^JAVA_VERSION="25' "$jdk/release"; then
            export JAVA_HOME=$jdk PATH=$jdk/bin:$PATH
            break
        fi
    done
    grep -qs '^JAVA_VERSION="25' "${JAVA_HOME:-}/release" || fail "a JDK 25 is needed; none in JAVA_HOME or /usr/lib/jvm"
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    flock 9
}

# store COMMAND ... : buildah on a store of our own.
store() {
    local command=$1
    shift
    buildah --root "$CACHE/store" --runroot "$CACHE/run" --storage-driver "$(driver)" "$command" "$@"
}

driver() {
    # An overlay can't lie on an overlay, which is what the root of a container often is.
    if [ "$(stat -f -c %T "$CACHE")" = overlayfs ]; then echo vfs; else echo overlay; fi
}

# A Debian without shell, package manager and maintainer scripts: libraries, time, users. 7 MB.
provide_base() {
    local key
    key=$(printf '%s\n' "$PACKAGES" "$(declare -f make_base)" | sha256sum | cut -c1-12)
    BASE=localhost/finetune-base:$key
    store inspect "$BASE" >/dev/null 2>&1 && return
    say "making the base image from Debian packages"
    local work
    work=$(mktemp -d)
    make_base "$work/root" >"$work/log" 2>&1 || fail "mmdebstrap failed: $(tail -3 "$work/log")"
    tar --sort=name --mtime=@0 --numeric-owner -C "$work/root" -cf "$work/base.tar" .
    printf 'FROM scratch\nADD base.tar /\n' >"$work/Dockerfile"
    store bud --quiet --timestamp 0 -t "$BASE" -f "$work/Dockerfile" "$work" >/dev/null
    rm -rf "$work"
}

make_base() ( # ROOT
    local sources=/etc/apt/sources.list.d/debian.sources
    [ -f $sources ] || sources=/etc/apt/sources.list
    # shellcheck disable=SC2016
    # extract: unpacks only. Hooks run in this variant are setup and extract hooks.
    mmdebstrap --mode=root --format=directory --variant=extract --include="$PACKAGES" \
        --setup-hook='mkdir -p "$1"/usr/lib "$1"/usr/lib64 "$1"/usr/bin "$1"/usr/sbin; for d in bin sbin lib lib64; do ln -s usr/$d "$1"/$d; done' \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$1" $sources
    cd "$1" || exit
    rm -rf dev/* etc/apt etc/hostname etc/resolv.conf var/cache/* var/lib/apt var/lib/dpkg var/log/* \
        usr/share/{bug,common-licenses,gcc,gdb,info,lintian,locale,man} usr/lib/x86_64-linux-gnu/{audit,gconv}
    # Licences of what is inside stay; the rest of the documentation does not.
    find usr/share/doc -type f ! -name copyright -delete
    find usr/share/doc -type d -empty -delete
    printf '%s\n' root:x:0:0:root:/root:/sbin/nologin finetune:x:10001:10001:finetune:/tmp:/sbin/nologin >etc/passwd
    printf '%s\n' root:x:0: finetune:x:10001: >etc/group
    printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >etc/nsswitch.conf
    mkdir -p tmp
    chmod 1777 tmp
    ldconfig -r "$1"
    rm -f var/cache/ldconfig/aux-cache
)

# fingerprint FILE_OR_FOLDER... : of what they hold, not of where they are.
fingerprint() {
    find "$@" -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-12
}

# unless_up_to_date ARCHIVE IMAGE INPUT... : ends the script if ARCHIVE was made from the same inputs. Sets INPUTS.
unless_up_to_date() {
    local archive=$1 image=$2
    shift 2
    INPUTS="$image $(fingerprint "$JAVA_HOME/release" "${BASH_SOURCE[0]}" "$@")"
    [ -f "$archive" ] && [ "$(cat "$archive.inputs" 2>/dev/null)" = "$INPUTS" ] || return 0
    say "$archive is up to date"
    echo "$image"
    exit 0
}

# build_image IMAGE CONTEXT TARGET STAGE=FOLDER... : the Dockerfile's final stage on our base, with folders in place of the
# stages that need a registry.
build_image() {
    local image=$1 context=$2
    local -a arguments=()
    [ -z "$3" ] || arguments=(--target "$3")
    shift 3
    say "building $image"
    local stage
    for stage in "$@"; do
        arguments+=(--build-context "$stage")
    done
    store bud --quiet --timestamp 0 --layers --pull-never --build-arg BASE_IMAGE="$BASE" "${arguments[@]}" \
        -t "$image" -f "$context/Dockerfile" "$context" >"$CACHE/build.log" 2>&1 || fail "buildah failed: $(tail -5 "$CACHE/build.log")"
}

# write_archive IMAGE ARCHIVE : an OCI archive, through a layout that stays, so that compressed layers are used again.
write_archive() {
    store push --quiet "$1" "oci:$CACHE/layout:$1"
    mkdir -p "$(dirname "$2")"
    rm -f "$2" "$2.inputs"
    skopeo copy --quiet "oci:$CACHE/layout:$1" "oci-archive:$2.part:$1"
    mv "$2.part" "$2"
    echo "$INPUTS" >"$2.inputs"
    say "wrote $2 ($(du -m "$2" | cut -f1) MB)"
}
