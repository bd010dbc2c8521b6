// Configures and builds the addon: CMake through cmake-js, from scratch in a clone that was copied or moved. Arguments
// go to cmake-js; DENSEAM_WERROR=1 makes the compiler's warnings errors, until build/ is removed. DENSEAM_TARGET names
// another platform to build for, by its toolchain file in cmake/; the build then lies in a folder of its own.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasBuiltElsewhere } from './native-build.js';
import { ensureSystemPackages } from './system-packages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const warnings = process.env.DENSEAM_WERROR ? ['--CDDENSEAM_WERROR=ON'] : [];
const given = process.argv.slice(2);
const target = process.env.DENSEAM_TARGET;
const folder = target ? `build/${target}` : 'build';
const toolchain = target ? ['--out', folder, `--CDCMAKE_TOOLCHAIN_FILE=${join(root, 'cmake', `${target}.cmake`)}`] : [];

/** Runs a command, and ends this process with its exit code if it fails. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (wasBuiltElsewhere(root, folder)) {
  console.log('The native build belongs to another folder: it is made again.');
  rmSync(join(root, folder), { recursive: true });
}
if (target === 'linux-arm64') {
  ensureSystemPackages(['arm64'], (_, [command, ...args]) => run(command, args));
  run('bash', ['scripts/arm64/sysroot.sh']);
}
// cmake-js configures by itself only where nothing was configured, so a change of options would go unnoticed.
for (const command of [
  ['configure', ...warnings],
  ['build', '--parallel', '4'],
]) {
  run(process.execPath, [cmakeJs, ...command, ...toolchain, ...given]);
}
