import { logSphereArea, type TrainOptions } from '../lib/index.ts';
import { type NativeSphereState, type NativeSphereTrainer, native } from '../lib/native/addon.ts';
import { runTask } from '../lib/native/calls.ts';
import { readData, readTraining, settingsOf } from '../lib/sphere/options.ts';
import { toNativeRows } from '../lib/sphere/rows.ts';
import type { CheckedData, TrainingSettings } from '../lib/sphere/settings.ts';
import { firstProgress } from '../lib/sphere/training.ts';
import { type Digits, digitsFrom } from './digits.ts';
import type { Build } from './section.ts';
import { type Cost, stopwatch } from './timing.ts';

/** A training on digits, step by step and epoch by epoch, that its peers can follow from the same start. */
export interface Training {
  readonly digits: Digits;
  readonly options: TrainOptions;
  readonly settings: TrainingSettings;
  readonly start: NativeSphereState;
}

const seed = 1;
/** High enough for the loss to change from the first steps on; from 1 it hardly does for some epochs. */
const startingBeta = 40;

/** All rows are trained on; beta is trained, as by default. */
export async function startTraining(digits: Digits, hiddenUnits: number, batchSize: number): Promise<Training> {
  const checked = readData(digits);
  const options = { hiddenUnits, batchSize, beta: { trainedFrom: startingBeta }, validationShare: 0, seed };
  const settings = settingsOf(readTraining(options), checked);
  const { state } = await firstProgress(checked, settings, {});
  return { digits, options, settings, start: state };
}

async function trainerOf(
  data: CheckedData,
  settings: TrainingSettings,
  state: NativeSphereState,
): Promise<NativeSphereTrainer> {
  const rows = await toNativeRows('digits.values', data.batch, data.precision, 'allowed', {});
  const own = { ...settings, seed: BigInt(settings.seed) };
  return native.makeSphereTrainer(rows, { labels: data.labels, trainingRows: data.batch.count, settings: own, state });
}

/** What the second epoch of a training costs its user: from the end of the first to its own, no setting up. */
export async function secondEpoch(
  { digits, options }: Training,
  { VonMisesFisherMemory }: Pick<Build, 'VonMisesFisherMemory'>,
): Promise<Cost> {
  let spent = stopwatch();
  const costs: Cost[] = [];
  const onEpoch = () => {
    costs.push(spent());
    spent = stopwatch();
  };
  await VonMisesFisherMemory.train(digits, { ...options, maxEpochs: 2, onEpoch });
  return costs[1] as Cost;
}

/** The losses of the first steps, each on the next batch, without the constant log Omega_N(0). */
export async function firstLosses({ digits, settings, start }: Training, steps: number): Promise<number[]> {
  const losses: number[] = [];
  let state = start;
  for (let step = 0; step < steps; step++) {
    const batch = readData(digitsFrom(digits, step * settings.batchSize, settings.batchSize));
    // An epoch on the rows of one batch is one step.
    const trainer = await trainerOf(batch, settings, state);
    const { loss } = await runTask(() => native.trainSphereEpoch(trainer, { index: step }));
    losses.push(loss - logSphereArea(digits.dimension));
    state = await runTask(() => native.sphereTrainerState(trainer));
  }
  return losses;
}
