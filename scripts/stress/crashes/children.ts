import type { Random } from '../../../lib/core/random.ts';
import { compiled } from '../folders.ts';
import { type ChildOptions, type Ended, runCommand } from '../processes.ts';
import { moments, type Suicide, spin } from './fileCalls.ts';

/** A process of ours that says a number a line: what it has done for good. */
export interface Said extends Ended {
  /** The last number; undefined if it said none. */
  readonly last: number | undefined;
  readonly count: number;
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

/** Hears when lines come, and kills the process that says them when the plan says so. */
function killLine(kill: AbortController, plan: Plan): (time: number) => void {
  let lines = 0;
  let before = 0;
  return (time) => {
    lines += 1;
    if (lines === plan.lines && !plan.suicide) {
      spin(plan.share * (time - before));
      kill.abort();
    }
    before = time;
  };
}

/** Runs a process of this folder until it ends or is killed. */
export async function runChild(
  program: string,
  args: readonly string[],
  { plan, ...options }: ChildOptions & { readonly plan?: Plan } = {},
): Promise<Said> {
  const suicide = plan?.suicide ? [JSON.stringify(plan.suicide)] : [];
  const command = [process.execPath, compiled(`crashes/${program}.js`), ...args, ...suicide];
  const kill = new AbortController();
  const hear = plan && killLine(kill, plan);
  const lines: string[] = [];
  const onLine = (line: string) => {
    hear?.(performance.now());
    lines.push(line);
  };
  const ended = await runCommand(command, { signal: kill.signal, ...options, onLine });
  const last = lines.length > 0 ? Number(lines.at(-1)) : undefined;
  return { ...ended, last, count: lines.length };
}
