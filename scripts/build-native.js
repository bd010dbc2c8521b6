// Configures and builds the addon: CMake through cmake-js, from scratch in a clone that was copied or moved. Arguments
// go to cmake-js; DENSEAM_WERROR=1 makes the compiler's warnings errors, until build/ is removed.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasBuiltElsewhere } from './native-build.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const warnings = process.env.DENSEAM_WERROR ? ['--CDDENSEAM_WERROR=ON'] : [];
const given = process.argv.slice(2);

if (wasBuiltElsewhere(root)) {
  console.log('The native build belongs to another folder: it is made again.');
  rmSync(join(root, 'build'), { recursive: true });
}
// cmake-js configures by itself only where nothing was configured, so a change of options would go unnoticed.
for (const command of [
  ['configure', ...warnings],
  ['build', '--parallel', '4'],
]) {
  const { status, error } = spawnSync(process.execPath, [cmakeJs, ...command, ...given], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
