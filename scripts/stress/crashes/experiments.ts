import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../folders.ts';
import { type Ended, runCommand } from '../processes.ts';

const command = join(root, 'dist/cli/denseam.js');

/** An experiment of some seconds with many parts. */
export const experiment = 'gaussian-dynamics';

/** Runs the experiment into a folder; kills it after some milliseconds if it has not ended by then. */
export function runExperiment(out: string, killAfter?: number): Promise<Ended> {
  const args = [command, 'experiment', 'run', experiment, '--quick', '--out', out];
  return runCommand([process.execPath, ...args], { timeout: killAfter && Math.round(killAfter) });
}

export const resultOf = (out: string) => readFile(join(out, experiment, 'result.json'), 'utf8');
