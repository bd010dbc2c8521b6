import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../lib/core/random.ts';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { openSafetensors } from '../../../lib/io/safetensors/safetensors.ts';
import type { Settings } from '../part.ts';
import { drawPlan, type Plan, runChild } from './children.ts';
import { expectNoLitter } from './litter.ts';
import type { Tally } from './tally.ts';
import { trainedText, trainingData } from './training.ts';

/** Number of epochs in a checkpoint. */
async function epochsIn(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  const file = await openSafetensors(path);
  try {
    return file.tensor('history').shape[0] ?? 0;
  } finally {
    await file.close();
  }
}

/**
 * Kills trainings until so many kills are used up. Each goes on from the checkpoint that the killed process left, which
 * holds the last epoch that was acknowledged or the one after; each ends with the bits of `expected`, a training that
 * nobody killed.
 */
export async function killTrainings(
  kills: number,
  folder: string,
  expected: string,
  { seed, signal }: Settings,
  tally: Tally,
): Promise<void> {
  const random = new Random(seed);
  await mkdir(folder);
  let left = kills;
  for (let run = 1; left > 0 && run <= kills && !signal.aborted; run++) {
    const path = join(folder, `${run}`);
    const plans = Array.from({ length: Math.min(left, 1 + random.integer(8)) }, () => drawPlan(random));
    const where = `training ${run}, seed ${seed} (${JSON.stringify(plans)})`;
    try {
      left -= await killTraining(path, plans, expected, tally);
      await expectNoLitter(folder);
    } catch (error) {
      tally.fault(where, error);
    }
  }
}

/** Returns the number of processes that were killed before their end. */
async function killTraining(path: string, plans: readonly Plan[], expected: string, tally: Tally): Promise<number> {
  let present = 0;
  let kills = 0;
  for (const plan of plans) {
    const said = await runChild('trainingProcess', [path], { plan });
    if (said.signal === 'SIGKILL') kills += 1;
    else if (said.status !== 0) throw new Error(`ended with ${said.status ?? said.signal}: ${said.stderr}`);
    const acknowledged = said.last ?? present;
    present = await epochsIn(path);
    if (present !== acknowledged && present !== acknowledged + 1) {
      throw new Error(`the checkpoint has ${present} epochs, and ${acknowledged} were acknowledged`);
    }
  }
  const { status, stderr } = await runChild('trainingProcess', [path]);
  if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  using memory = await VonMisesFisherMemory.resume(path, await trainingData());
  if (trainedText(memory) !== expected) throw new Error('the model is another than that of a run that nobody killed');
  tally.add('kills', kills);
  tally.add('kills while training', kills);
  tally.add('models compared with uninterrupted ones');
  return kills;
}
