/**
 * Recall in the plane by the Gaussian memory and by the Euclidean one on stacked means and covariances: items, queries,
 * states.
 */

import {
  type CallOptions,
  EuclideanMemory,
  GaussianMemory,
  type Gaussians,
  perturb,
  Random,
  type Vectors,
} from 'denseam';
import type { Stages } from '../core/stages.ts';
import { shareOf } from '../core/statistics.ts';
import { stacked } from '../shared/images/imageMemories.ts';
import { distancesToOwn } from '../shared/sphereItems.ts';
import type { PlanarSettings } from './settings.ts';

/** Share of the queries in random planes that each memory recovers with each beta. */
export type Shares = readonly { readonly memory: PlanarMemory; readonly beta: number; readonly recovered: number }[];

export async function randomShares(
  { betas, planes, radius, threshold, seed }: PlanarSettings,
  { signal, onProgress }: Parameters<Parameters<Stages['run']>[2]>[0],
): Promise<Shares> {
  const random = new Random(seed);
  const all: PlanarRecall[] = [];
  for (let plane = 0; plane < planes; plane++) {
    const { items, queries } = await randomPlane(random, radius, { signal });
    all.push(...(await recallPlane(items, queries, betas, { signal })));
    onProgress?.({ completed: plane + 1, total: planes });
  }
  return planarMemories.flatMap((memory) =>
    betas.map((beta) => {
      const recalls = all.filter((recall) => recall.memory === memory && recall.beta === beta);
      return { memory, beta, recovered: recalledShare(recalls, threshold) };
    }),
  );
}

export const recallsOf = (recalls: readonly PlanarRecall[], memory: PlanarMemory) =>
  recalls.filter((recall) => recall.memory === memory);

/** A Gaussian in the plane: standard deviations along its axes, the first of them turned by `angle` (degrees). */
interface Ellipse {
  readonly mean: readonly [number, number];
  readonly deviations: readonly [number, number];
  readonly angle: number;
}

/** An item and the query that is to recall it. */
interface Row {
  readonly item: Ellipse;
  readonly query: Ellipse;
}

/**
 * An example of our own: the published one is a drawing without numbers. Queries 1 and 3 are as elongated as another
 * item, though far from it in W2: differences of large variances weigh more in covariances than in their roots.
 */
export const planarRows: readonly Row[] = [
  {
    item: { mean: [0, 0], deviations: [3, 1], angle: 0 },
    query: { mean: [0.3, 0.2], deviations: [4, 1.1], angle: 0 },
  },
  {
    item: { mean: [0, 4], deviations: [3.8, 1], angle: 0 },
    query: { mean: [0.5, 4.6], deviations: [3.8, 1.2], angle: 0 },
  },
  {
    item: { mean: [10, 0], deviations: [3, 0.8], angle: 90 },
    query: { mean: [10.2, 0.3], deviations: [4, 0.9], angle: 92 },
  },
  {
    item: { mean: [14, 1], deviations: [3.8, 0.8], angle: 90 },
    query: { mean: [14.6, 1.4], deviations: [3.7, 1], angle: 88 },
  },
  {
    item: { mean: [6, 8], deviations: [1.5, 1], angle: 45 },
    query: { mean: [6.5, 7.5], deviations: [1.8, 1.2], angle: 30 },
  },
];

/** The Gaussians that the ellipses show. */
export function toGaussians(ellipses: readonly Ellipse[]): Gaussians {
  const covariances = ellipses.flatMap(({ deviations: [a, b], angle }) => {
    const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const mixed = (a * a - b * b) * cosine * sine;
    return [(a * cosine) ** 2 + (b * sine) ** 2, mixed, mixed, (a * sine) ** 2 + (b * cosine) ** 2];
  });
  const means = Float64Array.from(ellipses.flatMap(({ mean }) => mean));
  return {
    count: ellipses.length,
    dimension: 2,
    structure: 'full',
    means,
    covariances: Float64Array.from(covariances),
  };
}

/** Gaussians placed in a square and turned at random, as many as in the example and about as crowded. */
async function randomPlane(random: Random, radius: number, options: CallOptions) {
  const uniform = (least: number, greatest: number) => least + (greatest - least) * random.uniform();
  const ellipses = planarRows.map(
    (): Ellipse => ({
      mean: [uniform(0, 12), uniform(0, 12)],
      deviations: [uniform(0.8, 4), uniform(0.8, 4)],
      angle: uniform(0, 180),
    }),
  );
  const items = toGaussians(ellipses);
  const seed = random.integer(Number.MAX_SAFE_INTEGER);
  return { items, queries: await perturb(items, radius, { seed, signal: options.signal }) };
}

export const planarMemories = ['Gaussian', 'Euclidean'] as const;

export type PlanarMemory = (typeof planarMemories)[number];

/** Recall of a memory with one beta. */
export interface PlanarRecall {
  readonly memory: PlanarMemory;
  readonly beta: number;
  readonly states: Gaussians;
  /** W2 of each state to the item of the same index. */
  readonly distances: readonly number[];
}

/** Both memories' recall of every item from its query, with each beta. */
export async function recallPlane(
  items: Gaussians,
  queries: Gaussians,
  betas: readonly number[],
  { signal }: CallOptions,
): Promise<PlanarRecall[]> {
  const gaussian = await GaussianMemory.create(items, { signal });
  const euclidean = await EuclideanMemory.create(stacked(items), { signal });
  const options = { betas, signal };
  const found = [
    (await gaussian.sweep(queries, options)).map(({ states }) => states),
    (await euclidean.sweep(stacked(queries), options)).map(({ states }) => unstacked(states, items.dimension)),
  ];
  const recalls: PlanarRecall[] = [];
  for (const [m, memory] of planarMemories.entries()) {
    for (const [b, beta] of betas.entries()) {
      const states = found[m]?.[b] as Gaussians;
      recalls.push({ memory, beta, states, distances: [...(await distancesToOwn(states, items, { signal }))] });
    }
  }
  return recalls;
}

/** The Gaussians of vectors of means and covariances. */
function unstacked({ count, values }: Vectors, d: number): Gaussians {
  const width = d + d * d;
  const means = values.filter((_, at) => at % width < d);
  return { count, dimension: d, structure: 'full', means, covariances: values.filter((_, at) => at % width >= d) };
}

/** The share of all the states that are this near to their item. */
export function recalledShare(recalls: readonly PlanarRecall[], threshold: number): number {
  return shareOf(
    recalls.flatMap(({ distances }) => distances),
    (distance) => distance <= threshold,
  );
}

/** The points at one standard deviation from the mean, `count` of them in order around it and the first again. */
export function outline({ means, covariances }: Gaussians, index: number, count: number): [x: number, y: number][] {
  const [m, n] = means.subarray(2 * index, 2 * index + 2) as unknown as [number, number];
  const [a, b, , c] = covariances.subarray(4 * index, 4 * index + 4) as unknown as [number, number, number, number];
  // The lower Cholesky factor takes the unit circle to the ellipse.
  const scale = Math.sqrt(a);
  const shear = b / scale;
  const rest = Math.sqrt(Math.max(0, c - shear * shear));
  return Array.from({ length: count + 1 }, (_, at) => {
    const angle = (2 * Math.PI * at) / count;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return [m + scale * x, n + shear * x + rest * y];
  });
}
