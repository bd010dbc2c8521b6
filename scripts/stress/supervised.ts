// Programs that try many things in processes of their own, so that a crash or a hang is a fault with its place in the
// run, and the run goes on behind it. A program works through numbered units, each drawn from the seed and its number.

import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome, Settings } from './part.ts';
import { runCommand } from './processes.ts';

/** What a unit found. Peaks are the greatest of all units, counts their sums. */
export interface Found {
  readonly counts: Readonly<Record<string, number>>;
  readonly peaks: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

type Line = { readonly begins: number } | Found;

export interface Program {
  /** Of the program. */
  readonly path: string;
  readonly nodeOptions: readonly string[];
  readonly units: number;
  /** A unit that takes so many seconds hangs. */
  readonly patience: number;
  /** Of each process, in the words of bash's ulimit. */
  readonly limit?: string;
  /** Where its temporary files go, if not to the system's folder for them. */
  readonly temporary?: string | undefined;
}

const processes = 2;
const sayEvery = 10_000;
const mostFaults = 100;

/** The supervisor's end: sums up what the units found. */
class Sums {
  readonly #say: Settings['say'];
  readonly counts: Record<string, number> = {};
  readonly peaks: Record<string, number> = {};
  readonly faults: string[] = [];
  done = 0;

  constructor(say: Settings['say']) {
    this.#say = say;
  }

  fault(what: string): void {
    if (this.faults.push(what) <= mostFaults) this.#say(what);
  }

  add({ counts, peaks, faults }: Found): void {
    for (const [what, count] of Object.entries(counts)) this.counts[what] = (this.counts[what] ?? 0) + count;
    for (const [what, peak] of Object.entries(peaks)) this.peaks[what] = Math.max(this.peaks[what] ?? 0, peak);
    for (const fault of faults) this.fault(fault);
    this.done++;
  }

  get outcome(): Outcome {
    // Those of single verbs and formats last.
    const place = (what: string) => (/^\w+ of /.test(what) ? 1 : 0);
    const sorted = Object.entries({ ...this.counts, ...this.peaks }).sort(
      ([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1),
    );
    return { counts: Object.fromEntries(sorted), faults: this.faults };
  }
}

/** Runs all units, in two processes side by side. */
export async function supervise(program: Program, { seed, signal, say }: Settings): Promise<Outcome> {
  const sums = new Sums(say);
  // Programs that die leave their files.
  const temporary = await mkdtemp(join(program.temporary ?? tmpdir(), 'denseam-stress-'));
  const timer = setInterval(() => say(`${sums.done} of ${program.units}, ${sums.faults.length} faults`), sayEvery);
  try {
    const each = Math.ceil(program.units / processes);
    const ranges = Array.from({ length: processes }, (_, i) => [i * each, Math.min((i + 1) * each, program.units)]);
    const inside = { ...program, temporary };
    await Promise.all(ranges.map(([first = 0, end = 0]) => runRange(inside, seed, first, end, signal, sums)));
  } finally {
    clearInterval(timer);
    await rm(temporary, { recursive: true, force: true });
  }
  return sums.outcome;
}

/** Runs the units from `first` to `end`, in another process after each that dies. */
async function runRange(
  program: Program,
  seed: number,
  first: number,
  end: number,
  signal: AbortSignal,
  sums: Sums,
): Promise<void> {
  let next = first;
  while (next < end && !signal.aborted && sums.faults.length < mostFaults) {
    const { unit, death } = await runProcess(program, [seed, next, end].map(String), signal, sums);
    if (death === undefined || signal.aborted) return;
    const again = `node ${[...program.nodeOptions, program.path, seed, unit, unit + 1].join(' ')}`;
    sums.fault(`${death} in unit ${unit}; again: ${again}`);
    next = unit + 1;
  }
}

async function runProcess(
  { path, nodeOptions, patience, limit, temporary }: Program,
  numbers: readonly string[],
  signal: AbortSignal,
  sums: Sums,
): Promise<{ unit: number; death: string | undefined }> {
  let unit = Number(numbers[1]);
  let left = Number(numbers[2]) - unit;
  const hung = new AbortController();
  const watchdog = setTimeout(() => hung.abort(), patience * 1000);
  const onLine = (text: string) => {
    watchdog.refresh();
    const line = JSON.parse(text) as Line;
    if ('begins' in line) unit = line.begins;
    else {
      sums.add(line);
      left--;
    }
  };
  const ended = await runCommand([process.execPath, ...nodeOptions, path, ...numbers], {
    env: { ...process.env, TMPDIR: temporary },
    limit,
    signal: AbortSignal.any([signal, hung.signal]),
    onLine,
    stderr: 'inherit',
  });
  clearTimeout(watchdog);
  if (hung.signal.aborted) return { unit, death: `no end after ${patience} s` };
  return { unit, death: ended.status === 0 && left === 0 ? undefined : (ended.signal ?? `exit ${ended.status}`) };
}

/** The program's end: runs the units that the command line names, and tells the supervisor. */
export async function runUnits(run: (seed: number, unit: number) => Promise<Found>): Promise<void> {
  const [seed = 0, first = 0, end = 0] = process.argv.slice(2).map(Number);
  // At once, whatever becomes of the process.
  const tell = (line: Line) => writeSync(1, `${JSON.stringify(line)}\n`);
  for (let unit = first; unit < end; unit++) {
    tell({ begins: unit });
    tell(await run(seed, unit));
  }
}
