/** Trainings from the start and with splitting: accuracy and counted cost of each. */

import { sum } from 'd3-array';
import { type CallOptions, type SphereTrainingData, VonMisesFisherMemory } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { onSphere, readLabelledImages } from '../core/labelledImages.ts';
import { Stages } from '../core/stages.ts';
import { shareOf } from '../core/statistics.ts';
import { partedRows, validationShare } from '../shared/sphere/splittingRows.ts';
import { type GrowthStage, growthStages, trainingCost } from './cost.ts';
import { checkSizes, type VmfSplittingSettings } from './settings.ts';

/** Kept record of one training. */
export interface SplittingTraining {
  readonly data: string;
  readonly hiddenUnits: number;
  readonly splits: boolean;
  readonly seed: number;
  /** Share of the test rows that it gives their class. */
  readonly accuracy: number;
  readonly stages: readonly GrowthStage[];
  /** Products of a row and a memory. */
  readonly cost: number;
  readonly seconds: number;
}

type Case = Pick<SplittingTraining, 'data' | 'hiddenUnits' | 'splits' | 'seed'>;

interface LabelledRows {
  readonly train: SphereTrainingData;
  readonly test: SphereTrainingData & { readonly labels: Int32Array };
}

/** Cost of training from the start relative to splitting, for the progress only. */
const wholeCost = 4;

export async function runTrainings(
  settings: VmfSplittingSettings,
  context: ExperimentContext,
): Promise<SplittingTraining[]> {
  const { data: names, hiddenUnits, runs, seed } = settings;
  const stages = new Stages(names.length * runs * sum(hiddenUnits) * (1 + wholeCost), context);
  const trainings: SplittingTraining[] = [];
  for (const [at, data] of names.entries()) {
    const read = readOnce(data, settings, { signal: context.signal });
    for (const units of hiddenUnits) {
      for (let run = 0; run < 2 * runs; run++) {
        const one: Case = { data, hiddenUnits: units, splits: run % 2 === 1, seed: seed + Math.floor(run / 2) };
        const name = `${at}-p${units}-${one.splits ? 'splitting' : 'whole'}-seed${one.seed}`;
        const doing = `${data}: ${units} units${one.splits ? ', splitting' : ''}, seed ${one.seed}`;
        const training = await stages.run(doing, units * (one.splits ? 1 : wholeCost), (options) =>
          context.parts.part(name, async () => train(await read(), one, settings, options)),
        );
        trainings.push(training);
      }
    }
  }
  return trainings;
}

/** Reads a data set at its first use: a run with all parts finished needs none. */
function readOnce(data: string, settings: VmfSplittingSettings, { signal }: CallOptions): () => Promise<LabelledRows> {
  const classes = 10;
  const read = async (part: 'train' | 't10k', count: number) =>
    onSphere(await readLabelledImages({ data, part, count }, { signal }), classes, { signal });
  let pending: Promise<LabelledRows> | undefined;
  return () => {
    pending ??= (async () => {
      const train = await read('train', settings.rows);
      checkSizes(settings, train.count);
      return { train, test: await read('t10k', 0) };
    })();
    return pending;
  };
}

/** Rows and passes that splits look at: the package's defaults. */
const splittingRows = 10_000;

const splittingPasses = 6;

async function train(
  { train, test }: LabelledRows,
  one: Case,
  { batchSize, patience, from }: VmfSplittingSettings,
  options: CallOptions,
): Promise<SplittingTraining> {
  const { hiddenUnits, splits, seed } = one;
  const splitting = { from, rows: splittingRows, passes: splittingPasses };
  const choices = { hiddenUnits, batchSize, patience, validationShare, seed, ...(splits && { splitting }) };
  const memory = await VonMisesFisherMemory.train(train, { ...choices, ...options });
  const predicted = await memory.predict(test, { signal: options.signal });
  const stages = growthStages(memory.history);
  const parted = partedRows(train.count);
  const rows = { ...parted, splitting: Math.min(splittingRows, parted.training) };
  return {
    ...one,
    accuracy: shareOf(predicted, (label, i) => label === test.labels[i]),
    stages,
    cost: trainingCost(stages, rows, splittingPasses),
    seconds: memory.history.at(-1)?.seconds ?? 0,
  };
}
