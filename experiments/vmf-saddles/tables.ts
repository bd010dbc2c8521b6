/** Tables, charts and findings of the experiment on saddle points. */
import type { ExperimentResult, Finding, ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { pixelsOf } from '../shared/sphere/memoryPictures.ts';
import type { SaddlesMeasured } from './experiment.ts';
import { vmfSaddlesFindings } from './findings.ts';
import type { VmfSaddlesSettings } from './settings.ts';

export function vmfSaddlesResult(measured: SaddlesMeasured, settings: VmfSaddlesSettings): ExperimentResult {
  const findings: Finding[] = vmfSaddlesFindings(measured, settings);
  return {
    findings,
    tables: [
      fixedPointsTable(measured, settings),
      orderParametersTable(measured, settings),
      descentTable(measured),
      partingTable(measured),
      profileTable(measured),
      fallTable(measured),
      betasTable(measured),
      studentsTable(measured),
    ],
    charts: [orderParametersChart, profileChart, fallChart, betasChart, studentsChart],
    pictures: pictures(measured, settings),
  };
}

const number = (name: string, title: string, format = '.3~g') => ({ name, title, format });

function fixedPointsTable({ fixedPoints }: SaddlesMeasured, { hiddenUnits, copies }: VmfSaddlesSettings): ResultTable {
  return {
    name: 'fixed-points',
    title: `Fixed points of ${hiddenUnits} units, and their duplicates of ${hiddenUnits + copies} in the same equations`,
    columns: [
      { name: 'case', title: 'equations' },
      number('v', 'v'),
      number('rho', 'rho'),
      number('effective', 'effective beta', '.4~g'),
      number('iterations', 'applications', 'd'),
      number('residual', 'residual', '.1e'),
      number('duplicate', 'residual of the duplicate', '.1e'),
      number('loss', 'loss', '.9~g'),
      number('change', 'loss of the duplicate less that', '.1e'),
    ],
    rows: fixedPoints.map(({ what, v, rho, model, iterations, residual, duplicateResidual, loss, duplicateLoss }) => [
      what,
      v ?? 'infinite',
      rho ?? 'infinite',
      model.beta * model.betaScale,
      iterations,
      residual,
      duplicateResidual,
      loss,
      duplicateLoss - loss,
    ]),
  };
}

const [fixedPanel, duplicatePanel] = ['fixed point', 'duplicate'];

/** Figure 2 as numbers: of the random teacher, in the coordinates of its memories. */
function orderParametersTable({ fixedPoints }: SaddlesMeasured, settings: VmfSaddlesSettings): ResultTable {
  const { hiddenUnits, copies, teacherUnits } = settings;
  const random = fixedPoints[2] as SaddlesMeasured['fixedPoints'][number];
  const { dimension } = random.model;
  const rowsOf = (panel: string, unit: number, from: number) =>
    Array.from({ length: teacherUnits }, (_, at) => [
      panel,
      unit + 1,
      at + 1,
      random.orderParameters[from * dimension + at] as number,
      panel === duplicatePanel && (from !== unit || from < copies) ? 'repeated' : 'once',
    ]);
  const units = Array.from({ length: hiddenUnits }, (_, unit) => unit);
  return {
    name: 'order-parameters',
    title: 'Order parameters of the random teacher: the fixed point, and its duplicate',
    isRaw: true,
    columns: [
      { name: 'panel', title: 'which' },
      number('unit', 'unit', 'd'),
      number('coordinate', 'memory of the teacher', 'd'),
      number('value', 'order parameter', '.4g'),
      { name: 'repeated', title: 'in the duplicate' },
    ],
    rows: [
      ...units.flatMap((unit) => rowsOf(fixedPanel, unit, unit)),
      ...units.flatMap((unit) => rowsOf(duplicatePanel, unit, unit)),
      ...units.slice(0, copies).flatMap((unit) => rowsOf(duplicatePanel, hiddenUnits + unit, unit)),
    ],
  };
}

const orderParametersChart: ResultChart = {
  name: 'order-parameters',
  title: 'Order parameters of a fixed point, and of its duplicate',
  description:
    'As figure 2: a square for each unit (down) and memory of the teacher (across). The last rows of the duplicate repeat its first.',
  table: 'order-parameters',
  specification: {
    facet: { column: { field: 'panel', type: 'nominal', sort: [fixedPanel, duplicatePanel], header: { title: null } } },
    spec: {
      mark: 'rect',
      encoding: {
        x: { field: 'coordinate', type: 'ordinal', axis: { title: 'memory of the teacher', labelOverlap: true } },
        y: { field: 'unit', type: 'ordinal', axis: { title: 'unit' } },
        color: { field: 'value', type: 'quantitative', legend: { title: 'order parameter' } },
      },
    },
  },
};

function descentTable({ descent }: SaddlesMeasured): ResultTable {
  return {
    name: 'stationarity',
    title: 'How far gradient descent leaves each memory from the conditions of eq. 6',
    columns: [
      number('unit', 'memory', 'd'),
      number('memory', '|w - wbar / |wbar||', '.1e'),
      number('weights', 'greatest |p - pbar / zeta|', '.1e'),
    ],
    rows: descent.memoryResiduals.map((residual, unit) => [
      unit + 1,
      residual,
      descent.weightResiduals[unit] as number,
    ]),
  };
}

function partingTable({ landscape }: SaddlesMeasured): ResultTable {
  return {
    name: 'parting',
    title: 'Second derivative of the loss where copies part, and where the memory moves alone along the same direction',
    columns: [
      number('unit', 'memory', 'd'),
      number('split', 'beta from where copies part'),
      number('eigenvalue', 'eigenvalue of the splitting matrix', '.5~g'),
      number('apart', 'copies part, measured', '.5~g'),
      number('alone', 'memory alone, measured', '.5~g'),
    ],
    rows: landscape.partings.map(({ betaSplit, eigenvalue, apart, alone }, unit) => [
      unit + 1,
      Number.isFinite(betaSplit) ? betaSplit : null,
      eigenvalue,
      apart.curvature,
      alone.curvature,
    ]),
  };
}

const profileKinds = { apart: 'copies part', alone: 'one memory moves' } as const;

function profileTable({ landscape }: SaddlesMeasured): ResultTable {
  return {
    name: 'profile',
    title: 'The loss about the fixed point, along the most unstable direction',
    isRaw: true,
    columns: [
      { name: 'what', title: 'what moves' },
      number('t', 'how far'),
      number('change', 'loss less that of the fixed point', '.4g'),
    ],
    rows: (['apart', 'alone'] as const).flatMap((kind) =>
      landscape.profile.map((point) => [profileKinds[kind], point.t, point[kind]]),
    ),
  };
}

const profileChart: ResultChart = {
  name: 'profile',
  title: 'The loss as copies part',
  description:
    'The change of the loss against the distance along the most unstable direction: of the memory moved alone, and of its two copies moved apart.',
  table: 'profile',
  specification: {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 't', type: 'quantitative', title: 'distance along the direction' },
      y: { field: 'change', type: 'quantitative', title: 'change of the loss' },
      color: { field: 'what', type: 'nominal', title: null },
      strokeDash: { field: 'what', type: 'nominal', title: null },
    },
  },
};

function fallTable({ fromDuplicate }: SaddlesMeasured): ResultTable {
  const row = (what: string, pick: (point: SaddlesMeasured['fromDuplicate'][number]) => number) =>
    fromDuplicate.map((point) => [what, point.iteration, pick(point)]);
  return {
    name: 'from-duplicate',
    title: 'The loss from the duplicate on',
    isRaw: true,
    columns: [
      { name: 'start', title: 'start' },
      number('iteration', 'applications', 'd'),
      number('loss', 'loss', '.9~g'),
    ],
    rows: [...row('the duplicate', ({ kept }) => kept), ...row('copies parted by 0.01', ({ parted }) => parted)],
  };
}

const fallChart: ResultChart = {
  name: 'from-duplicate',
  title: 'Descent from the duplicate',
  description:
    'The loss against applications of the equations: from the duplicate as it is, and after its copies are parted a little.',
  table: 'from-duplicate',
  specification: {
    mark: 'line',
    encoding: {
      x: { field: 'iteration', type: 'quantitative', title: 'applications of the equations' },
      y: { field: 'loss', type: 'quantitative', scale: { zero: false }, title: 'loss' },
      color: { field: 'start', type: 'nominal', title: 'from' },
      strokeDash: { field: 'start', type: 'nominal', title: 'from' },
    },
  },
};

function betasTable({ betas }: SaddlesMeasured): ResultTable {
  const split = (values: readonly number[], pick: (...values: number[]) => number) => {
    const value = pick(...values);
    return Number.isFinite(value) ? value : null;
  };
  return {
    name: 'betas',
    title: 'Memories whose duplicate is a saddle, at fixed points found at each beta',
    columns: [
      number('beta', 'beta'),
      number('residual', 'residual', '.1e'),
      number('unstable', 'unstable', '.0%'),
      number('least', 'least beta from where copies part'),
      number('greatest', 'greatest'),
    ],
    rows: betas.map(({ beta, residual, unstable, betaSplit }) => [
      beta,
      residual,
      unstable,
      split(betaSplit, Math.min),
      split(betaSplit, Math.max),
    ]),
  };
}

const betasChart: ResultChart = {
  name: 'betas',
  title: 'When a duplicate is a saddle',
  description: 'The share of memories whose copies part, against beta; a fixed point was found for each beta.',
  table: 'betas',
  specification: {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'beta', type: 'quantitative', scale: { type: 'log' }, title: 'beta' },
      y: { field: 'unstable', type: 'quantitative', axis: { format: '%' }, title: 'memories that are unstable' },
    },
  },
};

function studentsTable({ students }: SaddlesMeasured): ResultTable {
  return {
    name: 'students',
    title: 'Overlaps with a teacher: of eq. 10, and of the same equations on data drawn from the teacher',
    columns: [
      number('dimension', 'N', 'd'),
      number('rows', 'data', 'd'),
      number('sampled', 'mean overlap on data', '.4f'),
      number('limit', 'of eq. 10', '.4f'),
      number('overlapError', 'greatest difference of any overlap', '.2~g'),
      number('weightError', 'greatest difference of class weights, times P', '.2~g'),
    ],
    rows: students.map(({ dimension, rows, sampled, limit, overlapError, weightError }) => [
      dimension,
      rows,
      sampled,
      limit,
      overlapError,
      weightError,
    ]),
  };
}

const studentsChart: ResultChart = {
  name: 'students',
  title: 'Eq. 10 beside the same equations on sampled data',
  description:
    'The greatest difference between the overlaps of eq. 10 and those of the same equations on sampled data, against the dimension.',
  table: 'students',
  specification: {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'dimension', type: 'quantitative', scale: { type: 'log' }, title: 'N' },
      y: {
        field: 'overlapError',
        type: 'quantitative',
        scale: { type: 'log' },
        title: 'greatest difference of any overlap',
      },
    },
  },
};

/** Figure 2 on images, where order parameters are pictures. */
function pictures({ fixedPoints }: SaddlesMeasured, { hiddenUnits, copies }: VmfSaddlesSettings): ResultPictures[] {
  const [{ orderParameters, model }] = fixedPoints as [SaddlesMeasured['fixedPoints'][number]];
  const side = Math.sqrt(model.dimension);
  if (!Number.isInteger(side)) return [];
  const values = Float64Array.from(orderParameters);
  const image = (unit: number, caption: string) => ({ pixels: pixelsOf(values, unit, model.dimension), caption });
  const units = Array.from({ length: hiddenUnits }, (_, unit) => unit);
  const repeated = units.slice(0, copies);
  const shape = { width: side, height: side, columns: 5 };
  return [
    {
      name: 'fixed-point',
      title: `Order parameters of the fixed point on images, P = ${hiddenUnits}`,
      description: 'As the left of figure 2.',
      ...shape,
      images: units.map((unit) => image(unit, `${unit + 1}`)),
    },
    {
      name: 'duplicate',
      title: `Order parameters of its duplicate, P + R = ${hiddenUnits + copies}`,
      description: 'As the right of figure 2: those at the end repeat the first ones, as their captions say.',
      ...shape,
      images: [
        ...units.map((unit) => image(unit, `${unit + 1}`)),
        ...repeated.map((unit) => image(unit, `${hiddenUnits + unit + 1} = ${unit + 1}`)),
      ],
    },
  ];
}
