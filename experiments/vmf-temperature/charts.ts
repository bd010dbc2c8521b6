import { bars, category, layers, lines, logarithmic, points, quantity, series, solidPoints } from '../core/charts.ts';
import type { ResultChart } from '../core/experiment.ts';

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
