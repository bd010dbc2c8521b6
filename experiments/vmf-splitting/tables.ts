import type { ResultChart, ResultTable } from '../core/experiment.ts';
import type { SplittingTraining } from './experiment.ts';
import { lineOf, logLine, type SplittingPoint, splittingPoints } from './points.ts';
import { publishedData } from './settings.ts';

export const methodNames = { whole: 'without splitting', splitting: 'with splitting' } as const;
const methodName = ({ splits }: Pick<SplittingPoint, 'splits'>) => methodNames[splits ? 'splitting' : 'whole'];

/** The cost is counted in these. */
const costUnit = 1e9;

export function splittingTables(trainings: readonly SplittingTraining[]): ResultTable[] {
  const points = splittingPoints(trainings);
  return [pointsTable(points), linesTable(points), secondsTable(points), trainingsTable(trainings)];
}

/** The smallest network without splitting, which is 1 where costs are compared. */
function reference(points: readonly SplittingPoint[], data: string): SplittingPoint {
  return lineOf(points, data, false)[0] as SplittingPoint;
}

const pointColumns = [
  { name: 'data', title: 'data' },
  { name: 'hiddenUnits', title: 'P_max' },
  { name: 'method', title: 'method' },
];

function pointsTable(points: readonly SplittingPoint[]): ResultTable {
  return {
    name: 'points',
    title: 'Test accuracy and counted cost, mean and standard deviation over seeds',
    columns: [
      ...pointColumns,
      { name: 'accuracy', title: 'accuracy', format: '.2%' },
      { name: 'accuracyDeviation', title: 'deviation', format: '.2%' },
      { name: 'accuracyLower', title: 'less deviation', format: '.2%' },
      { name: 'accuracyUpper', title: 'plus deviation', format: '.2%' },
      { name: 'epochs', title: 'epochs', format: '.0f' },
      { name: 'stages', title: 'stages' },
      { name: 'cost', title: '10^9 products of a row and a memory', format: '.2f' },
      { name: 'relative', title: 'relative cost', format: '.2f' },
      { name: 'relativeLower', title: 'less deviation', format: '.2f' },
      { name: 'relativeUpper', title: 'plus deviation', format: '.2f' },
    ],
    rows: points.map((point) => {
      const { data, hiddenUnits, accuracy, cost, epochs, stages } = point;
      const own = [accuracy.mean, accuracy.deviation, ...bounds(accuracy)];
      const unit = reference(points, data).cost.mean;
      const costs = [cost.mean / costUnit, cost.mean / unit, ...bounds(cost).map((value) => value / unit)];
      return [data, hiddenUnits, methodName(point), ...own, epochs.mean, stages, ...costs];
    }),
  };
}

const bounds = ({ mean, deviation }: SplittingPoint['cost']) => [mean - deviation, mean + deviation];

function linesTable(points: readonly SplittingPoint[]): ResultTable {
  const names = [...new Set(points.map(({ data }) => data))];
  const lines = names.flatMap((data) => [false, true].map((splits) => lineOf(points, data, splits)));
  return {
    name: 'lines',
    title: 'Counted cost and epochs as powers of P_max',
    columns: [
      { name: 'data', title: 'data' },
      { name: 'method', title: 'method' },
      { name: 'slope', title: 'exponent of the cost', format: '.2f' },
      { name: 'error', title: 'standard error', format: '.2f' },
      { name: 'epochsSlope', title: 'exponent of the epochs', format: '.2f' },
    ],
    rows: lines
      .filter((line) => line.length > 1)
      .map((line) => {
        const [first] = line as [SplittingPoint];
        const { slope, error } = logLine(line.map(({ hiddenUnits, cost }) => [hiddenUnits, cost.mean]));
        const epochs = logLine(line.map(({ hiddenUnits, epochs }) => [hiddenUnits, epochs.mean]));
        return [first.data, methodName(first), slope, error, epochs.slope];
      }),
  };
}

function secondsTable(points: readonly SplittingPoint[]): ResultTable {
  return {
    name: 'seconds',
    title: 'Seconds of training where it was done',
    isMeasured: true,
    columns: [
      ...pointColumns,
      { name: 'seconds', title: 'seconds', format: '.2f' },
      { name: 'deviation', title: 'deviation', format: '.2f' },
      { name: 'relative', title: 'relative', format: '.2f' },
      { name: 'relativeLower', title: 'less deviation', format: '.2f' },
      { name: 'relativeUpper', title: 'plus deviation', format: '.2f' },
    ],
    rows: points.map((point) => {
      const { data, hiddenUnits, seconds } = point;
      const unit = reference(points, data).seconds.mean;
      const relative = [seconds.mean, ...bounds(seconds)].map((value) => value / unit);
      return [data, hiddenUnits, methodName(point), seconds.mean, seconds.deviation, ...relative];
    }),
  };
}

function trainingsTable(trainings: readonly SplittingTraining[]): ResultTable {
  return {
    name: 'trainings',
    title: 'Every training',
    isRaw: true,
    columns: [
      ...pointColumns,
      { name: 'seed', title: 'seed' },
      { name: 'accuracy', title: 'accuracy', format: '.2%' },
      { name: 'cost', title: 'products of a row and a memory' },
      { name: 'stages', title: 'epochs of each number of units' },
    ],
    rows: trainings.map((training) => {
      const { data, hiddenUnits, seed, accuracy, cost, stages } = training;
      const epochs = stages.map(({ hiddenUnits, epochs }) => `${hiddenUnits}: ${epochs}`).join(', ');
      return [data, hiddenUnits, methodName(training), seed, accuracy, cost, epochs];
    }),
  };
}

/** Two of them side by side. */
const panelSize = { width: 280, height: 220 };
const order = [methodNames.whole, methodNames.splitting];
const color = { field: 'method', type: 'nominal', sort: order, legend: { title: null, orient: 'bottom' } };
const size = { field: 'hiddenUnits', type: 'quantitative', axis: { title: 'P_max' }, scale: { zero: false } };

/** Means with bars of a deviation to either side, a panel for each data set. */
function panels(field: string, lower: string, upper: string, axis: object, scale: object): object {
  const vertical = { type: 'quantitative', axis, scale };
  return {
    facet: { column: { field: 'data', type: 'nominal', sort: [...publishedData], header: { title: null } } },
    spec: {
      ...panelSize,
      encoding: { x: size, color },
      layer: [
        { mark: { type: 'rule' }, encoding: { y: { field: lower, ...vertical }, y2: { field: upper } } },
        {
          mark: { type: 'line', point: { filled: true, size: 45 } },
          encoding: { y: { field, ...vertical }, strokeDash: color },
        },
      ],
    },
    resolve: { scale: { y: 'independent' } },
  };
}

export const splittingCharts: readonly ResultChart[] = [
  {
    name: 'accuracy',
    title: 'Test accuracy',
    description:
      'Mean and standard deviation of the test accuracy against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'points',
    specification: panels(
      'accuracy',
      'accuracyLower',
      'accuracyUpper',
      { title: 'accuracy', format: '.1%' },
      { zero: false },
    ),
  },
  {
    name: 'cost',
    title: 'Counted cost, the smallest network without splitting being 1',
    description:
      'Mean and standard deviation of the counted cost of training against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'points',
    specification: panels('relative', 'relativeLower', 'relativeUpper', { title: 'relative cost' }, {}),
  },
  {
    name: 'seconds',
    title: 'Time of training, that of the smallest network without splitting being 1',
    description:
      'Mean and standard deviation of the seconds that training took on the machine of this run, against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'seconds',
    specification: panels('relative', 'relativeLower', 'relativeUpper', { title: 'relative time' }, {}),
  },
];
