/** Tables and charts of the experiment on the inverse temperature. */

import { bars, category, layers, lines, logarithmic, points, quantity, series, solidPoints } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import { publishedAccuracy, rounding } from './findings.ts';
import type { MeasuredBeta } from './measures.ts';

export const accuracyChart: ResultChart = {
  name: 'accuracy',
  title: 'Accuracy on test digits: found (points) and published (bars, the width of their rounding)',
  description:
    'A row for each training: accuracy on test digits as a point, beside the published one, where there is one, as a bar.',
  table: 'accuracy',
  specification: {
    height: 220,
    ...layers({ y: category('training', null) }, [
      bars(
        {
          x: quantity('published', 'accuracy', { format: '.0%' }, { zero: false }),
          x2: { field: 'publishedBelow' },
        },
        { opacity: 0.35, size: 18 },
      ),
      points({ x: { field: 'accuracy', type: 'quantitative' } }, { ...solidPoints, size: 70 }),
    ]),
  },
};

const by = series('training', null, { orient: 'bottom', columns: 3 });

const x = quantity('epoch', 'epoch', { tickMinStep: 1 });

const plain = { point: false };

export const historyChart: ResultChart = {
  name: 'history',
  title: 'Accuracy on validation digits through the training',
  description: 'Accuracy on validation digits against the epoch, a line for each training.',
  table: 'history',
  specification: lines(
    {
      x,
      y: quantity('validationAccuracy', 'accuracy on validation digits', { format: '.0%' }, { zero: false }),
      by,
    },
    plain,
  ),
};

export const betaChart: ResultChart = {
  name: 'beta',
  title: 'beta through the training',
  description: 'beta against the epoch on a logarithmic axis, a line for each training.',
  table: 'history',
  specification: lines({ x, y: logarithmic('beta', 'beta', { tickCount: 6 }), by }, plain),
};

const trainingColumn = {
  name: 'training',
  title: 'inverse temperature',
  value: ({ name }: Pick<MeasuredBeta, 'name'>) => name,
};

export function accuracyTable(rows: readonly MeasuredBeta[]): ResultTable {
  const expected = ({ choice }: MeasuredBeta) => publishedAccuracy(choice);
  const below = (share: number | undefined) => (share === undefined ? null : share + rounding);
  return table({
    name: 'accuracy',
    title: 'Classification accuracy',
    columns: [
      trainingColumn,
      { name: 'accuracy', title: 'accuracy on test digits', format: '.2%' },
      { name: 'published', title: 'published, rounded down', format: '.0%', value: (row) => expected(row) ?? null },
      { name: 'publishedBelow', title: 'published, less than', format: '.0%', value: (row) => below(expected(row)) },
      {
        name: 'validationAccuracy',
        title: 'on validation digits',
        format: '.2%',
        value: ({ kept }) => kept.validationAccuracy,
      },
      { name: 'beta', title: 'beta in the end', format: '.4~g' },
      { name: 'betaScale', title: 'sigma', format: '.3~g' },
      { name: 'epochs', title: 'epochs', format: 'd', value: ({ history }) => history.length },
      { name: 'kept', title: 'model of epoch', format: 'd', value: ({ kept }) => kept.epoch },
    ],
    rows,
  });
}

export function historyTable(rows: readonly MeasuredBeta[]): ResultTable {
  return table({
    name: 'history',
    title: 'Training, epoch by epoch',
    isRaw: true,
    columns: [
      trainingColumn,
      { name: 'epoch', title: 'epoch', format: 'd' },
      { name: 'beta', title: 'beta', format: '.4~g' },
      { name: 'loss', title: 'loss', format: '.2f' },
      { name: 'validationLoss', title: 'loss on validation digits', format: '.2f' },
      { name: 'validationAccuracy', title: 'accuracy on validation digits', format: '.2%' },
    ],
    rows: rows.flatMap(({ name, history }) => history.map((record) => ({ name, ...record }))),
  });
}

export function timesTable(rows: readonly MeasuredBeta[]): ResultTable {
  return table({
    name: 'times',
    title: 'Time of the trainings, where they were done',
    isMeasured: true,
    columns: [
      trainingColumn,
      { name: 'seconds', title: 'seconds', format: '.3~g' },
      {
        name: 'secondsPerEpoch',
        title: 'seconds an epoch',
        format: '.3~g',
        value: ({ seconds, history }) => seconds / history.length,
      },
    ],
    rows,
  });
}
