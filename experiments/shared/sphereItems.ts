/** Items, queries and distances of the experiments on a Wasserstein sphere. */
import {
  type CallOptions,
  type CovarianceFamily,
  GaussianMemory,
  type Gaussians,
  perturb,
  type Range,
  sampleWassersteinSphere,
} from 'denseam';

export interface SphereItems {
  readonly covariances: CovarianceFamily;
  readonly count: number;
  readonly dimension: number;
  /** Range of the eigenvalues of commuting covariances. */
  readonly range: readonly number[];
  readonly seed: number;
}

/**
 * Items on the sphere. Commuting covariances become variances in their basis, which is much faster and equally exact.
 */
export async function drawItems(
  { covariances, count, dimension, range, seed }: SphereItems,
  { signal, onProgress }: CallOptions,
): Promise<Gaussians> {
  const shape = { count, dimension, seed, signal, onProgress };
  if (covariances === 'general') return sampleWassersteinSphere({ ...shape, covariances });
  const sample = await sampleWassersteinSphere({ ...shape, covariances, range: range as Range });
  const { means, eigenvalues, basis } = sample;
  return { count, dimension, structure: 'diagonal', means, covariances: eigenvalues.data, basis };
}

/** Seed offset of queries, so that their random choices differ from their items'. */
const querySeed = 1;

/** A query at this W2 distance from every item. */
export function drawQueries(
  items: Gaussians,
  radius: number,
  { covariances, seed }: { readonly covariances: CovarianceFamily; readonly seed: number },
  { signal }: CallOptions,
): Promise<Gaussians> {
  return perturb(items, radius, { covariances, seed: seed + querySeed, signal });
}

/** Members `begin` to `end` - 1 of a batch, as views. */
export function range(batch: Gaussians, begin: number, end: number): Gaussians {
  const cut = <A extends Gaussians['means']>(values: A) => {
    const width = values.length / batch.count;
    return values.subarray(begin * width, end * width) as A;
  };
  return { ...batch, count: end - begin, means: cut(batch.means), covariances: cut(batch.covariances) };
}

/** Block of states and items: distances within a block cost less than a memory for each pair. */
const block = 25;

/** The W2 distance (not squared) of each state to the item of the same index. */
export async function distancesToOwn(
  states: Gaussians,
  items: Gaussians,
  { signal }: CallOptions,
): Promise<Float64Array> {
  const result = new Float64Array(states.count);
  for (let begin = 0; begin < states.count; begin += block) {
    const end = Math.min(begin + block, states.count);
    const memory = await GaussianMemory.create(range(items, begin, end), { index: false, signal });
    const { data, columns } = await memory.distances(range(states, begin, end), { signal });
    // Rounding may make the square negative.
    for (let i = begin; i < end; i++) result[i] = Math.sqrt(Math.max(0, data[(i - begin) * (columns + 1)] as number));
  }
  return result;
}
