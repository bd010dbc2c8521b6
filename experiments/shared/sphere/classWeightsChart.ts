/**
 * The soft labels of memories: class weights of a unit over the unit's share (Thériault and Tantari 2025, figures 4, 5,
 * 8 to 11).
 */
import { sum } from 'd3-array';
import type { ClassWeights } from 'denseam';
import { category, heatMap, shades } from '../../core/charts.ts';
import type { ResultChart, ResultTable } from '../../core/experiment.ts';
import { table } from '../../core/table.ts';
import { letterName } from './memoryPictures.ts';

/**
 * p^mu / p_h(mu) of the memory of this index: the probability of each class, "none" first, given its unit. p_h is the
 * sum of the unit's weights, so that every soft label sums to 1; training keeps it at the unit's share to about a
 * thousandth.
 */
export function rescaledClassWeights({ columns, data }: ClassWeights, index: number): number[] {
  // Row 0 is the background's.
  const weights = Array.from(data.subarray((index + 1) * columns, (index + 2) * columns));
  const share = sum(weights);
  return weights.map((weight) => weight / share);
}

/** The shown memories, and the names of their classes. */
export interface ShownWeights {
  /** Name of the table, and of the chart that draws it. */
  readonly name: string;
  readonly title: string;
  readonly classWeights: ClassWeights;
  /** Indices of the memories, from 0, in the order of their pictures. */
  readonly indices: ArrayLike<number>;
  /** Names of classes 1 to C. */
  readonly classNames: readonly string[];
}

/** A row for each memory and class; {@link letterName} names memories here and in their pictures. */
export function classWeightsTable({ name, title, classWeights, indices, classNames }: ShownWeights): ResultTable {
  const classes = ['none', ...classNames];
  return table({
    name,
    title,
    isRaw: true,
    columns: [
      { name: 'unit', title: 'memory' },
      { name: 'index', title: 'index', format: 'd' },
      { name: 'class', title: 'class' },
      { name: 'weight', title: 'class weight / unit share', format: '.3f' },
    ],
    rows: Array.from(indices).flatMap((index, position) =>
      rescaledClassWeights(classWeights, index).map((weight, y) => ({
        unit: letterName(position),
        index,
        class: classes[y] as string,
        weight,
      })),
    ),
  });
}

/** A heat map, memories from left to right, classes from top to bottom. */
export function classWeightsChart({ name, title }: Pick<ShownWeights, 'name' | 'title'>): ResultChart {
  return {
    name,
    title,
    description:
      'A square for each memory (across) and class (down), coloured by the probability of the class given the memory.',
    table: name,
    specification: heatMap({
      x: category('unit', 'memory', { labelAngle: 0 }),
      y: category('class', 'class'),
      color: shades('weight', 'p / p_h', { domain: [0, 1] }),
    }),
  };
}
