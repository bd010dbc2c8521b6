// Finds the compiled part. Plain CommonJS, copied into dist/ as it is: bundlers and file tracers follow a `require`
// with a literal path there, and none that comes from createRequire. Each stands in a `try`, where they forgive a file
// that is not there.

/** The clone's own build, else the binary of the package for this platform; undefined where there is neither. */
exports.requireAddon = function requireAddon() {
  try {
    return require('../../build/Release/denseam.node');
  } catch (error) {
    // Whatever else it says (bundlers have words of their own), the file is not there.
    if (/^ERR_DLOPEN/.test(error.code)) throw error;
  }
  try {
    switch (`${process.platform}-${process.arch}`) {
      case 'linux-x64':
        return require('../../prebuilds/linux-x64/denseam.node');
      case 'linux-arm64':
        return require('../../prebuilds/linux-arm64/denseam.node');
      case 'darwin-x64':
        return require('../../prebuilds/darwin-x64/denseam.node');
      case 'darwin-arm64':
        return require('../../prebuilds/darwin-arm64/denseam.node');
    }
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  return undefined;
};
