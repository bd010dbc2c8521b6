#!/usr/bin/env bash
# Biome's limit of lines per function leaves out lines of closing brackets and of template texts, and counts comments.
#
# Versions: @biomejs/biome 2.6.8 (npm).
# Behaviour: complexity/noExcessiveLinesPerFunction is documented to count the lines of the body. A line that holds nothing but
#   closing brackets is not one of them, nor is a line of text within a template literal; a line of a comment is one, and so
#   are lines of an array. A body of nine lines with three blocks counts as six. Hence scripts/check-lengths.js counts by itself.
# Output seen:
#   Version: 2.6.8
#   six calls: 6 lines counted of 6
#   three blocks: 6 lines counted of 9
#   array of six numbers: 8 lines counted of 8
#   five comments and a call: 6 lines counted of 6
#   template of nine lines of text: 2 lines counted of 12
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --include=optional @biomejs/biome@2.6.8
cat >biome.json <<'END'
{
  "linter": {
    "rules": {
      "preset": "none",
      "complexity": { "noExcessiveLinesPerFunction": { "level": "error", "options": { "maxLines": 1 } } }
    }
  }
}
END

# Prints how many lines the rule counts of a body, which it reads.
count() {
  local body counted
  body=$(cat)
  printf 'function example() {\n%s\n}\n' "$body" >example.js
  counted=$({ npx biome lint example.js 2>&1 || true; } | grep -oE 'too many lines \([0-9]+\)' | grep -oE '[0-9]+')
  echo "$1: $counted lines counted of $(printf '%s\n' "$body" | wc -l)"
}

repeat() { for ((i = 0; i < $2; i++)); do echo "$1"; done; }

{
  npx biome --version | sed '/^$/d'
  repeat '  call();' 6 | count 'six calls'
  repeat $'  if (flag) {\n    call();\n  }' 3 | count 'three blocks'
  { echo '  return ['; repeat '    1,' 6; echo '  ];'; } | count 'array of six numbers'
  { repeat '  // A comment.' 5; echo '  call();'; } | count 'five comments and a call'
  { echo '  const text = `'; repeat 'text' 9; echo '`;'; echo '  return text;'; } | count 'template of nine lines of text'
} | tee seen

sed -n '/^# Output seen:/,/^# Exits/s/^#   //p' "$script" >expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
