import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Random } from '../../../lib/core/random.ts';
import { out } from '../folders.ts';
import { limited } from '../limited.ts';
import { moments, type Suicide, spin } from './fileCalls.ts';

/** A process of ours that says a number a line: what it has done for good. */
export interface Said {
  /** The last number; undefined if it said none. */
  readonly last: number | undefined;
  readonly count: number;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** When a process is killed. */
export interface Plan {
  /** It kills itself at a call of its own into the file system ... */
  readonly suicide?: Suicide;
  /** ... or we kill it: so many lines after its start, and then after a share of the time between two lines. */
  readonly lines: number;
  readonly share: number;
}

/** Calls of some saves, which make about ten each. */
const mostCalls = 40;

/** Half of the processes die by themselves, half by us. */
export function drawPlan(random: Random): Plan {
  const [who, lines, share] = [random.integer(2), 2 + random.integer(4), 1.2 * random.uniform()];
  const moment = moments[random.integer(moments.length)] ?? 'during';
  const suicide = { call: 1 + random.integer(mostCalls), moment, delay: 0.3 * random.uniform() };
  return { lines, share, ...(who === 0 && { suicide }) };
}

function killLine(child: ChildProcess, plan: Plan): (time: number) => void {
  let lines = 0;
  let before = 0;
  return (time) => {
    lines += 1;
    if (lines === plan.lines && !plan.suicide) {
      spin(plan.share * (time - before));
      child.kill('SIGKILL');
    }
    before = time;
  };
}

export interface ChildOptions {
  readonly plan?: Plan;
  /** A limit, in the words of bash's ulimit. */
  readonly limit?: string;
  /** Closes the process's stdin. */
  readonly until?: AbortSignal;
}

/** Runs a process of this folder until it ends or is killed. */
export function runChild(
  program: string,
  args: readonly string[],
  { plan, limit, until }: ChildOptions = {},
): Promise<Said> {
  const path = join(out, 'js/crashes', `${program}.js`);
  const suicide = plan?.suicide ? [JSON.stringify(plan.suicide)] : [];
  const [command, ...rest] = limited([process.execPath, path, ...args, ...suicide], limit);
  const child = spawn(command, rest, { stdio: 'pipe' });
  until?.addEventListener('abort', () => child.stdin.end());
  const onLine = plan && killLine(child, plan);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const _ of text.matchAll(/\n/g)) onLine?.(performance.now());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const lines = stdout.split('\n').slice(0, -1);
      const last = lines.length > 0 ? Number(lines.at(-1)) : undefined;
      resolve({ last, count: lines.length, status, signal, stderr });
    });
  });
}
