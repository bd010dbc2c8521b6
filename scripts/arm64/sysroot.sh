#!/usr/bin/env bash
# Unpacks Debian's arm64 packages of OpenBLAS and LAPACKE into build/linux-arm64/sysroot, from the machine's own apt
# sources. apt gets lists, status and caches of its own for that, so the machine's packages and architectures stay as
# they are.
set -euo pipefail
cd "$(dirname "$0")/../.."

sysroot=$PWD/build/linux-arm64/sysroot
[ ! -d "$sysroot" ] || exit 0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/{lists,cache,debs,root}
touch "$folder/status"
apt=(apt-get -qq -o "Dir::State=$folder" -o "Dir::State::lists=$folder/lists" -o "Dir::State::status=$folder/status"
  -o "Dir::Cache=$folder/cache" -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root)
# One broken third-party source is enough to fail here and need not matter: the download tells.
"${apt[@]}" update || true
(cd "$folder/debs" && "${apt[@]}" download libopenblas-pthread-dev liblapacke-dev)
for package in "$folder"/debs/*.deb; do dpkg-deb --extract "$package" "$folder/root"; done
mkdir -p "${sysroot%/*}"
mv "$folder/root" "$sysroot"
