import { type Channel, panel, panels, quantity, type Specification, series, spreadLines } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { SplittingTraining } from './measures.ts';
import { lineOf, logLine, type SplittingPoint, type Spread, splittingPoints } from './points.ts';
import { publishedData } from './settings.ts';

const methodNames = { whole: 'without splitting', splitting: 'with splitting' } as const;

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
  { name: 'method', title: 'method', value: methodName },
] as const;

/** Columns of a quantity and its values one deviation away, relative to the number that counts as 1. */
const relativeColumns = (
  title: string,
  of: (point: SplittingPoint) => Spread,
  unit: (point: SplittingPoint) => number,
) => {
  const column = (name: string, title: string, value: (spread: Spread) => number) => ({
    name,
    title,
    format: '.2f',
    value: (point: SplittingPoint) => value(of(point)) / unit(point),
  });
  return [
    column('relative', title, ({ mean }) => mean),
    column('relativeLower', 'less deviation', lower),
    column('relativeUpper', 'plus deviation', upper),
  ];
};

export const lower = ({ mean, deviation }: Spread) => mean - deviation;

const upper = ({ mean, deviation }: Spread) => mean + deviation;

function pointsTable(points: readonly SplittingPoint[]): ResultTable {
  const unit = ({ data }: SplittingPoint) => reference(points, data).cost.mean;
  return table({
    name: 'points',
    title: 'Test accuracy and counted cost, mean and standard deviation over seeds',
    columns: [
      ...pointColumns,
      { name: 'accuracy', title: 'accuracy', format: '.2%', value: ({ accuracy }) => accuracy.mean },
      { name: 'accuracyDeviation', title: 'deviation', format: '.2%', value: ({ accuracy }) => accuracy.deviation },
      { name: 'accuracyLower', title: 'less deviation', format: '.2%', value: ({ accuracy }) => lower(accuracy) },
      { name: 'accuracyUpper', title: 'plus deviation', format: '.2%', value: ({ accuracy }) => upper(accuracy) },
      { name: 'epochs', title: 'epochs', format: '.0f', value: ({ epochs }) => epochs.mean },
      { name: 'stages', title: 'stages' },
      {
        name: 'cost',
        title: '10^9 products of a row and a memory',
        format: '.2f',
        value: ({ cost }) => cost.mean / costUnit,
      },
      ...relativeColumns('relative cost', ({ cost }) => cost, unit),
    ],
    rows: points,
  });
}

function linesTable(points: readonly SplittingPoint[]): ResultTable {
  const names = [...new Set(points.map(({ data }) => data))];
  const lines = names.flatMap((data) => [false, true].map((splits) => lineOf(points, data, splits)));
  return table({
    name: 'lines',
    title: 'Counted cost and epochs as powers of P_max',
    columns: [
      { name: 'data', title: 'data' },
      { name: 'method', title: 'method', value: methodName },
      { name: 'slope', title: 'exponent of the cost', format: '.2f' },
      { name: 'error', title: 'standard error', format: '.2f' },
      { name: 'epochsSlope', title: 'exponent of the epochs', format: '.2f' },
    ],
    rows: lines
      .filter((line) => line.length > 1)
      .map((line) => {
        const [first] = line as [SplittingPoint];
        const cost = logLine(line.map(({ hiddenUnits, cost }) => [hiddenUnits, cost.mean]));
        const epochs = logLine(line.map(({ hiddenUnits, epochs }) => [hiddenUnits, epochs.mean]));
        return { data: first.data, splits: first.splits, ...cost, epochsSlope: epochs.slope };
      }),
  });
}

function secondsTable(points: readonly SplittingPoint[]): ResultTable {
  const unit = ({ data }: SplittingPoint) => reference(points, data).seconds.mean;
  return table({
    name: 'seconds',
    title: 'Seconds of training where it was done',
    isMeasured: true,
    columns: [
      ...pointColumns,
      { name: 'seconds', title: 'seconds', format: '.2f', value: ({ seconds }) => seconds.mean },
      { name: 'deviation', title: 'deviation', format: '.2f', value: ({ seconds }) => seconds.deviation },
      ...relativeColumns('relative', ({ seconds }) => seconds, unit),
    ],
    rows: points,
  });
}

function trainingsTable(trainings: readonly SplittingTraining[]): ResultTable {
  return table({
    name: 'trainings',
    title: 'Every training',
    isRaw: true,
    columns: [
      ...pointColumns,
      { name: 'seed', title: 'seed' },
      { name: 'accuracy', title: 'accuracy', format: '.2%' },
      { name: 'cost', title: 'products of a row and a memory' },
      {
        name: 'stages',
        title: 'epochs of each number of units',
        value: ({ stages }) => stages.map(({ hiddenUnits, epochs }) => `${hiddenUnits}: ${epochs}`).join(', '),
      },
    ],
    rows: trainings,
  });
}

/** Two of them side by side. */
const panelSize = { width: 280, height: 220 };

/** Means with bars of a deviation to either side, a panel for each data set. */
function byData(y: Channel, lower: string, upper: string): Specification {
  const x = quantity('hiddenUnits', 'P_max', {}, { zero: false });
  const by = series('method', null, { orient: 'bottom' });
  return panels(
    { column: panel('data', null, publishedData), independent: 'y' },
    { ...panelSize, ...spreadLines('rules', { x, y, by, lower, upper }, { point: { filled: true, size: 45 } }) },
  );
}

export const splittingCharts: readonly ResultChart[] = [
  {
    name: 'accuracy',
    title: 'Test accuracy',
    description:
      'Mean and standard deviation of the test accuracy against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'points',
    specification: byData(
      quantity('accuracy', 'accuracy', { format: '.1%' }, { zero: false }),
      'accuracyLower',
      'accuracyUpper',
    ),
  },
  {
    name: 'cost',
    title: 'Counted cost, the smallest network without splitting being 1',
    description:
      'Mean and standard deviation of the counted cost of training against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'points',
    specification: byData(quantity('relative', 'relative cost'), 'relativeLower', 'relativeUpper'),
  },
  {
    name: 'seconds',
    title: 'Time of training, that of the smallest network without splitting being 1',
    description:
      'Mean and standard deviation of the seconds that training took on the machine of this run, against the final number of hidden units, with and without splitting, a panel for each data set.',
    table: 'seconds',
    specification: byData(quantity('relative', 'relative time'), 'relativeLower', 'relativeUpper'),
  },
];
