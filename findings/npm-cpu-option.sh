#!/usr/bin/env bash
# npm's options --os and --cpu choose among optional dependencies, and do not let in a package that is named directly.
#
# Versions: npm 10.9.3 and 11.6.2 with esbuild 0.28.2 (npm).
# Behaviour: `npm install --os=linux --cpu=CPU esbuild` installs the binary of that processor, an optional dependency of
#   esbuild, and not that of the machine. `npm install --os=linux --cpu=CPU @esbuild/linux-CPU`, the same package named
#   directly, fails with EBADPLATFORM, whose text compares the package's processor with the machine's and not with the
#   option's. --force lets it in. Hence scripts/arm64/run.ts uses --force, and a user who prepares a folder for another
#   processor must install denseam, not the package of its binary.
# Output seen:
#   npm 10.9.3: esbuild brings @esbuild/linux-CPU; @esbuild/linux-CPU itself: EBADPLATFORM; with --force: installed
#   npm 11.6.2: esbuild brings @esbuild/linux-CPU; @esbuild/linux-CPU itself: EBADPLATFORM; with --force: installed
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cpu=arm64
[ "$(node -p process.arch)" != arm64 ] || cpu=x64

# What a command of npm ends with in an empty folder.
install() {
  rm -rf application && mkdir application && cd application
  echo '{"private":true}' >package.json
  node "$npm" install --os=linux --cpu=$cpu --ignore-scripts --no-audit --no-fund "$@" >../log 2>&1 || true
  cd ..
  grep -oE 'EBADPLATFORM' log | head -n 1 || { [ -e "application/node_modules/@esbuild/linux-$cpu" ] && echo installed; } || echo nothing
}

for version in 10.9.3 11.6.2; do
  mkdir -p "npm-$version" && echo '{"private":true}' >"npm-$version/package.json"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "npm-$version" "npm@$version"
  npm=$folder/npm-$version/node_modules/npm/bin/npm-cli.js
  parent=$(install esbuild@0.28.2)
  [ "$parent" != installed ] || parent="brings @esbuild/linux-CPU"
  echo "npm $version: esbuild $parent; @esbuild/linux-CPU itself: $(install "@esbuild/linux-$cpu@0.28.2"); with --force: $(install --force "@esbuild/linux-$cpu@0.28.2")"
done | tee seen

sed -n '/^# Output seen:/,/^# Exits/s/^#   //p' "$script" >expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
