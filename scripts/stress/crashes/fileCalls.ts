import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** When a process kills itself: before a call into the file system, while the call runs, or when it has returned. */
export const moments = ['before', 'during', 'after'] as const;
export type Moment = (typeof moments)[number];

export interface Suicide {
  /** Number of the call, from 1. */
  readonly call: number;
  readonly moment: Moment;
  /** Milliseconds that the call runs, with `during`. */
  readonly delay: number;
}

const kill = () => process.kill(process.pid, 'SIGKILL');

/** Waits without giving anything else a turn. Timers are too coarse. */
export function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Makes this process kill itself at one of its calls that open, write, flush, close, rename or remove a file. */
export async function killAtCall({ call, moment, delay }: Suicide): Promise<void> {
  let calls = 0;
  const deadly = (target: object, name: string) => {
    const methods = target as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const real = methods[name] as (...args: unknown[]) => Promise<unknown>;
    methods[name] = async function (this: unknown, ...args) {
      calls += 1;
      if (calls !== call) return real.apply(this, args);
      if (moment === 'before') kill();
      const running = real.apply(this, args);
      if (moment === 'during') spin(delay);
      else await running;
      kill();
      return running;
    };
  };
  const handle = await fs.promises.open('/dev/null');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['open', 'rename', 'rm']) deadly(fs.promises, name);
  for (const name of ['write', 'sync', 'close']) deadly(prototype, name);
  syncBuiltinESMExports();
}
