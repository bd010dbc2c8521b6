#!/usr/bin/env bash
# npm 10 makes lock files that fit one platform, of packages with a binary a platform.
#
# Versions: npm 10.8.2 (of Node 20.19) and 11.19.1, lightningcss 1.33.0 (npm).
# Behaviour: a lock file should serve every platform. npm 10.8.2 leaves out the field `libc`: on a system with glibc, `npm ci` installs the
#   binary for musl beside the one for glibc. And where node_modules comes from another platform and there is no lock file, its
#   `npm install` says "up to date" and locks that platform's binary alone; `npm ci` then installs no binary that loads. npm 11.19.1 does
#   neither. Hence docs/deploying.md says how to make a lock file again, and ERR_NATIVE_LOAD knows of binaries for another C library.
# Output seen:
#   10.8.2: libc in the lock file 0 times, npm ci installs linux-x64-gnu linux-x64-musl
#   10.8.2: from node_modules of darwin-arm64, npm install locks darwin-arm64
#   11.19.1: libc in the lock file 4 times, npm ci installs linux-x64-gnu
#   11.19.1: from node_modules of darwin-arm64, npm install locks 11 platforms
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export npm_config_audit=false npm_config_fund=false npm_config_ignore_scripts=true npm_config_loglevel=error

installed() { (cd node_modules && echo lightningcss-*) | sed 's/lightningcss-//g'; }

# What the lock file names: one platform, or how many.
locked() {
  local names
  names=$(grep -o '"node_modules/lightningcss-[^"]*' package-lock.json | sed 's/.*lightningcss-//')
  if [ "$(wc -l <<<"$names")" -eq 1 ]; then echo "$names"; else echo "$(wc -l <<<"$names") platforms"; fi
}

# Runs both trials with one version of npm.
trial() {
  mkdir "$1" && cd "$1"
  npm install --silent --prefix tool "npm@$1"
  local npm=$PWD/tool/node_modules/.bin/npm
  mkdir lock modules
  cd lock
  echo '{"private":true,"dependencies":{"lightningcss":"1.33.0"}}' >package.json
  "$npm" install >/dev/null
  "$npm" ci >/dev/null
  echo "$1: libc in the lock file $(grep -c '"libc"' package-lock.json || true) times, npm ci installs $(installed)"
  cd ../modules
  cp ../lock/package.json .
  "$npm" install --os=darwin --cpu=arm64 >/dev/null
  rm package-lock.json
  "$npm" install >/dev/null
  echo "$1: from node_modules of darwin-arm64, npm install locks $(locked)"
  cd ../..
}

{
  trial 10.8.2
  trial 11.19.1
} | tee seen

sed -n '/^# Output seen:/,/^# Exits/s/^#   //p' "$script" >expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
