#!/usr/bin/env bash
# layers.sh DISTRIBUTION OUT : takes the trainer's jars apart into the folders that become layers of the image:
#   java  tokenizers  natives-cpu  natives-cuda  lib  app
# Needs a JDK 25 as `jlink`, unzip and strip. Runs inside the Dockerfile's first stage, or on the host for ./build-image.
set -euo pipefail

IN=$1
OUT=$2
MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml
MODULES+=,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.nio.mapmode,jdk.unsupported,jdk.zipfs

only() { # only PATTERN : the one jar of that name
    local -a found
    mapfile -t found < <(compgen -G "$IN/$1")
    [ ${#found[@]} -eq 1 ] || { echo "layers.sh: expected one $1 in $IN, found: ${found[*]}" >&2; exit 1; }
    echo "${found[0]}"
}

[ -d "$OUT/java" ] || jlink --add-modules $MODULES --strip-debug --no-man-pages --no-header-files --compress zip-6 \
    --generate-cds-archive --output "$OUT/java" >/dev/null

torch=$(only 'pytorch-native-cpu-*-linux-x86_64.jar')
jni=$(only 'pytorch-jni-*.jar')
tokenizers=$(only 'tokenizers-*.jar')
if [ ! -d "$OUT/natives-cpu" ]; then
    mkdir -p "$OUT"/{natives-cpu.part,natives-cuda,tokenizers}
    unzip -q -j -o "$torch" 'pytorch/cpu/linux-x86_64/*' -d "$OUT/natives-cpu.part"
    unzip -q -j -o "$jni" jnilib/linux-x86_64/cpu/libdjl_torch.so -d "$OUT/natives-cpu.part"
    unzip -q -j -o "$jni" jnilib/linux-x86_64/cu128/libdjl_torch.so -d "$OUT/natives-cuda"
    unzip -q -j -o "$tokenizers" native/lib/linux-x86_64/cpu/libtokenizers.so -d "$OUT/tokenizers"
    strip --strip-unneeded "$OUT/natives-cpu.part/libtorch_cpu.so"
    chmod -R u=rwX,go=rX "$OUT"/{natives-cpu.part,natives-cuda,tokenizers}
    mv "$OUT/natives-cpu.part" "$OUT/natives-cpu"
fi

# Other people's jars change seldom, ours with every build: two layers. The manifest names each jar by its file name.
rm -rf "${OUT:?}"/{lib,app}
mkdir -p "$OUT"/{lib,app}
for jar in "$IN"/*.jar; do
    case ${jar##*/} in
        finetune-trainer-*) cp "$jar" "$OUT/app/finetune.jar" ;;
        finetune-*) cp "$jar" "$OUT/app/" ;;
        pytorch-native-* | pytorch-jni-*) ;; # unpacked above
        *) cp "$jar" "$OUT/lib/" ;;
    esac
done
chmod -R u=rwX,go=rX "$OUT/lib" "$OUT/app"
