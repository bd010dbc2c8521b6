// Finds the compiled part. Plain CommonJS, copied into dist/ as it is: bundlers and file tracers follow a `require`
// with a literal path there, and none that comes from createRequire. Those that may find nothing stand in a `try`,
// where bundlers forgive that.

/** package.json. A published one lists the packages with binaries as optional dependencies, a clone's lists none. */
exports.manifest = require('../../package.json');

/** Binding and TypeScript change together: a binary of another version may take a call and do something else. */
function checkVersion({ name, version }) {
  const own = exports.manifest.version;
  if (version === own) return;
  const error = new Error(`${name} beside it is version ${version}, but denseam is version ${own}`);
  throw Object.assign(error, { code: 'ERR_OTHER_VERSION' });
}

/**
 * Whether there is no such file: Node's code; bundles of Bun have words alone. Deno gives an error of the system's
 * loader no code, either: that is no missing file.
 */
const isAbsent = ({ code, message }) => code === 'MODULE_NOT_FOUND' || /^Cannot require module /.test(message);

/** The clone's own build, else the binary of this platform's package; undefined where there is neither. */
exports.requireAddon = function requireAddon() {
  try {
    return require('../../build/Release/denseam.node');
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  try {
    switch (`${process.platform}-${process.arch}`) {
      case 'linux-x64':
        checkVersion(require('@denseam/linux-x64/package.json'));
        return require('@denseam/linux-x64/denseam.node');
      case 'linux-arm64':
        checkVersion(require('@denseam/linux-arm64/package.json'));
        return require('@denseam/linux-arm64/denseam.node');
      case 'darwin-x64':
        checkVersion(require('@denseam/darwin-x64/package.json'));
        return require('@denseam/darwin-x64/denseam.node');
      case 'darwin-arm64':
        checkVersion(require('@denseam/darwin-arm64/package.json'));
        return require('@denseam/darwin-arm64/denseam.node');
      case 'win32-x64':
        checkVersion(require('@denseam/win32-x64/package.json'));
        return require('@denseam/win32-x64/denseam.node');
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return undefined;
};
