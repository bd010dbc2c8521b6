#!/usr/bin/env bash
# tsdown puts type declarations into a chunk of JavaScript where a group of chunks matches them, and reports nothing.
#
# Versions: tsdown 0.15.9, rolldown 1.0.0-beta.44, rolldown-plugin-dts 0.16.12, TypeScript 5.9.3 (npm).
# Behaviour: with `dts: true` the groups of `advancedChunks` are applied to declarations as well. A group whose `test` is the
#   folder of the sources takes them: each entry's .d.ts imports its types from the JavaScript chunk, which has no declarations
#   of its own. The build ends with 0 and no warning; a user's compiler sees `any`, or an error if it is strict. Where `test`
#   leaves out names that end in .d.ts, the declarations are whole. Hence tsdown.config.ts does so.
# Output seen:
#   tsdown 0.15.9, rolldown 1.0.0-beta.44, TypeScript 5.9.3
#   all sources: build ends with 0, 2 files of declarations, user's compiler: TS7016
#   sources without .d.ts: build ends with 0, 3 files of declarations, user's compiler: no error
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  tsdown@0.15.9 rolldown@1.0.0-beta.44 rolldown-plugin-dts@0.16.12 typescript@5.9.3

mkdir src
cat >src/shared.ts <<'END'
export interface Named { readonly name: string }
export const label = ({ name }: Named): string => `<${name}>`;
END
for entry in Cat Dog; do
  cat >"src/$entry.ts" <<END
import { label, type Named } from './shared.ts';
export interface $entry extends Named { readonly age: number }
export const describe$entry = (value: $entry): string => label(value);
END
done
cat >tsconfig.json <<'END'
{ "compilerOptions": { "module": "NodeNext", "target": "ES2022", "strict": true, "noEmit": true, "allowImportingTsExtensions": true } }
END
cat >tsdown.config.js <<'END'
const test = process.env.OUT === 'all' ? /\/src\// : /\/src\/.*(?<!\.d)\.ts$/;
export default {
  entry: ['src/Cat.ts', 'src/Dog.ts'],
  outDir: process.env.OUT,
  dts: true,
  outputOptions: { advancedChunks: { groups: [{ name: 'library', test }] } },
};
END

version() { node -p "JSON.parse(require('fs').readFileSync('node_modules/$1/package.json')).version"; }

# What a build ends with, its declarations, and what a user's compiler says of them.
build() {
  local status=0 fault
  OUT=$1 npx tsdown --logLevel warn >log 2>&1 || status=$?
  [ ! -s log ] || cat log >&2
  mkdir -p "user-$1"
  echo "import type { Cat } from '../$1/Cat.js'; export const age = (cat: Cat): number => cat.age;" >"user-$1/main.ts"
  fault=$(npx tsc --strict --noEmit --module NodeNext --target ES2022 "user-$1/main.ts" | grep -oE 'TS[0-9]+' | sort -u | tr '\n' ' ' || true)
  echo "build ends with $status, $(find "$1" -name '*.d.ts' | wc -l) files of declarations, user's compiler: ${fault:-no error}"
}

{
  echo "tsdown $(version tsdown), rolldown $(version rolldown), TypeScript $(version typescript)"
  echo "all sources: $(build all)"
  echo "sources without .d.ts: $(build javascript)"
} | sed 's/ *$//' | tee seen

sed -n '/^# Output seen:/,/^# Exits/s/^#   //p' "$script" >expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
