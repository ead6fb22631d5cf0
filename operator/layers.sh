#!/usr/bin/env bash
# layers.sh DISTRIBUTION OUT : takes the operator's jars apart into the folders that become layers: java  lib  app
# Needs a JDK 25 as `jlink`. Runs inside the Dockerfile's first stage, or on the host for ./build-image.
set -euo pipefail

IN=$1
OUT=$2
MODULES=java.base,java.instrument,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml
MODULES+=,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.unsupported

[ -d "$OUT/java" ] || jlink --add-modules $MODULES --strip-debug --no-man-pages --no-header-files --compress zip-6 \
    --output "$OUT/java"

# Other people's jars change seldom, ours with every build: two layers. The manifest names each jar by its file name.
rm -rf "${OUT:?}"/{lib,app}
mkdir -p "$OUT"/{lib,app}
for jar in "$IN"/*.jar; do
    case ${jar##*/} in
        finetune-controller-*) cp "$jar" "$OUT/app/operator.jar" ;;
        finetune-*) cp "$jar" "$OUT/app/" ;;
        *) cp "$jar" "$OUT/lib/" ;;
    esac
done
chmod -R u=rwX,go=rX "$OUT"/{lib,app}
