#!/usr/bin/env bash
# Step 4 of a release: publishes the tarballs in out/release/, the library first. --dry-run publishes nothing and needs no account;
# other options go to npm, too.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(node -p "require('./package.json').version")
for name in denseam denseam-experiments; do
  npm publish "out/release/$name-$version.tgz" --access public "$@"
done
