#!/usr/bin/env bash
# numpy.savez writes archives that yauzl and yazl take for attacks: parameters of networks are often named by a path that begins with "/".
#
# Versions: numpy 2.4.6 (PyPI), yauzl 3.4.0 and yazl 3.3.1 (npm).
# Behaviour: numpy saves the array "/layer/bias" as the member "/layer/bias.npy" and reads it back. yauzl with its default options ends the
#   whole listing with an error at that member, so no array of the file can be read, although nothing is extracted. With
#   decodeStrings: false it lists all. By default it also turns "a\b.npy" into "a/b.npy", a name that another member may have; numpy
#   (on Linux) keeps them apart. yazl cannot write the name.
# Output seen:
#   numpy ['/layer/bias', '/layer/weight'] [1. 2.]
#   yauzl absolute path: /layer/bias.npy
#   yauzl, names as they are ['/layer/bias.npy', '/layer/weight.npy']
#   yazl absolute path: /layer/bias.npy
#   numpy ['a\\b', 'a/b']
#   yauzl ['a/b.npy', 'a/b.npy']
# Exits with 1 when that changes.
set -euo pipefail

script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6
npm install --silent --no-save yauzl@3.4.0 yazl@3.3.1

cat > write.py <<'PROGRAM'
import numpy as np

np.savez("layers.npz", **{"/layer/bias": [1.0, 2.0], "/layer/weight": [3.0]})
file = np.load("layers.npz")
print("numpy", file.files, file["/layer/bias"])
PROGRAM

cat > backslash.py <<'PROGRAM'
import numpy as np

np.savez("backslash.npz", **{"a\\b": [1.0], "a/b": [2.0]})
print("numpy", np.load("backslash.npz").files)
PROGRAM

cat > list.mjs <<'PROGRAM'
import yauzl from 'yauzl';
import yazl from 'yazl';

async function names(path, options) {
  const archive = await yauzl.openPromise(path, options);
  const found = [];
  for await (const { fileName } of archive.eachEntry()) found.push(String(fileName));
  return `[${found.map((name) => `'${name}'`).join(', ')}]`;
}
const report = (what, result) => console.log(what, result);
if (process.argv[2] === 'backslash') report('yauzl', await names('backslash.npz').catch((error) => error.message));
else {
  report('yauzl', await names('layers.npz').catch((error) => error.message));
  report('yauzl, names as they are', await names('layers.npz', { decodeStrings: false }));
  try {
    new yazl.ZipFile().addBuffer(Buffer.alloc(1), '/layer/bias.npy');
    report('yazl', 'takes it');
  } catch (error) {
    report('yazl', error.message);
  }
}
PROGRAM

{
  python/bin/python write.py
  node list.mjs
  python/bin/python backslash.py
  node list.mjs backslash
} | tee seen

sed -n 's/^#   \(\(numpy \[\|yauzl[ ,][^w]\|yazl a\).*\)$/\1/p' "$script" | grep -v 'with its' > expected
if ! diff expected seen; then
  echo 'The behaviour has changed.'
  exit 1
fi
