#!/usr/bin/env bash
# `bun build` takes the code from the error of a `require` of a file that is not there.
#
# Versions: Bun 1.4.5 and esbuild 0.28.2 (npm).
# Behaviour: where Node or Bun runs a program, that error has the code MODULE_NOT_FOUND. It has in what esbuild makes of the program, too;
#   in what `bun build` makes of it there is none. A program that asks for the code, to pass over an optional file and over nothing else,
#   fails when it is bundled by Bun. Hence lib/native/addon.cjs tells a binary that does not load by its own code.
# Output seen:
#   Bun 1.4.5, esbuild 0.28.2
#   Node MODULE_NOT_FOUND
#   Bun MODULE_NOT_FOUND
#   bundle of esbuild MODULE_NOT_FOUND
#   bundle of Bun undefined
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
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
{
  echo "Bun $("$bun" --version), esbuild $(node_modules/.bin/esbuild --version)"
  echo "Node $(node program.js)"
  echo "Bun $("$bun" program.js)"
  echo "bundle of esbuild $(node esbuild/program.cjs)"
  echo "bundle of Bun $(node --no-warnings bun/program.js)"
} | tee seen

sed -n '/^# Output seen:/,/^# Exits/s/^#   //p' "$script" > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
