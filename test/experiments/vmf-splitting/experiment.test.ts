/** The experiment on splitting: its counts by hand, its lines in closed form, its findings on made-up trainings. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../experiments/core/experiment.ts';
import { partedRows } from '../../../experiments/shared/sphere/splittingRows.ts';
import { growthStages, trainingCost } from '../../../experiments/vmf-splitting/cost.ts';
import { vmfSplitting } from '../../../experiments/vmf-splitting/experiment.ts';
import { splittingFindings } from '../../../experiments/vmf-splitting/findings.ts';
import type { SplittingTraining } from '../../../experiments/vmf-splitting/measures.ts';
import {
  accuracyRise,
  disproportion,
  logLine,
  pairedDifference,
  plateaus,
  type SplittingPoint,
  splittingPoints,
  spread,
} from '../../../experiments/vmf-splitting/points.ts';
import { VonMisesFisherMemory } from '../../../lib/sphere/memory.ts';
import { teacherData } from '../../sphere/data.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

const sizes = [100, 130, 160, 170, 200];
/** 10 x 2^4 is 160. */
const stagesOf = (hiddenUnits: number) => 1 + Math.ceil(Math.log2(hiddenUnits / 10));

/** Trainings of three seeds as in the paper: cost proportional to P_max, and with splitting to the number of stages. */
function published(
  data: string,
  change: Partial<Record<'accuracy' | 'cost', (one: SplittingTraining) => number>> = {},
) {
  const trainings: SplittingTraining[] = [];
  for (const hiddenUnits of sizes) {
    for (const splits of [false, true]) {
      for (const seed of [1, 2, 3]) {
        const count = splits ? stagesOf(hiddenUnits) : 1;
        const stages = Array.from({ length: count }, (_, at) => ({ hiddenUnits: at + 1, epochs: 2 }));
        const accuracy = data === 'mnist' ? 0.9 + hiddenUnits / 1e5 : splits ? 0.82 : 0.8;
        const cost = (splits ? 8 * count : hiddenUnits) * (1 + seed / 100);
        const one = { data, hiddenUnits, splits, seed, accuracy, stages, cost, seconds: cost };
        trainings.push({ ...one, accuracy: change.accuracy?.(one) ?? accuracy, cost: change.cost?.(one) ?? cost });
      }
    }
  }
  return trainings;
}

const verdicts = (findings: readonly Finding[]) => findings.map(({ verdict }) => verdict);
const [yes, no] = ['reproduced', 'not reproduced'];

describe('the cost of a training', () => {
  const record = { epoch: 0, beta: 1, loss: 0, accuracy: 0, validationLoss: 0, validationAccuracy: 0 };
  const history = [5, 5, 10, 12, 12, 12].map((hiddenUnits) => ({ ...record, hiddenUnits }));

  it('is counted by stages', () => {
    const stages = growthStages(history);
    expect(stages).toEqual([
      { hiddenUnits: 5, epochs: 2 },
      { hiddenUnits: 10, epochs: 1 },
      { hiddenUnits: 12, epochs: 3 },
    ]);
    const rows = { training: 90, validation: 10, splitting: 40 };
    // An epoch: two products of 90 rows, one of 10. A split of the 5, then of the 10: two, and two for each of three
    // passes, of 40.
    const byHand = (2 * 5 + 10 + 3 * 12) * (2 * 90 + 10) + (5 + 10) * (2 + 2 * 3) * 40;
    expect(trainingCost(stages, rows, 3)).toBe(byHand);
  });

  it('without splitting is that of its epochs', () => {
    const rows = { training: 90, validation: 10, splitting: 40 };
    expect(trainingCost([{ hiddenUnits: 7, epochs: 4 }], rows, 3)).toBe(7 * 4 * 190);
  });
});

describe('lines', () => {
  it('of a power have its exponent, without error', () => {
    const { slope, error } = logLine([1, 2, 3, 5].map((x) => [x, 4 * x ** 1.7]));
    expect(slope).toBeCloseTo(1.7, 12);
    expect(error).toBeCloseTo(0, 12);
  });

  it('have the error that least squares give', () => {
    // log x = -1, 0, 1 and log y = 0, 1, 0: slope 0, residuals -1/3, 2/3, -1/3, so that the error is sqrt((2/3) / 1 /
    // 2).
    const { slope, error } = logLine([-1, 0, 1].map((x, at) => [Math.exp(x), Math.exp(at === 1 ? 1 : 0)]));
    expect(slope).toBeCloseTo(0, 12);
    expect(error).toBeCloseTo(Math.sqrt(1 / 3), 12);
  });

  it('that are proportional deviate by nothing, others by the spread of their ratio', () => {
    expect(disproportion([1, 2, 3].map((x) => [x, 5 * x]))).toBeCloseTo(0, 12);
    const pair: [number, number][] = [
      [1, Math.E],
      [1, 1 / Math.E],
    ];
    expect(disproportion(pair)).toBeCloseTo(1, 12);
  });

  it('have plateaus where the number of stages is one', () => {
    const line = splittingPoints(published('mnist').filter(({ splits }) => splits));
    const { slope, jumps, steps } = plateaus(line);
    expect(slope).toBeCloseTo(0, 12);
    expect(jumps.map(({ sizes }) => sizes)).toEqual([[160, 170]]);
    expect(jumps[0]?.factor).toBeCloseTo(6 / 5, 12);
    expect(steps.map(({ factor }) => Math.round(1e9 * factor))).toEqual([1e9, 1e9, 1e9]);
    const linear = published('mnist', { cost: ({ hiddenUnits }) => hiddenUnits });
    expect(plateaus(splittingPoints(linear.filter(({ splits }) => splits))).slope).toBeCloseTo(1, 12);
  });
});

it('spreads are sample deviations', () => {
  expect(spread([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(spread([3])).toEqual({ mean: 3, deviation: 0 });
});

describe('accuracies', () => {
  const points = (splits: boolean, change: Parameters<typeof published>[1]) =>
    splittingPoints(published('mnist', change)).filter((point) => point.splits === splits);

  it('are compared in pairs of one size and seed', () => {
    // Seeds differ by much more than pairs do: by 1, 2 and 3 thousandths at five sizes.
    const accuracy = ({ splits, seed, hiddenUnits }: SplittingTraining) =>
      seed / 10 + hiddenUnits / 1000 + (splits ? seed / 1000 : 0);
    const { mean, error } = pairedDifference(points(false, { accuracy }), points(true, { accuracy }));
    expect(mean).toBeCloseTo(0.002, 12);
    expect(error).toBeCloseTo(Math.sqrt((10 * 0.001 ** 2) / 14 / 15), 12);
  });

  it('rise by the difference of means, with the errors of both', () => {
    const accuracy = ({ seed, hiddenUnits }: SplittingTraining) => (hiddenUnits === 100 ? 0.01 : 0.02) * seed;
    const [from, to] = points(false, { accuracy }) as [SplittingPoint, SplittingPoint];
    const { mean, error } = accuracyRise(from, to);
    expect(mean).toBeCloseTo(0.02, 12);
    expect(error).toBeCloseTo(Math.sqrt((0.01 ** 2 + 0.02 ** 2) / 3), 12);
  });
});

it('rows are parted as training parts them: it takes a unit for each that it learns from, and no more', async () => {
  for (const count of [12, 20, 39]) {
    const data = await teacherData({ count, memories: 2 });
    const { training } = partedRows(count);
    const train = (hiddenUnits: number) => VonMisesFisherMemory.train(data, { hiddenUnits, maxEpochs: 1 });
    expect((await train(training)).hiddenUnits).toBe(training);
    await expectFailure(() => train(training + 1), 'ERR_RANGE', `at most ${training}`);
  }
});

describe('findings', () => {
  it.each(['mnist', 'fashion-mnist'])('are as published of trainings as in the paper, on %s', (data) => {
    expect(verdicts(splittingFindings(published(data)))).toEqual(new Array(6).fill(yes));
  });

  it.each<[string, string, Parameters<typeof published>[1], number[]]>([
    ['accuracy that differs', 'mnist', { accuracy: ({ splits, accuracy }) => accuracy + (splits ? 0.02 : 0) }, [0]],
    ['accuracy that is not higher', 'fashion-mnist', { accuracy: () => 0.8 }, [0]],
    // By 0.6 points on average, at a standard error of 0.4.
    [
      'accuracy that may differ',
      'mnist',
      { accuracy: ({ splits, seed, accuracy }) => accuracy + (splits ? 0.006 + 0.02 * (seed - 2) : 0) },
      [0],
    ],
    // By one point on average, little more than one standard error.
    [
      'accuracy that is higher by chance',
      'fashion-mnist',
      { accuracy: ({ splits, seed }) => 0.8 + (splits ? 0.01 + 0.04 * (seed - 2) : 0) },
      [0],
    ],
    ['accuracy that does not rise', 'mnist', { accuracy: () => 0.9 }, [1]],
    [
      'accuracy that falls on the way',
      'mnist',
      { accuracy: ({ hiddenUnits }) => (hiddenUnits === 160 ? 0.9 : 0.9 + hiddenUnits / 1e5) },
      [1],
    ],
    ['accuracy that falls', 'fashion-mnist', { accuracy: (one) => one.accuracy - one.hiddenUnits / 5000 }, [1]],
    ['accuracy that rises', 'fashion-mnist', { accuracy: (one) => one.accuracy + one.hiddenUnits / 5000 }, [1]],
    // Linear with splitting: no plateau, and stages explain nothing.
    ['splitting that saves little', 'mnist', { cost: (one) => one.hiddenUnits * (one.splits ? 0.6 : 1) }, [2, 4, 5]],
    [
      'a cost that is not quite proportional',
      'mnist',
      { cost: (one) => (one.splits ? one.cost : one.cost ** 1.2) },
      [3],
    ],
    ['a cost that is quadratic', 'mnist', { cost: (one) => (one.splits ? one.cost : one.hiddenUnits ** 2) }, [3]],
  ])('see %s', (_, data, change, failing) => {
    const expected = Array.from({ length: 6 }, (_, at) => (failing.includes(at) ? no : yes));
    expect(verdicts(splittingFindings(published(data, change)))).toEqual(expected);
  });

  it('do not tell with two seeds or near sizes, nor of other data', () => {
    const two = published('mnist').filter(({ seed }) => seed < 3);
    expect(verdicts(splittingFindings(two))).toEqual(new Array(6).fill('undetermined'));
    const near = published('mnist').filter(({ hiddenUnits }) => hiddenUnits < 150);
    expect(verdicts(splittingFindings(near))).toEqual(new Array(3).fill('undetermined'));
    expect(verdicts(splittingFindings(published('other')))).toEqual(new Array(6).fill('not published'));
  });
});

describe('settings', () => {
  it.each<[string, object, string]>([
    ['no size', { hiddenUnits: [] }, 'settings.hiddenUnits'],
    ['sizes that fall', { hiddenUnits: [20, 10] }, 'settings.hiddenUnits[1]'],
    ['half a unit', { hiddenUnits: [30, 40.5] }, 'settings.hiddenUnits[1]'],
    ['more units than rows to learn from', { hiddenUnits: [30, 1351] }, 'settings.hiddenUnits[1]'],
    ['more units than fit', { rows: 0, hiddenUnits: [30, 1e9] }, 'settings.hiddenUnits[1]'],
    ['no unit at first', { from: 0 }, 'settings.from'],
    ['more units at first than at the end', { from: 31 }, 'settings.from'],
    ['no data', { data: [] }, 'settings.data'],
    ['data twice', { data: ['mnist', 'mnist'] }, 'settings.data[1]'],
    ['other data than there are', { data: ['nowhere'] }, 'settings.data'],
    ['one row', { rows: 1 }, 'settings.rows'],
    ['half a row', { rows: 1500.5 }, 'settings.rows'],
    ['rows without end', { rows: 1e12 }, 'settings.rows'],
    ['no batch', { batchSize: 0 }, 'settings.batchSize'],
    ['half a row in a batch', { batchSize: 50.5 }, 'settings.batchSize'],
    ['no patience', { patience: 0 }, 'settings.patience'],
    ['patience without end', { patience: 1e9 }, 'settings.patience'],
    ['no run', { runs: 0 }, 'settings.runs'],
    ['runs without end', { runs: 1e9 }, 'settings.runs'],
    ['half a seed', { seed: 0.5 }, 'settings.seed'],
    ['no room for the seeds of all runs', { seed: Number.MAX_SAFE_INTEGER }, 'settings.seed'],
  ])('with %s are refused before anything runs', async (_, change, name) => {
    const parts = new MemoryParts();
    await expectFailure(() => vmfSplitting.run({ ...vmfSplitting.quick, ...change }, { parts }), 'ERR_RANGE', name);
    expect(parts.texts.size).toBe(0);
  });
});

describeWholeRuns(vmfSplitting, new Array(6).fill('undetermined'));
