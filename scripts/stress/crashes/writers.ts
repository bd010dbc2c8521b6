import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VonMisesFisherMemory } from '../../../lib/index.ts';
import { out } from '../folders.ts';
import type { Outcome, Part, Settings } from '../part.ts';
import { runChild } from './children.ts';
import { experiment, resultOf, runExperiment } from './experiments.ts';
import { expectNoLitter } from './litter.ts';
import { type Saver, savers } from './savers.ts';
import { runJobs, Tally } from './tally.ts';
import { trainedText, trainingData, trainingOptions } from './training.ts';

/** Seconds for each saver, and how often trainings and experiments meet. */
const long = { seconds: 15, trainings: 20, experiments: 10 };
const short = { seconds: 1.5, trainings: 1, experiments: 1 };

/** Processes of so many threads each. */
const threads = [1, 3];

/** Loads a file over and over; each time it must hold one whole generation. Ends when `isOver`. */
async function readUntil(saver: Saver, path: string, isOver: () => boolean, tally: Tally): Promise<void> {
  while (!isOver()) {
    if (!existsSync(path)) {
      await new Promise(setImmediate); // nobody has saved yet
      continue;
    }
    await saver.read(path);
    tally.add('loads meanwhile');
  }
}

/** Processes and threads that save to one path, and readers meanwhile. */
async function manyWriters(
  saver: Saver,
  folder: string,
  seconds: number,
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  await mkdir(folder);
  const path = join(folder, 'saved');
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { signal: stop.signal });
  const timer = setTimeout(() => stop.abort(), 1000 * seconds);
  let first = 1;
  const writers = threads.map((count) => {
    const args = [saver.name, path, String(first), String(count)];
    first += count;
    return runChild('writersProcess', args, { until: stop.signal });
  });
  const readers = [1, 2].map(() => readUntil(saver, path, () => stop.signal.aborted, tally));
  await endTogether([...writers, ...readers], stop);
  clearTimeout(timer);
  await Promise.all(readers);
  for (const { status, last, stderr } of await Promise.all(writers)) {
    if (status !== 0) throw new Error(`a writer ended with ${status}: ${stderr}`);
    tally.add('saves by several writers', last);
  }
  await saver.read(path);
  await expectNoLitter(folder);
}

/** Stops all as soon as one has ended or failed; nothing runs afterwards, in a folder that may be removed. */
async function endTogether(all: readonly Promise<unknown>[], stop: AbortController): Promise<void> {
  await Promise.race(all).catch(() => {});
  stop.abort();
  await Promise.allSettled(all);
}

/** Two trainings with one checkpoint: each ends with its model, and the checkpoint is whole at any time. */
async function twoTrainings(folder: string, expected: string, tally: Tally): Promise<void> {
  await mkdir(folder);
  const path = join(folder, 'checkpoint');
  const data = await trainingData();
  const stop = new AbortController();
  let isOver = false;
  const runs = Promise.all([1, 2].map(() => runChild('trainingProcess', [path], { signal: stop.signal }))).finally(
    () => {
      isOver = true;
    },
  );
  try {
    while (!isOver) {
      await new Promise(setImmediate);
      if (!existsSync(path)) continue;
      using memory = await VonMisesFisherMemory.resume(path, data);
      if (trainedText(memory) !== expected) throw new Error('a resumed model is another than the uninterrupted one');
      tally.add('models resumed from a checkpoint of two writers');
    }
  } finally {
    stop.abort(); // if a model was wrong
    await runs;
  }
  for (const { status, stderr } of await runs) if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  await expectNoLitter(folder);
}

/** Two runs of an experiment in one folder: both end well, with the result of one that was alone. */
async function twoExperiments(folder: string, expected: string, tally: Tally): Promise<void> {
  const runs = await Promise.all([1, 2].map(() => runExperiment(folder)));
  for (const { status, stderr } of runs) if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  if ((await resultOf(folder)) !== expected) throw new Error('result.json is another than that of a single run');
  await expectNoLitter(folder);
  tally.add('pairs of experiments in one folder');
}

async function run(settings: Settings): Promise<Outcome> {
  const tally = new Tally(settings.signal);
  const { seconds, trainings, experiments } = settings.short ? short : long;
  const folder = await mkdtemp(join(out, 'writers-'));
  try {
    const model = trainedText(await VonMisesFisherMemory.train(await trainingData(), trainingOptions));
    await runExperiment(join(folder, 'alone'));
    const result = await resultOf(join(folder, 'alone'));
    const times = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
    const trials: [string, () => Promise<void>][] = [
      ...times(experiments).map((i): [string, () => Promise<void>] => [
        `two runs of ${experiment}`,
        () => twoExperiments(join(folder, `experiments-${i}`), result, tally),
      ]),
      ...times(trainings).map((i): [string, () => Promise<void>] => [
        'two trainings',
        () => twoTrainings(join(folder, `trainings-${i}`), model, tally),
      ]),
      ...savers.map((saver): [string, () => Promise<void>] => [
        saver.name,
        () => manyWriters(saver, join(folder, saver.name), seconds, settings.signal, tally),
      ]),
    ];
    const jobs = trials.map(
      ([what, trial]) =>
        () =>
          trial().catch((error) => tally.fault(what, error)),
    );
    await runJobs(jobs, tally, settings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

export const part: Part = {
  name: 'writers',
  what: 'processes and threads that save to one path at once while others load: whole files, no save fails',
  run,
};
