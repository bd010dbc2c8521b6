import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { out } from '../folders.ts';
import type { Outcome, Part, Settings } from '../part.ts';
import { killExperiments } from './experimentKills.ts';
import { savers } from './savers.ts';
import { killSaver } from './savingKills.ts';
import { runJobs, Tally } from './tally.ts';
import { trainedText, trainingData, trainingOptions } from './training.ts';
import { killTrainings } from './trainingKills.ts';

/** Kills of every saver, of trainings and of experiments: 1,000 in all in the long form. */
const long = { ofSavers: 90, ofTrainings: 240, ofExperiments: 40 };
const short = { ofSavers: 10, ofTrainings: 24, ofExperiments: 4 };

/** Other random choices, which follow from the same seed. */
const withStream = (settings: Settings, i: number): Settings => ({ ...settings, seed: 1000 * settings.seed + i });

async function run(settings: Settings): Promise<Outcome> {
  const tally = new Tally(settings.signal);
  const { ofSavers, ofTrainings, ofExperiments } = settings.short ? short : long;
  // In a folder on a real disk: where /tmp is memory, flushing does nothing.
  const folder = await mkdtemp(join(out, 'kills-'));
  try {
    const uninterrupted = trainedText(await VonMisesFisherMemory.train(await trainingData(), trainingOptions));
    const jobs = [
      () => killExperiments(ofExperiments, join(folder, 'experiments'), settings, tally),
      () => killTrainings(ofTrainings, join(folder, 'trainings'), uninterrupted, settings, tally),
      ...savers.map(
        (saver, i) => () => killSaver(saver, ofSavers, join(folder, saver.name), withStream(settings, i), tally),
      ),
    ];
    await runJobs(jobs, tally, settings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

export const part: Part = {
  name: 'kills',
  what: 'processes killed (SIGKILL) while they save, train or run experiments: nothing acknowledged is lost',
  run,
};
