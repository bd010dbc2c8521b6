#!/usr/bin/env bash
# What npm would publish of both packages: their fields (publint), and what TypeScript finds of them (attw). The command's subpath and the
# experiments are modules alone; the other subpaths serve CommonJS too. TypeScript's node10 resolution knows no subpaths.
set -euo pipefail
cd "$(dirname "$0")/.."

packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT

for package in . experiments; do
  npx publint --strict "$package"
  npm pack --silent --ignore-scripts --pack-destination "$packed" "./$package" > "$packed/name"
  tarball=$packed/$(cat "$packed/name")
  if [ "$package" = . ]; then
    npx attw "$tarball" --entrypoints .
    npx attw "$tarball" --exclude-entrypoints . cli --profile node16
    npx attw "$tarball" --entrypoints cli --profile esm-only
  else
    npx attw "$tarball" --profile esm-only
  fi
done
