/**
 * Projection onto a plane by UMAP (McInnes and others 2018), of the package umap-js. Its coordinates are for pictures
 * alone: umap-js takes powers whose last bits changed with V8 13 (Node 24), and its layout makes other points of them.
 * No finding may depend on them.
 */

import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { type CallOptions, EuclideanMemory, type FloatArray, Random, type Vectors } from 'denseam';

/** Coordinates of points in the plane. */
export type PlanePoints = readonly (readonly [x: number, y: number])[];

export interface PlaneChoices {
  /** Number of nearest rows that determine a point, 2 or more; a row counts as one of its own. */
  readonly neighbours: number;
  readonly seed: number;
}

/** Versions that coordinates depend on beside rows and choices, for the name of their part. */
export function planeVersion(): string {
  const { version } = createRequire(import.meta.url)('umap-js/package.json') as { version: string };
  return `umap-${version}-v8-${process.versions.v8}`.replaceAll(/[^A-Za-z0-9]+/g, '-');
}

/** Epochs of the layout, and lists of neighbours, between two looks at the signal: some tenths of a second. */
const epochsAtATime = 10;
const listsAtATime = 100;

/**
 * Fits the plane to some rows by UMAP. Others are put where UMAP's own projection of new points begins: at the mean of
 * their nearest rows, weighted by how strongly they belong to each.
 *
 * @throws the signal's reason.
 */
export async function projectOntoPlane(
  rows: Vectors,
  others: Vectors,
  choices: PlaneChoices,
  { signal, onProgress }: CallOptions = {},
): Promise<{ rows: PlanePoints; others: PlanePoints }> {
  const memory = await EuclideanMemory.create(rows, { signal });
  const k = choices.neighbours;
  const own = await memory.nearest(rows, { k, signal });
  const nearest = await memory.nearest(others, { k, signal });
  const lists = await neighbourLists(rows, rows, own.indices, true, signal);
  const fitted = await fitPlane(rows, lists, choices, { signal, onProgress });
  const otherLists = await neighbourLists(others, rows, nearest.indices, false, signal);
  const projected: (readonly [number, number])[] = [];
  for (const list of otherLists) {
    projected.push(weightedMean(list, fitted));
    if (projected.length % listsAtATime === 0) await breathe(signal);
  }
  return { rows: fitted, others: projected };
}

/** Lets others run, and looks at the signal. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/** UMAP's initial position of a new point. */
function weightedMean(list: NeighbourList, fitted: PlanePoints): readonly [number, number] {
  const weights = memberships(list.map(([, distance]) => distance));
  let [x, y] = [0, 0];
  for (const [at, [index]] of list.entries()) {
    const [weight, point] = [weights[at] as number, fitted[index] as PlanePoints[number]];
    x += weight * point[0];
    y += weight * point[1];
  }
  return [x, y];
}

async function fitPlane(
  rows: Vectors,
  lists: NeighbourList[],
  { neighbours, seed }: PlaneChoices,
  { signal, onProgress }: CallOptions,
): Promise<PlanePoints> {
  const { UMAP } = await import('umap-js');
  const random = new Random(seed);
  const umap = new UMAP({ nNeighbors: neighbours, random: () => random.uniform() });
  umap.setPrecomputedKNN(
    lists.map((list) => list.map(([index]) => index)),
    lists.map((list) => list.map(([, distance]) => distance)),
  );
  // One call that cannot be interrupted: about a second for some thousands of rows.
  await breathe(signal);
  const total = umap.initializeFit(asArrays(rows));
  await breathe(signal);
  for (let epoch = 1; epoch <= total; epoch++) {
    umap.step();
    if (epoch % epochsAtATime === 0) await breathe(signal);
    onProgress?.({ completed: epoch, total });
  }
  return umap.getEmbedding().map(([x, y]) => [x as number, y as number]);
}

type NeighbourList = (readonly [index: number, distance: number])[];

/** The nearest rows of every point, nearest first; of rows themselves, each begins with itself. */
async function neighbourLists(
  points: Vectors,
  rows: Vectors,
  indices: Int32Array,
  areSame: boolean,
  signal: AbortSignal | undefined,
): Promise<NeighbourList[]> {
  const k = indices.length / points.count;
  const lists: NeighbourList[] = [];
  for (let i = 0; i < points.count; i++) {
    const found = Array.from(indices.subarray(i * k, (i + 1) * k));
    const others = areSame ? found.filter((index) => index !== i).slice(0, k - 1) : found;
    const list = others.map((index) => [index, distance(points, i, rows, index)] as const);
    list.sort(([, a], [, b]) => a - b);
    lists.push(areSame ? [[i, 0] as const, ...list] : list);
    if (lists.length % listsAtATime === 0) await breathe(signal);
  }
  return lists;
}

const bisections = 64;

/**
 * exp(-(d - d_nearest) / s) over its sum, s such that the sum is log2 of the number of neighbours: UMAP's. Distances
 * ascend.
 */
export function memberships(distances: readonly number[]): number[] {
  const [nearest] = distances as [number];
  const at = (scale: number) =>
    distances.map((distance) => (distance > nearest ? Math.exp((nearest - distance) / scale) : 1));
  const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);
  const wanted = Math.log2(distances.length);
  let [low, high] = [0, (distances.at(-1) as number) - nearest];
  // At `high` every weight is at least 1/e, in total usually more than wanted.
  for (let pass = 0; pass < bisections; pass++) {
    const middle = (low + high) / 2;
    if (total(at(middle)) > wanted) high = middle;
    else low = middle;
  }
  const weights = at(high);
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

/** Distance without the cancellation of a product of matrices, which matters for near neighbours. */
function distance({ dimension, values }: Vectors, i: number, rows: Vectors, j: number): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) {
    sum += ((values[i * dimension + k] as number) - (rows.values[j * dimension + k] as number)) ** 2;
  }
  return Math.sqrt(sum);
}

function asArrays({ count, dimension, values }: Vectors): number[][] {
  const row = (i: number): FloatArray => values.subarray(i * dimension, (i + 1) * dimension);
  return Array.from({ length: count }, (_, i) => Array.from(row(i)));
}
