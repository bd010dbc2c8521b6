import type { ResultChart } from '../core/experiment.ts';

const training = { field: 'training', type: 'nominal', sort: null } as const;

export const accuracyChart: ResultChart = {
  name: 'accuracy',
  title: 'Accuracy on test digits: found (points) and published (bars, the width of their rounding)',
  description:
    'A row for each training: accuracy on test digits as a point, beside the published one, where there is one, as a bar.',
  table: 'accuracy',
  specification: {
    height: 220,
    encoding: { y: { ...training, axis: { title: null } } },
    layer: [
      {
        mark: { type: 'bar', opacity: 0.35, size: 18 },
        encoding: {
          x: {
            field: 'published',
            type: 'quantitative',
            scale: { zero: false },
            axis: { title: 'accuracy', format: '.0%' },
          },
          x2: { field: 'publishedBelow' },
        },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 70 },
        encoding: { x: { field: 'accuracy', type: 'quantitative' } },
      },
    ],
  },
};

const color = { ...training, legend: { title: null, orient: 'bottom', columns: 3 } };
const epoch = { field: 'epoch', type: 'quantitative', axis: { title: 'epoch', tickMinStep: 1 } };

export const historyChart: ResultChart = {
  name: 'history',
  title: 'Accuracy on validation digits through the training',
  description: 'Accuracy on validation digits against the epoch, a line for each training.',
  table: 'history',
  specification: {
    mark: 'line',
    encoding: {
      x: epoch,
      y: {
        field: 'validationAccuracy',
        type: 'quantitative',
        scale: { zero: false },
        axis: { title: 'accuracy on validation digits', format: '.0%' },
      },
      color,
      strokeDash: color,
    },
  },
};

export const betaChart: ResultChart = {
  name: 'beta',
  title: 'beta through the training',
  description: 'beta against the epoch on a logarithmic axis, a line for each training.',
  table: 'history',
  specification: {
    mark: 'line',
    encoding: {
      x: epoch,
      y: { field: 'beta', type: 'quantitative', scale: { type: 'log' }, axis: { title: 'beta', tickCount: 6 } },
      color,
      strokeDash: color,
    },
  },
};
