/** Tables, charts and findings of the experiment on saddle points. */
import { max, min } from 'd3-array';
import { category, heatMap, lines, logarithmic, panel, panels, quantity, series, shades } from '../core/charts.ts';
import type { ExperimentResult, Finding, ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { type Column, table } from '../core/table.ts';
import { pixelsOf } from '../shared/sphere/memoryPictures.ts';
import type { SaddlesMeasured } from './experiment.ts';
import { vmfSaddlesFindings } from './findings.ts';
import type { DescentPoint } from './measures.ts';
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

function fixedPointsTable({ fixedPoints }: SaddlesMeasured, { hiddenUnits, copies }: VmfSaddlesSettings): ResultTable {
  return table({
    name: 'fixed-points',
    title: `Fixed points of ${hiddenUnits} units, and their duplicates of ${hiddenUnits + copies} in the same equations`,
    columns: [
      { name: 'case', title: 'equations', value: ({ what }) => what },
      { name: 'v', title: 'v', format: '.3~g', value: ({ v }) => v ?? 'infinite' },
      { name: 'rho', title: 'rho', format: '.3~g', value: ({ rho }) => rho ?? 'infinite' },
      {
        name: 'effective',
        title: 'effective beta',
        format: '.4~g',
        value: ({ model }) => model.beta * model.betaScale,
      },
      { name: 'iterations', title: 'applications', format: 'd' },
      { name: 'residual', title: 'residual', format: '.1e' },
      {
        name: 'duplicate',
        title: 'residual of the duplicate',
        format: '.1e',
        value: ({ duplicateResidual }) => duplicateResidual,
      },
      { name: 'loss', title: 'loss', format: '.9~g' },
      {
        name: 'change',
        title: 'loss of the duplicate less that',
        format: '.1e',
        value: ({ loss, duplicateLoss }) => duplicateLoss - loss,
      },
    ],
    rows: fixedPoints,
  });
}

const panelNames = ['fixed point', 'duplicate'] as const;
const [fixedPanel, duplicatePanel] = panelNames;

/** Figure 2 as numbers: of the random teacher, in the coordinates of its memories. */
function orderParametersTable({ fixedPoints }: SaddlesMeasured, settings: VmfSaddlesSettings): ResultTable {
  const { hiddenUnits, copies, teacherUnits } = settings;
  const random = fixedPoints[2] as SaddlesMeasured['fixedPoints'][number];
  const { dimension } = random.model;
  const rowsOf = (panel: string, unit: number, from: number) =>
    Array.from({ length: teacherUnits }, (_, at) => ({
      panel,
      unit: unit + 1,
      coordinate: at + 1,
      value: random.orderParameters[from * dimension + at] as number,
      repeated: panel === duplicatePanel && (from !== unit || from < copies) ? 'repeated' : 'once',
    }));
  const units = Array.from({ length: hiddenUnits }, (_, unit) => unit);
  return table({
    name: 'order-parameters',
    title: 'Order parameters of the random teacher: the fixed point, and its duplicate',
    isRaw: true,
    columns: [
      { name: 'panel', title: 'which' },
      { name: 'unit', title: 'unit', format: 'd' },
      { name: 'coordinate', title: 'memory of the teacher', format: 'd' },
      { name: 'value', title: 'order parameter', format: '.4g' },
      { name: 'repeated', title: 'in the duplicate' },
    ],
    rows: [
      ...units.flatMap((unit) => rowsOf(fixedPanel, unit, unit)),
      ...units.flatMap((unit) => rowsOf(duplicatePanel, unit, unit)),
      ...units.slice(0, copies).flatMap((unit) => rowsOf(duplicatePanel, hiddenUnits + unit, unit)),
    ],
  });
}

const orderParametersChart: ResultChart = {
  name: 'order-parameters',
  title: 'Order parameters of a fixed point, and of its duplicate',
  description:
    'As figure 2: a square for each unit (down) and memory of the teacher (across). The last rows of the duplicate repeat its first.',
  table: 'order-parameters',
  specification: panels(
    { column: panel('panel', null, panelNames) },
    heatMap({
      x: category('coordinate', 'memory of the teacher', { labelOverlap: true }),
      y: category('unit', 'unit'),
      color: shades('value', 'order parameter'),
    }),
  ),
};

function descentTable({ descent }: SaddlesMeasured): ResultTable {
  return table({
    name: 'stationarity',
    title: 'How far gradient descent leaves each memory from the conditions of eq. 6',
    columns: [
      unitColumn,
      { name: 'memory', title: '|w - wbar / |wbar||', format: '.1e', value: (residual) => residual },
      {
        name: 'weights',
        title: 'greatest |p - pbar / zeta|',
        format: '.1e',
        value: (_, unit) => descent.weightResiduals[unit] as number,
      },
    ],
    rows: descent.memoryResiduals,
  });
}

/** Memories are counted from 1. */
const unitColumn: Column<unknown> = { name: 'unit', title: 'memory', format: 'd', value: (_, unit) => unit + 1 };

function partingTable({ landscape }: SaddlesMeasured): ResultTable {
  return table({
    name: 'parting',
    title: 'Second derivative of the loss where copies part, and where the memory moves alone along the same direction',
    columns: [
      unitColumn,
      {
        name: 'split',
        title: 'beta from where copies part',
        format: '.3~g',
        value: ({ betaSplit }) => finite(betaSplit),
      },
      { name: 'eigenvalue', title: 'eigenvalue of the splitting matrix', format: '.5~g' },
      { name: 'apart', title: 'copies part, measured', format: '.5~g', value: ({ apart }) => apart.curvature },
      { name: 'alone', title: 'memory alone, measured', format: '.5~g', value: ({ alone }) => alone.curvature },
    ],
    rows: landscape.partings,
  });
}

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);

const profileKinds = { apart: 'copies part', alone: 'one memory moves' } as const;

function profileTable({ landscape }: SaddlesMeasured): ResultTable {
  return table({
    name: 'profile',
    title: 'The loss about the fixed point, along the most unstable direction',
    isRaw: true,
    columns: [
      { name: 'what', title: 'what moves', value: ({ kind }) => profileKinds[kind] },
      { name: 't', title: 'how far', format: '.3~g' },
      {
        name: 'change',
        title: 'loss less that of the fixed point',
        format: '.4g',
        value: ({ kind, ...point }) => point[kind],
      },
    ],
    rows: (['apart', 'alone'] as const).flatMap((kind) => landscape.profile.map((point) => ({ kind, ...point }))),
  });
}

const profileChart: ResultChart = {
  name: 'profile',
  title: 'The loss as copies part',
  description:
    'The change of the loss against the distance along the most unstable direction: of the memory moved alone, and of its two copies moved apart.',
  table: 'profile',
  specification: lines({
    x: quantity('t', 'distance along the direction'),
    y: quantity('change', 'change of the loss'),
    by: series('what', null),
  }),
};

function fallTable({ fromDuplicate }: SaddlesMeasured): ResultTable {
  const rows = (start: string, pick: (point: DescentPoint) => number) =>
    fromDuplicate.map((point) => ({ start, iteration: point.iteration, loss: pick(point) }));
  return table({
    name: 'from-duplicate',
    title: 'The loss from the duplicate on',
    isRaw: true,
    columns: [
      { name: 'start', title: 'start' },
      { name: 'iteration', title: 'applications', format: 'd' },
      { name: 'loss', title: 'loss', format: '.9~g' },
    ],
    rows: [...rows('the duplicate', ({ kept }) => kept), ...rows('copies parted by 0.01', ({ parted }) => parted)],
  });
}

const fallChart: ResultChart = {
  name: 'from-duplicate',
  title: 'Descent from the duplicate',
  description:
    'The loss against applications of the equations: from the duplicate as it is, and after its copies are parted a little.',
  table: 'from-duplicate',
  specification: lines(
    {
      x: quantity('iteration', 'applications of the equations'),
      y: quantity('loss', 'loss', {}, { zero: false }),
      by: series('start', 'from'),
    },
    { point: false },
  ),
};

function betasTable({ betas }: SaddlesMeasured): ResultTable {
  return table({
    name: 'betas',
    title: 'Memories whose duplicate is a saddle, at fixed points found at each beta',
    columns: [
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'residual', title: 'residual', format: '.1e' },
      { name: 'unstable', title: 'unstable', format: '.0%' },
      {
        name: 'least',
        title: 'least beta from where copies part',
        format: '.3~g',
        value: ({ betaSplit }) => finite(min(betaSplit)),
      },
      {
        name: 'greatest',
        title: 'greatest',
        format: '.3~g',
        value: ({ betaSplit }) => finite(max(betaSplit)),
      },
    ],
    rows: betas,
  });
}

const betasChart: ResultChart = {
  name: 'betas',
  title: 'When a duplicate is a saddle',
  description: 'The share of memories whose copies part, against beta; a fixed point was found for each beta.',
  table: 'betas',
  specification: lines({
    x: logarithmic('beta', 'beta'),
    y: quantity('unstable', 'memories that are unstable', { format: '%' }),
  }),
};

function studentsTable({ students }: SaddlesMeasured): ResultTable {
  return table({
    name: 'students',
    title: 'Overlaps with a teacher: of eq. 10, and of the same equations on data drawn from the teacher',
    columns: [
      { name: 'dimension', title: 'N', format: 'd' },
      { name: 'rows', title: 'data', format: 'd' },
      { name: 'sampled', title: 'mean overlap on data', format: '.4f' },
      { name: 'limit', title: 'of eq. 10', format: '.4f' },
      { name: 'overlapError', title: 'greatest difference of any overlap', format: '.2~g' },
      { name: 'weightError', title: 'greatest difference of class weights, times P', format: '.2~g' },
    ],
    rows: students,
  });
}

const studentsChart: ResultChart = {
  name: 'students',
  title: 'Eq. 10 beside the same equations on sampled data',
  description:
    'The greatest difference between the overlaps of eq. 10 and those of the same equations on sampled data, against the dimension.',
  table: 'students',
  specification: lines({
    x: logarithmic('dimension', 'N'),
    y: logarithmic('overlapError', 'greatest difference of any overlap'),
  }),
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
