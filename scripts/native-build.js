// The folder of the native build: where CMake made it.
import * as fs from 'node:fs';
import { join } from 'node:path';

/**
 * Whether the clone was copied or moved after its native build was configured. CMake then refuses its cache, or builds
 * the old clone's sources, and cmake-js takes both for a success.
 *
 * @param {string} root the clone's folder
 * @param {string} folder the build's folder in it
 */
export function wasBuiltElsewhere(root, folder = 'build') {
  const cache = join(root, folder, 'CMakeCache.txt');
  if (!fs.existsSync(cache)) return false;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(fs.readFileSync(cache, 'utf8'))?.[1];
  return home === undefined || !fs.existsSync(home) || fs.realpathSync(home) !== fs.realpathSync(root);
}
