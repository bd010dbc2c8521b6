import type { Cell, ResultChart, ResultTable } from '../core/experiment.ts';
import type { ProjectedTree } from './experiment.ts';
import { type EpochShape, originsOf } from './shape.ts';

export const treeName = ({ splits }: { readonly splits: boolean }) => (splits ? 'with splitting' : 'without splitting');

/** What the class of a memory shows: images are labelled from 0, classes counted from 1. */
export const className = (label: number) => (label === 0 ? 'none' : `${label - 1}`);

export function treeTables(trees: readonly ProjectedTree[]): ResultTable[] {
  return [epochsTable(trees), pointsTable(trees)];
}

function epochsTable(trees: readonly ProjectedTree[]): ResultTable {
  return {
    name: 'epochs',
    title: 'The memories at the end of every epoch',
    isRaw: true,
    columns: [
      { name: 'method', title: 'method' },
      { name: 'epoch', title: 'epoch' },
      { name: 'hiddenUnits', title: 'memories' },
      { name: 'beta', title: 'beta', format: '.1f' },
      { name: 'accuracy', title: 'validation accuracy', format: '.1%' },
      { name: 'meanOverlap', title: 'mean overlap of two memories', format: '.3f' },
      { name: 'branches', title: 'branches' },
      { name: 'inTrunk', title: 'in the trunk' },
      { name: 'classes', title: 'classes of the memories' },
    ],
    rows: trees.flatMap((tree) =>
      tree.epochs.map((epoch, at) => {
        const { meanOverlap, branches, inTrunk, classes } = tree.shapes[at] as EpochShape;
        const { hiddenUnits, beta, accuracy } = epoch;
        const names = classes.map(className).join(', ');
        return [treeName(tree), at + 1, hiddenUnits, beta, accuracy, meanOverlap, branches, inTrunk, names];
      }),
    ),
  };
}

/** A point for every memory and epoch, and where it was an epoch before: at first, the point itself. */
function pointsTable(trees: readonly ProjectedTree[]): ResultTable {
  return {
    name: 'tree',
    title: 'Memories on the plane',
    isRaw: true,
    columns: [
      { name: 'method', title: 'method' },
      { name: 'epoch', title: 'epoch' },
      { name: 'memory', title: 'memory' },
      { name: 'digit', title: 'class' },
      { name: 'x', title: 'x', format: '.2f' },
      { name: 'y', title: 'y', format: '.2f' },
      { name: 'fromX', title: 'x an epoch before', format: '.2f' },
      { name: 'fromY', title: 'y an epoch before', format: '.2f' },
    ],
    rows: trees.flatMap(treeRows),
  };
}

function treeRows(tree: ProjectedTree): Cell[][] {
  const { epochs, points, dimension } = tree;
  const rows: Cell[][] = [];
  let [first, firstBefore] = [0, 0];
  for (const [at, epoch] of epochs.entries()) {
    const before = epochs[at - 1];
    const origins = before && originsOf(epoch, before, dimension);
    for (const [unit, label] of epoch.classes.entries()) {
      const point = points[first + unit] as readonly [number, number];
      const from = origins ? (points[firstBefore + (origins[unit] as number)] as typeof point) : point;
      rows.push([treeName(tree), at + 1, unit + 1, className(label), ...point, ...from]);
    }
    [firstBefore, first] = [first, first + epoch.hiddenUnits];
  }
  return rows;
}

const panelSize = { width: 320, height: 360 };
const order = [treeName({ splits: false }), treeName({ splits: true })];
/** Ten classes and none; twelve colours that can be told apart. */
const classNames = Array.from({ length: 11 }, (_, at) => className((at + 1) % 11));
const color = {
  field: 'digit',
  type: 'nominal',
  scale: { domain: classNames, scheme: 'paired' },
  legend: { title: 'class', orient: 'right', symbolOpacity: 1 },
};
const hidden = { axis: { title: null, labels: false, ticks: false }, scale: { zero: false } };
const method = { field: 'method', type: 'nominal', sort: order, legend: { title: null, orient: 'bottom' } };

function byEpoch(field: string, title: string): object {
  return {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1 } },
      y: { field, type: 'quantitative', axis: { title } },
      color: method,
      strokeDash: method,
    },
  };
}

export const treeCharts: readonly ResultChart[] = [
  {
    name: 'tree',
    title: 'Overlaps of the memories with digits while they learn, on a plane',
    description:
      'A point for every memory and epoch, joined to where the memory was before, coloured by its class; without splitting on the left, with it on the right.',
    table: 'tree',
    specification: {
      facet: { column: { field: 'method', type: 'nominal', sort: order, header: { title: null } } },
      spec: {
        ...panelSize,
        encoding: {
          x: { field: 'x', type: 'quantitative', ...hidden },
          y: { field: 'y', type: 'quantitative', ...hidden },
          color,
        },
        // Thousands of marks: what each says of itself would be most of the drawing.
        layer: [
          {
            mark: { type: 'rule', opacity: 0.35, strokeWidth: 0.8, aria: false },
            encoding: { x2: { field: 'fromX' }, y2: { field: 'fromY' } },
          },
          {
            mark: { type: 'point', filled: true, opacity: 0.8, aria: false },
            encoding: {
              size: { field: 'epoch', type: 'quantitative', scale: { range: [4, 30] }, legend: { title: 'epoch' } },
            },
          },
        ],
      },
    },
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
