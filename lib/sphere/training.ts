import type { CallOptions } from '../core/types.ts';
import type { Batch } from '../memory/batches.ts';
import { type NativeSphereSplit, type NativeSphereState, type NativeSphereTrainer, native } from '../native/addon.ts';
import { coded, runTask } from '../native/calls.ts';
import { toNativeRows } from './rows.ts';
import type { CheckedData, TrainingSettings } from './settings.ts';
import type { EpochRecord, TrainingCallOptions, VonMisesFisherParameters } from './types.ts';

/** The parts of a state that make a model. */
export type ModelState = Pick<
  NativeSphereState,
  'hiddenUnits' | 'labels' | 'memories' | 'classWeights' | 'beta' | 'betaScale'
>;

/** State of a run; with its settings and data it determines the further course. */
export interface TrainingProgress {
  readonly state: NativeSphereState;
  /** The model of the lowest validation loss since the last split; undefined before the first epoch. */
  readonly best: ModelState | undefined;
  readonly bestLoss: number;
  /** Epochs in a row that did not lower the validation loss. */
  readonly fruitless: number;
  /** Whether a trained beta was {@link isNearZero near zero} in one of them or in the epoch before. */
  readonly nearZero: boolean;
  readonly history: readonly EpochRecord[];
  /** Whether the run has ended. */
  readonly done: boolean;
}

const secondsPerMillisecond = 1e-3;

/** State before the first epoch of a stage. */
const untried = { best: undefined, bestLoss: Number.POSITIVE_INFINITY, fruitless: 0, nearZero: false } as const;

/** Initial state of a run; memories are drawn at random unless given. */
export async function firstProgress(
  data: CheckedData,
  settings: TrainingSettings,
  options: CallOptions,
  initialMemories?: Batch | undefined,
): Promise<TrainingProgress> {
  const { hiddenUnits, background, splitting, classShares, beta, betaScale, seed } = settings;
  const units = splitting?.from ?? hiddenUnits;
  // The background has its share of the final network, where it weighs as much as `background` units.
  const backgroundShare = background / (hiddenUnits + background);
  const hiddenShares = new Float64Array(units + 1).fill((1 - backgroundShare) / units);
  hiddenShares[0] = backgroundShare;
  const start = {
    hiddenUnits: units,
    labels: classShares.length,
    hiddenShares,
    classShares: Float64Array.from(classShares),
    beta,
    betaScale,
    seed: BigInt(seed),
  };
  const { dimension } = data.batch;
  const drawn = await runTask(() => native.initialSphereState({ dimension, precision: data.precision, ...start }), {
    signal: options.signal,
  });
  const state = initialMemories ? { ...drawn, memories: await checkedMemories(initialMemories, data, options) } : drawn;
  return { state, ...untried, history: [], done: false };
}

/** A copy in the precision of the data, after a native check of the norms. */
async function checkedMemories(
  batch: Batch,
  { precision }: CheckedData,
  { signal }: CallOptions,
): Promise<NativeSphereState['memories']> {
  const { positions } = batch;
  const copy = precision === 'float32' ? Float32Array.from(positions) : Float64Array.from(positions);
  native.release(await toNativeRows(batch.name, { ...batch, positions: copy }, precision, 'refused', { signal }));
  return copy;
}

/**
 * Trains until the run has ended; awaits `keep` with the state after every epoch. The number of an epoch seeds its
 * random numbers, so that a run can resume from any epoch.
 */
export async function runTraining(
  data: CheckedData,
  settings: TrainingSettings,
  from: TrainingProgress,
  options: TrainingCallOptions,
  keep: (progress: TrainingProgress) => Promise<void>,
): Promise<TrainingProgress> {
  if (from.done) {
    reportEnd(data, settings, options);
    return from;
  }
  const trainer = await makeTrainer(data, settings, from.state, options);
  try {
    const progress = await runEpochs(trainer, data, settings, from, options, keep);
    reportEnd(data, settings, options);
    return progress;
  } finally {
    native.release(trainer);
  }
}

async function runEpochs(
  trainer: NativeSphereTrainer,
  data: CheckedData,
  settings: TrainingSettings,
  from: TrainingProgress,
  options: TrainingCallOptions,
  keep: (progress: TrainingProgress) => Promise<void>,
): Promise<TrainingProgress> {
  let progress = from;
  let seconds = progress.history.at(-1)?.seconds ?? 0;
  while (!progress.done) {
    const start = performance.now();
    const index = progress.history.length;
    const epoch = await runTask((report) => native.trainSphereEpoch(trainer, { index, onProgress: report }), {
      signal: options.signal,
      onProgress: epochProgress(data, settings, index, options),
    });
    const state = await runTask(() => native.sphereTrainerState(trainer), { signal: options.signal });
    const { hiddenUnits, beta } = state;
    const elapsed = () => seconds + (performance.now() - start) * secondsPerMillisecond;
    const record: EpochRecord = { epoch: index + 1, hiddenUnits, beta, ...epoch, seconds: elapsed() };
    progress = await endStage(afterEpoch(progress, state, record, settings), trainer, settings, options);
    seconds = elapsed();
    await keep(progress);
    options.onEpoch?.(record, () => parametersOf(state, data));
  }
  return progress;
}

function parametersOf(state: ModelState, { batch: { dimension }, classes }: CheckedData): VonMisesFisherParameters {
  const { hiddenUnits, beta, betaScale, memories, classWeights } = state;
  const weights = { rows: hiddenUnits + 1, columns: classes + 1, data: classWeights.slice() };
  return { dimension, hiddenUnits, classes, beta, betaScale, memories: memories.slice(), classWeights: weights };
}

function afterEpoch(
  progress: TrainingProgress,
  state: NativeSphereState,
  record: EpochRecord,
  settings: TrainingSettings,
): TrainingProgress {
  const history = [...progress.history, record];
  const { validationLoss } = record;
  if (Number.isNaN(validationLoss)) return { ...progress, state, best: state, history };
  const nearZero = isNearZero(state, settings);
  return validationLoss < progress.bestLoss
    ? { ...progress, state, best: state, bestLoss: validationLoss, fruitless: 0, nearZero, history }
    : { ...progress, state, fruitless: progress.fruitless + 1, nearZero: progress.nearZero || nearZero, history };
}

/**
 * Whether a trained beta is so small that the model hardly differs from the uniform density, betaScale beta <= 1, or
 * momentum alone carries it there or can have carried it from there: without a gradient, a velocity v moves it by
 * learningRate v (momentum + momentum^2 + ...) in all.
 */
function isNearZero(
  { beta, betaScale, betaVelocity }: NativeSphereState,
  { trainsBeta, learningRate, momentum }: TrainingSettings,
): boolean {
  const reach = (learningRate * Math.abs(betaVelocity) * momentum) / (1 - momentum);
  return trainsBeta && beta <= 1 / betaScale + reach;
}

/** Remaining share of beta's oscillation about zero at which it counts as over. */
const restingSwing = 0.1;

/**
 * Epochs without a lower validation loss that end a stage. A beta near zero oscillates about its minimum there, and the
 * loss with it, until memories have turned to the data: patience lasts until friction ends an oscillation. With
 * curvature k, v <- momentum v - learningRate k beta makes the oscillation shrink by the root of momentum a step.
 */
function patienceOf({ nearZero }: TrainingProgress, settings: TrainingSettings): number {
  const { patience, momentum, trainingRows, batchSize } = settings;
  if (!nearZero) return patience;
  const steps = (2 * Math.log(restingSwing)) / Math.log(momentum);
  return Math.max(patience, Math.ceil(steps / Math.ceil(trainingRows / batchSize)));
}

/** Splits or ends the run at the end of a stage (algorithm 1). */
async function endStage(
  progress: TrainingProgress,
  trainer: NativeSphereTrainer,
  settings: TrainingSettings,
  options: TrainingCallOptions,
): Promise<TrainingProgress> {
  const { splitting, hiddenUnits: final, maxEpochs } = settings;
  const { hiddenUnits } = progress.state;
  const epochs = progress.history.length;
  if (epochs >= maxEpochs) return { ...progress, done: true };
  const stageEpochs = progress.history.filter((record) => record.hiddenUnits === hiddenUnits).length;
  const isGrown = splitting === undefined || hiddenUnits >= final;
  const isOver = progress.fruitless >= patienceOf(progress, settings) || (!isGrown && stageEpochs >= splitting.epochs);
  if (!isOver) return progress;
  if (isGrown) return { ...progress, done: true };
  const { signal } = options;
  const { split } = await runTask(
    (report) => native.splitSphereMemories(trainer, { ...splitOf(progress, settings, splitting), onProgress: report }),
    { signal },
  );
  if (split.length === 0) return { ...progress, done: true };
  const state = await runTask(() => native.sphereTrainerState(trainer), { signal });
  return { ...progress, state, ...untried };
}

function splitOf(
  { state: { hiddenUnits }, history }: TrainingProgress,
  settings: TrainingSettings,
  { fraction, threshold, distance, rows, passes }: NonNullable<TrainingSettings['splitting']>,
): NativeSphereSplit {
  return {
    most: Math.min(Math.max(1, Math.floor(fraction * hiddenUnits)), settings.hiddenUnits - hiddenUnits),
    threshold: threshold ?? Number.POSITIVE_INFINITY,
    distance,
    mostRows: rows,
    epoch: history.length,
    passes,
    seed: BigInt(settings.seed),
  };
}

async function makeTrainer(
  { batch, precision, labels }: CheckedData,
  settings: TrainingSettings,
  state: NativeSphereState,
  options: TrainingCallOptions,
): Promise<NativeSphereTrainer> {
  const rows = await toNativeRows(`${batch.name}.values`, batch, precision, 'allowed', { signal: options.signal });
  const own = { ...settings, seed: BigInt(settings.seed) };
  const trainer = coded(() =>
    native.makeSphereTrainer(rows, { labels, trainingRows: settings.trainingRows, settings: own, state }),
  );
  native.release(rows); // the trainer keeps them
  return trainer;
}

/** Progress of one epoch within the whole run, in rows. A run that ends early leaps to the total. */
function epochProgress(
  { batch: { count } }: CheckedData,
  { maxEpochs }: TrainingSettings,
  index: number,
  { onProgress }: TrainingCallOptions,
): TrainingCallOptions['onProgress'] {
  if (!onProgress) return undefined;
  const total = maxEpochs * count;
  // The end of the run reports the end of the last epoch.
  return ({ completed }) => {
    if (index * count + completed < total) onProgress({ completed: index * count + completed, total });
  };
}

function reportEnd(
  { batch: { count } }: CheckedData,
  { maxEpochs }: TrainingSettings,
  { onProgress }: TrainingCallOptions,
): void {
  onProgress?.({ completed: maxEpochs * count, total: maxEpochs * count });
}
