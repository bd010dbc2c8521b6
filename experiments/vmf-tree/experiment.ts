/** Memories on their way through a tree of broken symmetries (Thériault and Tantari 2025, section 4.3). */
import { sum } from 'd3-array';
import type { CallOptions, FloatArray, SphereTrainingData } from 'denseam';
import { rangeError } from '../core/check.ts';
import type { Experiment, ExperimentContext } from '../core/experiment.ts';
import { onSphere, readLabelledImages } from '../core/labelledImages.ts';
import { Stages } from '../core/stages.ts';
import { treeFindings } from './findings.ts';
import { growTree, openTree, type Tree } from './growth.ts';
import {
  checkSizes,
  checkVmfTreeSettings,
  defaultVmfTreeSettings,
  quickVmfTreeSettings,
  type VmfTreeSettings,
} from './settings.ts';
import { type EpochShape, overlapMatrix, treeShapes } from './shape.ts';
import { treeCharts, treeTables } from './tables.ts';
import { type PlanePoints, planeVersion, projectOntoPlane } from './umap.ts';

export const vmfTree: Experiment<VmfTreeSettings> = {
  id: 'vmf-tree',
  title: 'The tree that memories follow as they learn',
  summary:
    'The overlaps of memories with digits are followed from epoch to epoch, with and without splitting, and projected onto a plane by UMAP.',
  source: 'Thériault and Tantari 2025, figure 6 and appendix D',
  settings: defaultVmfTreeSettings,
  quick: quickVmfTreeSettings,
  async run(settings, context) {
    checkVmfTreeSettings(settings);
    const trees = await projectedTrees(settings, context);
    return {
      findings: treeFindings(trees, settings.data),
      tables: treeTables(trees),
      charts: treeCharts,
      pictures: [],
    };
  },
};

/** A tree as findings see it, without its points on the plane: those are not the same on every Node. */
export interface MeasuredTree extends Tree {
  readonly splits: boolean;
  readonly shapes: readonly EpochShape[];
  /** The two classes of the most rows, ascending. */
  readonly mostNumerous: readonly [number, number];
}

/** A tree and where its points are on the plane: the memories of the first epoch, then those of the next. */
export interface ProjectedTree extends MeasuredTree {
  readonly points: PlanePoints;
}

/** Expected time of the stages, for the progress only. */
const work = { whole: 2, splitting: 1, projection: 20 };

/** The tree without splitting and the one with it, in the plane of the first. */
async function projectedTrees(settings: VmfTreeSettings, context: ExperimentContext): Promise<ProjectedTree[]> {
  const { parts, signal } = context;
  const stages = new Stages(work.whole + work.splitting + work.projection, context);
  let pending: Promise<SphereTrainingData & { readonly labels: Int32Array }> | undefined;
  const read = () => {
    pending ??= readRows(settings, { signal });
    return pending;
  };
  const grow = async (name: 'whole' | 'splitting') => {
    const kept = await stages.run(`training, ${name}`, work[name], (options) =>
      parts.part(name, async () => {
        const data = await read();
        const tree = await growTree(data, name === 'splitting', settings, options);
        return { ...tree, mostNumerous: mostNumerous(data.labels) };
      }),
    );
    return { ...openTree(kept), mostNumerous: kept.mostNumerous };
  };
  const [whole, splitting] = [await grow('whole'), await grow('splitting')];
  const plane = await stages.run('projection', work.projection, (options) =>
    parts.part(`projection-${planeVersion()}`, async () =>
      project(await read(), [whole, splitting], settings, options),
    ),
  );
  return [
    { ...whole, splits: false, points: plane.rows, shapes: await treeShapes(whole, { signal }) },
    { ...splitting, splits: true, points: plane.others, shapes: await treeShapes(splitting, { signal }) },
  ];
}

async function readRows(settings: VmfTreeSettings, options: CallOptions) {
  const classes = 10;
  const images = await readLabelledImages({ data: settings.data, part: 'train', count: settings.rows }, options);
  const rows = await onSphere(images, classes, options);
  checkSizes(settings, rows.count);
  return rows;
}

function mostNumerous(labels: Int32Array): [number, number] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a).map(([label]) => label);
  if (first === undefined || second === undefined) {
    throw rangeError('settings.rows', 'as many as show two classes', labels.length);
  }
  return first < second ? [first, second] : [second, first];
}

/** Of the vectors of overlaps with the first rows; UMAP is fitted to those without splitting. */
async function project(
  { dimension, values }: SphereTrainingData,
  [whole, splitting]: readonly [Tree, Tree],
  { patterns: count, neighbours, seed }: VmfTreeSettings,
  options: CallOptions,
): Promise<{ rows: PlanePoints; others: PlanePoints }> {
  const patterns = values.subarray(0, count * dimension);
  const overlaps = async ({ epochs }: Tree) => {
    const parts: Float64Array[] = [];
    for (const { memories } of epochs) parts.push(await overlapMatrix(memories, patterns, dimension, options));
    return {
      count: sum(epochs, ({ hiddenUnits }) => hiddenUnits),
      dimension: count,
      values: joined(parts),
    };
  };
  return projectOntoPlane(await overlaps(whole), await overlaps(splitting), { neighbours, seed }, options);
}

function joined(parts: readonly FloatArray[]): Float64Array {
  const result = new Float64Array(sum(parts, ({ length }) => length));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
