#!/usr/bin/env bash
# Step 4 of a release: publishes the tarballs in out/release/: the binaries, the library that asks for them, the experiments.
# --dry-run publishes nothing and needs no account; other options go to npm, too. What is published already is passed
# over: a release that stopped half-way can be run again.
set -euo pipefail
cd "$(dirname "$0")/../.."

node scripts/release/check-version.js --packed
if grep --files-with-matches 'Nothing that is installed here holds' npm/*/THIRD-PARTY.md; then
  echo 'These lack the text of a licence: pack on Debian 12.' >&2
  exit 1
fi
version=$(node -p "require('./package.json').version")
for platform in npm/*-*64; do
  platform=${platform#npm/}
  packages+=("@denseam/$platform=denseam-$platform")
done
for package in "${packages[@]}" denseam=denseam denseam-experiments=denseam-experiments; do
  if [[ " $* " != *" --dry-run "* ]] && npm view "${package%=*}@$version" version 2>/dev/null | grep -q .; then
    echo "${package%=*}@$version is published already"
  else
    npm publish "out/release/${package#*=}-$version.tgz" --access public "$@"
  fi
done
