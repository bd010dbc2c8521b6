#!/usr/bin/env bash
# Makes prebuilds/<platform>-<arch>/denseam.node, stripped: the binary of the npm package for this platform, or for
# DENSEAM_TARGET=linux-arm64.
# prebuildify moves the binary it finds away, and would fetch Node's headers for a build of its own. So it gets a copy,
# in a folder of its own, and nothing to build: CMake did that, and processes that have the addon open keep it.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${DENSEAM_TARGET:-}
build=build${target:+/$target}
if [ "$target" = linux-arm64 ]; then
  export PREBUILD_ARCH=arm64 PREBUILD_STRIP_BIN=aarch64-linux-gnu-strip
fi
npm run --silent build:native -- --log-level error --target denseam-portable
mkdir -p "$build/prebuild/build/Release"
cp "$build/portable/denseam.node" "$build/prebuild/build/Release/"
npx prebuildify --napi --strip --name denseam --cwd "$build/prebuild" --out . --node-gyp "$(command -v true)"
