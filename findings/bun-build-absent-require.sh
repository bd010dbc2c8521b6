#!/usr/bin/env bash
# Bun 1.4.5: a `require` of a file that is not there throws an error with code MODULE_NOT_FOUND where Bun runs the program itself, as in Node.
# In what `bun build` makes of the same program the error has no code. A program that asks for the code, to pass over an optional
# file and over nothing else, works in Node, in Bun, and bundled by esbuild; bundled by Bun it fails. Hence lib/addon.cjs tells a
# binary that does not load by its own code, and takes any other error to mean that there is none.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --include=optional bun@1.4.5 esbuild@0.28.2
bun=$(find node_modules/@oven -path '*/bin/bun' | head -n 1)

cat >program.js <<'END'
try {
  require('./absent.js');
} catch (error) {
  console.log(error.code);
}
END

"$bun" build program.js --target=node --outfile=bun/program.js >/dev/null
node_modules/.bin/esbuild program.js --bundle --platform=node --outfile=esbuild/program.cjs --log-level=error
seen="Node $(node program.js), Bun $("$bun" program.js), esbuild's bundle $(node esbuild/program.cjs), Bun's bundle $(node bun/program.js 2>/dev/null)"
echo "$("$bun" --version): $seen"
test "$seen" = "Node MODULE_NOT_FOUND, Bun MODULE_NOT_FOUND, esbuild's bundle MODULE_NOT_FOUND, Bun's bundle undefined"
