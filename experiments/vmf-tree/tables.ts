import { layers, lines, panel, panels, points, quantity, rules, series } from '../core/charts.ts';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import type { ProjectedTree } from './measures.ts';
import { type EpochShape, originsOf } from './shape.ts';

export const treeName = ({ splits }: { readonly splits: boolean }) => (splits ? 'with splitting' : 'without splitting');

/** Label of a memory's class: images are labelled from 0, classes counted from 1. */
export const className = (label: number) => (label === 0 ? 'none' : `${label - 1}`);

export function treeTables(trees: readonly ProjectedTree[]): ResultTable[] {
  return [epochsTable(trees), pointsTable(trees)];
}

function epochsTable(trees: readonly ProjectedTree[]): ResultTable {
  return table({
    name: 'epochs',
    title: 'The memories at the end of every epoch',
    isRaw: true,
    columns: [
      { name: 'method', title: 'method', value: treeName },
      { name: 'epoch', title: 'epoch' },
      { name: 'hiddenUnits', title: 'memories' },
      { name: 'beta', title: 'beta', format: '.1f' },
      { name: 'accuracy', title: 'validation accuracy', format: '.1%' },
      { name: 'meanOverlap', title: 'mean overlap of two memories', format: '.3f' },
      { name: 'branches', title: 'branches' },
      { name: 'inTrunk', title: 'in the trunk' },
      {
        name: 'classes',
        title: 'classes of the memories',
        value: ({ classes }) => classes.map(className).join(', '),
      },
    ],
    rows: trees.flatMap(({ splits, epochs, shapes }) =>
      epochs.map((record, at) => ({ splits, epoch: at + 1, ...record, ...(shapes[at] as EpochShape) })),
    ),
  });
}

/** A point for every memory and epoch, and where it was an epoch before: at first, the point itself. */
function pointsTable(trees: readonly ProjectedTree[]): ResultTable {
  return table({
    name: 'tree',
    title: 'Memories on the plane',
    isRaw: true,
    columns: [
      { name: 'method', title: 'method' },
      { name: 'epoch', title: 'epoch' },
      { name: 'memory', title: 'memory' },
      { name: 'digit', title: 'class', value: ({ label }) => className(label) },
      { name: 'x', title: 'x', format: '.2f' },
      { name: 'y', title: 'y', format: '.2f' },
      { name: 'fromX', title: 'x an epoch before', format: '.2f' },
      { name: 'fromY', title: 'y an epoch before', format: '.2f' },
    ],
    rows: trees.flatMap(treePoints),
  });
}

interface TreePoint {
  readonly method: string;
  readonly epoch: number;
  readonly memory: number;
  readonly label: number;
  readonly x: number;
  readonly y: number;
  readonly fromX: number;
  readonly fromY: number;
}

function treePoints(tree: ProjectedTree): TreePoint[] {
  const { epochs, points, dimension } = tree;
  const method = treeName(tree);
  const result: TreePoint[] = [];
  let [first, firstBefore] = [0, 0];
  for (const [at, epoch] of epochs.entries()) {
    const before = epochs[at - 1];
    const origins = before && originsOf(epoch, before, dimension);
    for (const [unit, label] of epoch.classes.entries()) {
      const point = points[first + unit] as readonly [number, number];
      const from = origins ? (points[firstBefore + (origins[unit] as number)] as typeof point) : point;
      const [[x, y], [fromX, fromY]] = [point, from];
      result.push({ method, epoch: at + 1, memory: unit + 1, label, x, y, fromX, fromY });
    }
    [firstBefore, first] = [first, first + epoch.hiddenUnits];
  }
  return result;
}

const panelSize = { width: 320, height: 360 };
const methods = [treeName({ splits: false }), treeName({ splits: true })];

/** Ten classes and "none", within the twelve distinguishable colours. */
const classNames = Array.from({ length: 11 }, (_, at) => className((at + 1) % 11));
const color = {
  field: 'digit',
  type: 'nominal',
  scale: { domain: classNames, scheme: 'paired' },
  legend: { title: 'class', orient: 'right', symbolOpacity: 1 },
};
const size = { field: 'epoch', type: 'quantitative', scale: { range: [4, 30] }, legend: { title: 'epoch' } };
const hidden = (field: string) => quantity(field, null, { labels: false, ticks: false }, { zero: false });

const byEpoch = (field: string, title: string) =>
  lines({
    x: quantity('epoch', 'epoch', { tickMinStep: 1 }),
    y: quantity(field, title),
    by: series('method', null, { orient: 'bottom' }),
  });

export const treeCharts: readonly ResultChart[] = [
  {
    name: 'tree',
    title: 'Overlaps of the memories with digits while they learn, on a plane',
    description:
      'A point for every memory and epoch, joined to where the memory was before, coloured by its class; without splitting on the left, with it on the right.',
    table: 'tree',
    specification: panels(
      { column: panel('method', null, methods) },
      {
        ...panelSize,
        // No tooltips or descriptions: for thousands of marks they would be most of the drawing.
        ...layers({ x: hidden('x'), y: hidden('y'), color }, [
          rules({ x2: { field: 'fromX' }, y2: { field: 'fromY' } }, { opacity: 0.35, strokeWidth: 0.8, aria: false }),
          points({ size }, { filled: true, opacity: 0.8, aria: false }),
        ]),
      },
    ),
  },
  {
    name: 'overlap',
    title: 'Mean overlap of two memories',
    description: 'The mean overlap of two different memories after every epoch, without splitting and with it.',
    table: 'epochs',
    specification: byEpoch('meanOverlap', 'mean overlap'),
  },
  {
    name: 'branches',
    title: 'Branches',
    description:
      'How many groups of memories that are alike there are after every epoch, without splitting and with it.',
    table: 'epochs',
    specification: byEpoch('branches', 'branches'),
  },
];
