import type { Outcome, Settings } from '../part.ts';

/** Counts and faults of a part while it runs. */
export class Tally implements Outcome {
  readonly counts: Record<string, number> = {};
  readonly faults: string[] = [];
  readonly notRun: string[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(what: string, count = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + count;
  }

  /** Notes a fault; `repeat` says what leads to it. What an interruption ends is none. */
  fault(repeat: string, what: unknown): void {
    if (this.#signal.aborted) return;
    this.faults.push(`${repeat}: ${what instanceof Error ? what.message : what}`.replaceAll('\n', ' '));
  }
}

/** Runs jobs, two at a time, and says every ten seconds how far they are. */
export async function runJobs(jobs: readonly (() => Promise<void>)[], tally: Tally, settings: Settings): Promise<void> {
  const { signal, say } = settings;
  const waiting = jobs.values();
  const lane = async () => {
    for (const job of waiting) if (!signal.aborted) await job();
  };
  const words = () => Object.entries(tally.counts).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
  const timer = setInterval(() => say(words().join(', ')), 10_000);
  try {
    await Promise.all([lane(), lane()]);
  } finally {
    clearInterval(timer);
  }
}
