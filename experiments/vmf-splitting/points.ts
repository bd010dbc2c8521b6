/** Trainings of several seeds as points with a spread, and lines through them. */
import { max, mean, sum } from 'd3-array';
import type { SplittingTraining } from './measures.ts';

export interface Spread {
  readonly mean: number;
  /** Standard deviation, of a sample; 0 of one number. */
  readonly deviation: number;
}

/** Summary of several trainings of one size. */
export interface SplittingPoint extends Pick<SplittingTraining, 'data' | 'hiddenUnits' | 'splits'> {
  readonly trainings: readonly SplittingTraining[];
  readonly accuracy: Spread;
  readonly cost: Spread;
  readonly seconds: Spread;
  readonly epochs: Spread;
  /**
   * Stages of training: one more than there are splits. Where trainings ended early they differ, and this is the
   * greatest number.
   */
  readonly stages: number;
}

export function spread(values: readonly number[]): Spread {
  const centre = mean(values) as number;
  const squares = sum(values, (value) => (value - centre) ** 2);
  return { mean: centre, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** A mean and its standard error, of independent numbers; where there is one of them, the error is not known, and 0. */
export interface Estimate {
  readonly mean: number;
  readonly error: number;
}

/**
 * Change of the accuracy by splitting: the mean over sizes and seeds of the difference between two trainings of equal
 * size and seed.
 */
export function pairedDifference(whole: readonly SplittingPoint[], grown: readonly SplittingPoint[]): Estimate {
  const others = whole.flatMap(({ trainings }) => trainings);
  const differences = grown
    .flatMap(({ trainings }) => trainings)
    .flatMap(({ hiddenUnits, seed, accuracy }) =>
      others
        .filter((other) => other.hiddenUnits === hiddenUnits && other.seed === seed)
        .map((other) => accuracy - other.accuracy),
    );
  const { mean, deviation } = spread(differences);
  return { mean, error: deviation / Math.sqrt(differences.length) };
}

/** Rise of the accuracy from one size to another, with its error from the spread over seeds at each. */
export function accuracyRise(from: SplittingPoint, to: SplittingPoint): Estimate {
  const variance = ({ accuracy, trainings }: SplittingPoint) => accuracy.deviation ** 2 / trainings.length;
  return { mean: to.accuracy.mean - from.accuracy.mean, error: Math.sqrt(variance(from) + variance(to)) };
}

/** Points in the order of the trainings. */
export function splittingPoints(trainings: readonly SplittingTraining[]): SplittingPoint[] {
  const groups = new Map<string, SplittingTraining[]>();
  for (const training of trainings) {
    const key = JSON.stringify([training.data, training.hiddenUnits, training.splits]);
    groups.set(key, [...(groups.get(key) ?? []), training]);
  }
  return [...groups.values()].map((group) => {
    const [{ data, hiddenUnits, splits }] = group as [SplittingTraining];
    const of = (value: (training: SplittingTraining) => number) => spread(group.map(value));
    return {
      data,
      hiddenUnits,
      splits,
      trainings: group,
      accuracy: of(({ accuracy }) => accuracy),
      cost: of(({ cost }) => cost),
      seconds: of(({ seconds }) => seconds),
      epochs: of(({ stages }) => sum(stages, ({ epochs }) => epochs)),
      stages: max(group, ({ stages }) => stages.length) as number,
    };
  });
}

/** The points of one line of a chart, by their number of hidden units. */
export function lineOf(points: readonly SplittingPoint[], data: string, splits: boolean): SplittingPoint[] {
  return points.filter((point) => point.data === data && point.splits === splits);
}

export interface LogLine {
  /** d log y / d log x, by least squares. */
  readonly slope: number;
  /** Its standard error; 0 where there are fewer than three points. */
  readonly error: number;
}

/** The line through the logarithms of numbers above 0. */
export function logLine(points: readonly (readonly [x: number, y: number])[]): LogLine {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const [meanX, meanY] = [mean(logs, ([x]) => x), mean(logs, ([, y]) => y)] as [number, number];
  const squares = sum(logs, ([x]) => (x - meanX) ** 2);
  const slope = sum(logs, ([x, y]) => (x - meanX) * (y - meanY)) / squares;
  const residuals = sum(logs, ([x, y]) => (y - meanY - slope * (x - meanX)) ** 2);
  return { slope, error: logs.length > 2 ? Math.sqrt(residuals / (logs.length - 2) / squares) : 0 };
}

export interface Plateaus {
  /**
   * d log cost / d log P_max between sizes of as many stages, by least squares with a constant for each number of
   * stages.
   */
  readonly slope: number;
  /** Rises of the cost from a size to the next, where it has a stage more, and where it has as many. */
  readonly jumps: readonly Rise[];
  readonly steps: readonly Rise[];
}

export interface Rise {
  readonly sizes: readonly [number, number];
  readonly factor: number;
}

export function plateaus(line: readonly SplittingPoint[]): Plateaus {
  let [products, squares] = [0, 0];
  for (const stages of new Set(line.map((point) => point.stages))) {
    const logs = line
      .filter((point) => point.stages === stages)
      .map(({ hiddenUnits, cost }) => [Math.log(hiddenUnits), Math.log(cost.mean)] as const);
    const meanX = mean(logs, ([x]) => x) as number;
    for (const [x, y] of logs) {
      products += (x - meanX) * y;
      squares += (x - meanX) ** 2;
    }
  }
  const [jumps, steps]: [Rise[], Rise[]] = [[], []];
  for (const [at, after] of line.slice(1).entries()) {
    const before = line[at] as SplittingPoint;
    const rise: Rise = {
      sizes: [before.hiddenUnits, after.hiddenUnits],
      factor: after.cost.mean / before.cost.mean,
    };
    (after.stages > before.stages ? jumps : steps).push(rise);
  }
  return { slope: squares > 0 ? products / squares : 0, jumps, steps };
}

/** Deviation of y from proportionality to x: the root mean square of log(y / x) about its mean. */
export function disproportion(points: readonly (readonly [x: number, y: number])[]): number {
  const ratios = points.map(([x, y]) => Math.log(y / x));
  const centre = mean(ratios) as number;
  return Math.sqrt(mean(ratios, (ratio) => (ratio - centre) ** 2) as number);
}
