// Runs the random sweeps (test/**/*.sweep.test.ts) at full size; with --short at the size that they have in `npm test`.
// Other arguments go to vitest: a name chooses among the sweeps.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const given = process.argv.slice(2);
const full = !given.includes('--short');
const names = given.filter((argument) => argument !== '--short');
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const chosen = names.some((argument) => !argument.startsWith('-')) ? [] : ['.sweep.test'];
const { status, error } = spawnSync(
  process.execPath,
  [vitest, 'run', ...(full ? ['--testTimeout=0', '--disableConsoleIntercept'] : []), ...chosen, ...names],
  { stdio: 'inherit', env: { ...process.env, ...(full && { DENSEAM_SWEEPS: 'full' }) } },
);
if (error) throw error;
process.exitCode = status ?? 1;
