#!/usr/bin/env bash
# write-file-atomic replaces a whole file by a cut one, and resolves, on a disk that has room for a part of the new one.
#
# Versions: write-file-atomic 6.0.0 and 8.0.0, Linux (tmpfs).
# Behaviour: the contents go out in one fs.write, and the number of bytes that it wrote is not looked at. write(2) of Linux writes what
#   has room and reports that without an error; the next write would be the one to fail. So the file loses its end, and the promise
#   resolves. writeFile of node:fs/promises goes on with the rest, and rejects.
# Output seen (a disk of 64 KiB, an old file of 20000 bytes, a new one of 100000):
#   write-file-atomic 6.0.0: resolved, 45056 bytes
#   write-file-atomic 8.0.0: resolved, 45056 bytes
#   node:fs/promises: ENOSPC
# Exits with 1 when that changes. Mounts the small disk in a namespace of its own, for which a user needs no rights on most systems.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > program.mjs <<'PROGRAM'
import { statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const [version] = process.argv.slice(2);
writeFileSync('disk/file', 'x'.repeat(20_000));
const contents = 'y'.repeat(100_000);
const result = (call) => call.then(() => 'resolved', (error) => error.code);
if (version) {
  const writeFileAtomic = createRequire(`${process.cwd()}/${version}/`)('write-file-atomic');
  const told = await result(writeFileAtomic('disk/file', contents));
  console.log(`write-file-atomic ${version}: ${told}, ${statSync('disk/file').size} bytes`);
} else {
  console.log(`node:fs/promises: ${await result(writeFile('disk/file', contents))}`);
}
PROGRAM

mkdir disk
for version in 6.0.0 8.0.0 ''; do
  [ -z "$version" ] || npm install --silent --no-save --prefix "$version" "write-file-atomic@$version"
  unshare --map-root-user --mount bash -c 'mount -t tmpfs -o size=64k none disk && node program.mjs "$@"' bash $version
done | tee seen

sed -n 's/^#   \(write-file-atomic [0-9.]*:\|node:fs\)/\1/p' "$script" > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
