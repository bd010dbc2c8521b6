import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../lib/core/random.ts';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { out } from '../folders.ts';
import type { Outcome, Part, Settings } from '../part.ts';
import { fullDisk, fullDiskInExperiment, fullDiskInTraining, noInodes, readOnlyDisk } from './diskTrials.ts';
import { resultOf, runExperiment } from './experiments.ts';
import { descriptorLimit, fileSizeLimit } from './limitTrials.ts';
import { fileBecomesFolder, folderRemoved, longNames } from './pathTrials.ts';
import { type Saver, savers } from './savers.ts';
import { type DiskKind, fileDisk, memoryDisk, obstacle } from './smallDisk.ts';
import { runJobs, Tally } from './tally.ts';
import { trainedText, trainingData, trainingOptions } from './training.ts';

/** A trial, in a folder that is not there yet. */
interface Trial {
  readonly what: string;
  run(folder: string): Promise<void>;
}

/** Blocks of ext4 are smaller than pages, so that there are more sizes that fail. */
const long = {
  blocks: 1,
  disturbances: 60,
  sizeLimits: [8, 64, 100, 1000],
  experimentSizes: [16, 48, 80, 112, 144, 176],
};
const short = { blocks: 9, disturbances: 3, sizeLimits: [64], experimentSizes: [80] };
type Sizes = typeof long;

/** Most turns of the event loop after which a save is disturbed: it has some twenty. */
const mostTurns = 40;

function onDisks(saver: Saver, kinds: readonly DiskKind[], { blocks }: Sizes, tally: Tally): Trial[] {
  const full = kinds.map((kind) => ({
    what: `full ${kind.name}`,
    run: (folder: string) => fullDisk(saver, kind, folder, kind === fileDisk ? blocks : 1, tally),
  }));
  const hasMemory = kinds.some((kind) => kind !== fileDisk);
  if (!hasMemory) return full;
  return [
    ...full,
    { what: 'no inodes', run: (folder) => noInodes(saver, folder, tally) },
    { what: 'read-only', run: (folder) => readOnlyDisk(saver, folder, tally) },
  ];
}

function anywhere(saver: Saver, random: Random, { disturbances, sizeLimits }: Sizes, tally: Tally): Trial[] {
  const delays = Array.from({ length: disturbances }, () => mostTurns * random.uniform() ** 2);
  return [
    { what: 'long names', run: (folder) => longNames(saver, folder, tally) },
    { what: 'descriptors', run: (folder) => descriptorLimit(saver, folder, tally) },
    ...sizeLimits.map((limit) => ({
      what: `files of at most ${limit} KB`,
      run: (folder: string) => fileSizeLimit(saver, limit, folder, tally),
    })),
    ...delays.flatMap((delay) => [
      { what: `folder removed, ${delay}`, run: (folder: string) => folderRemoved(saver, folder, delay, tally) },
      { what: `folder for file, ${delay}`, run: (folder: string) => fileBecomesFolder(saver, folder, delay, tally) },
    ]),
  ];
}

/** Trainings and experiments on disks that fill up. */
async function longRuns(folder: string, { experimentSizes }: Sizes, tally: Tally): Promise<Trial[]> {
  const model = trainedText(await VonMisesFisherMemory.train(await trainingData(), trainingOptions));
  const whole = join(folder, 'whole');
  await runExperiment(whole);
  const result = await resultOf(whole);
  return [
    ...[1, 7, 30].map((epochs) => ({
      what: `training, disk full after ${epochs} epochs`,
      run: (folder: string) => fullDiskInTraining(epochs, folder, model, tally),
    })),
    ...experimentSizes.map((size) => ({
      what: `experiment on a disk of ${size} KB`,
      run: (folder: string) => fullDiskInExperiment(size, folder, result, tally),
    })),
  ];
}

async function possibleKinds(folder: string, tally: Tally): Promise<DiskKind[]> {
  const kinds: DiskKind[] = [];
  for (const kind of [memoryDisk(), fileDisk]) {
    const reason = await obstacle(kind, join(folder, 'trial'));
    if (reason === undefined) kinds.push(kind);
    else tally.notRun.push(reason);
  }
  return kinds;
}

async function run(settings: Settings): Promise<Outcome> {
  const tally = new Tally(settings.signal);
  const sizes = settings.short ? short : long;
  const folder = await mkdtemp(join(out, 'disks-'));
  try {
    const kinds = await possibleKinds(folder, tally);
    const random = new Random(settings.seed);
    const ofSavers = savers.flatMap((saver) => {
      const trials = [...onDisks(saver, kinds, sizes, tally), ...anywhere(saver, random, sizes, tally)];
      return trials.map(({ what, run }) => ({ what: `${saver.name}, ${what}`, run }));
    });
    const hasMemory = kinds.some((kind) => kind !== fileDisk);
    const trials = [...(hasMemory ? await longRuns(folder, sizes, tally) : []), ...ofSavers];
    const jobs = trials.map(({ what, run }, i) => async () => {
      await run(join(folder, `trial-${i}`)).catch((error) => tally.fault(`${what}, seed ${settings.seed}`, error));
    });
    await runJobs(jobs, tally, settings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

export const part: Part = {
  name: 'disks',
  what: 'saves, trainings and experiments where the disk, the path or a limit of the process does not let them',
  run,
};
