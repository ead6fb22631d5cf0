#!/usr/bin/env bash
# libtorch-cuda.sh OUT : lays libtorch with CUDA out as OUT/torch/lib, OUT/nvidia and OUT/cusparselt, from the Python wheels
# of libtorch-cuda.txt (2.6 GB to fetch, 4.5 GB unpacked). Needs pip. Runs inside the Dockerfile or on the host.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=$1
work=$OUT.part
rm -rf "$work"
mkdir -p "$work/out/torch"
python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps --require-hashes \
    --target "$work/wheels" --python-version 3.11 --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 \
    --requirement "$HERE/libtorch-cuda.txt"
# libtorch finds the CUDA libraries by paths relative to its own.
mv "$work/wheels/torch/lib" "$work/out/torch/lib"
mv "$work/wheels/nvidia" "$work/wheels/cusparselt" "$work/out/"
# DJL loads every library of this folder: none may need Python, or the driver, which a pod without a GPU does not have.
# libtorch itself finds libcaffe2_nvrtc in its new place.
rm "$work"/out/torch/lib/{libtorch_python,libshm}.so
mv "$work/out/torch/lib/libcaffe2_nvrtc.so" "$work/out/nvidia/cuda_nvrtc/lib/"
find "$work/out" \( -name include -o -name __pycache__ \) -type d -prune -exec rm -rf {} +
find "$work/out" \( -name '*.py' -o -name '*.a' \) -delete
chmod -R u=rwX,go=rX "$work/out"
mv "$work/out" "$OUT"
rm -rf "$work"
