import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../lib/core/random.ts';
import type { Settings } from '../part.ts';
import { resultOf, runExperiment } from './experiments.ts';
import { expectNoLitter } from './litter.ts';
import type { Tally } from './tally.ts';

const mostKills = 5;

/**
 * Kills `denseam experiment run` until so many kills are used up; the same command, given again, must give the result
 * of a run that nobody killed.
 */
export async function killExperiments(
  kills: number,
  folder: string,
  { seed, signal }: Settings,
  tally: Tally,
): Promise<void> {
  const random = new Random(seed);
  await mkdir(folder);
  const whole = join(folder, 'whole');
  const start = performance.now();
  await runExperiment(whole);
  const duration = performance.now() - start;
  const expected = await resultOf(whole);
  let left = kills;
  for (let run = 1; left > 0 && run <= kills && !signal.aborted; run++) {
    const moments = Array.from({ length: Math.min(left, 1 + random.integer(mostKills)) }, () => random.uniform());
    const where = `experiment ${run}, seed ${seed}, killed after ${moments.map((m) => m.toFixed(2))} of ${duration} ms`;
    try {
      const times = moments.map((moment) => (0.05 + 0.85 * moment) * duration);
      left -= await killExperiment(join(folder, `${run}`), times, expected, tally);
    } catch (error) {
      tally.fault(where, error);
    }
  }
}

/** Returns the number of runs that were killed before their end. */
async function killExperiment(out: string, times: readonly number[], expected: string, tally: Tally): Promise<number> {
  let kills = 0;
  for (const time of times) {
    const { status, stderr } = await runExperiment(out, time);
    if (status === null) kills += 1;
    else if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  }
  const { status, stderr } = await runExperiment(out);
  if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  if ((await resultOf(out)) !== expected) throw new Error('result.json is another than that of a run nobody killed');
  await expectNoLitter(out);
  tally.add('kills', kills);
  tally.add('kills of experiments', kills);
  tally.add('results compared with uninterrupted ones');
  return kills;
}
