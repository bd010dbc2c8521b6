#!/usr/bin/env bash
# Step 2 of a release: both builds, and this platform's binary in prebuilds/.
set -euo pipefail
cd "$(dirname "$0")/../.."

npm run setup
npm run build:ts
npm run prebuild
ls -l prebuilds/*/denseam.node
