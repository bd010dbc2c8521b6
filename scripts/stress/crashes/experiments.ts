import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../folders.ts';

const command = join(root, 'dist/cli/denseam.js');

/** An experiment of some seconds with many parts. */
export const experiment = 'gaussian-dynamics';

export interface Ended {
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs the experiment into a folder; kills it after some milliseconds if it has not ended by then. */
export async function runExperiment(out: string, killAfter?: number): Promise<Ended> {
  const args = [command, 'experiment', 'run', experiment, '--quick', '--out', out];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [status] = await once(child, 'close');
  clearTimeout(timer);
  return { status, stderr };
}

export const resultOf = (out: string) => readFile(join(out, experiment, 'result.json'), 'utf8');
