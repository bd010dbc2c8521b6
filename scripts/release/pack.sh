#!/usr/bin/env bash
# Step 3 of a release: the tarballs of both packages, in out/release/. prebuilds/ holds the binaries of all platforms by then.
set -euo pipefail
cd "$(dirname "$0")/../.."

rm -rf out/release
mkdir -p out/release
npm pack --pack-destination out/release . ./experiments
