import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { inTurns } from '../core/turns.ts';
import type { FloatArray } from '../core/types.ts';
import { integer, positive, rangeError } from '../core/validate.ts';
import { cloudSize } from './batches.ts';
import type { PointCloudMemory } from './memory.ts';
import { checkCloudMemory, flowOptions, perturbed, type RecoveryOptions, recoveryOptions, Tally } from './recall.ts';
import { selection } from './select.ts';
import type { PointClouds } from './types.ts';

/** Options of {@link estimateBasinRadius}. */
export interface BasinOptions extends RecoveryOptions {
  readonly beta: number;
  /** Share of the perturbations that must come back, above 0 and at most 1. Default 0.9. */
  readonly share?: number | undefined;
  /** Number of perturbations at every divergence. Default 20. */
  readonly trials?: number | undefined;
  /** The search ends when the two divergences that bound the radius differ by this share of it. Default 0.05. */
  readonly accuracy?: number | undefined;
  /** Greatest divergence tried. Default: 16 times that to the nearest other item. */
  readonly greatest?: number | undefined;
}

/** Estimate of the basin of recall of an item. */
export interface Basin {
  /** Greatest divergence at which enough perturbations came back; 0 if they never did. */
  readonly radius: number;
  /**
   * Least divergence above the radius at which too few came back; Infinity if enough did from the greatest one tried.
   */
  readonly bound: number;
  /** Share that came back from the radius; 0 if the radius is 0. */
  readonly returned: number;
  /** Divergence from the item to the nearest other one. */
  readonly neighbourDivergence: number;
}

const basinOptions = specify<BasinOptions>()({
  ...recoveryOptions,
  beta: required(positive),
  share: optional(positiveShare, 0.9),
  trials: optional((name, value) => integer(name, value, 1, Number.MAX_SAFE_INTEGER), 20),
  accuracy: optional(positive, 0.05),
  greatest: optional(positive),
});

function positiveShare(name: string, value: unknown): number {
  if (positive(name, value) > 1) throw rangeError(name, 'a number above 0 and at most 1', value);
  return value as number;
}

/** Least divergence tried, as a share of that to the nearest item. */
const leastShare = 2 ** -20;

/** Copies of every perturbed cloud: the original, twice, its direction, the candidate and the state. */
const copiesOfCloud = 5;

/**
 * Estimates the divergence up to which a stored item is recalled from random perturbations of itself, by bisection on a
 * logarithmic scale. All divergences perturb along the same directions. Progress counts the divergences tried; it ends
 * in a leap. The share of a Monte Carlo estimate has a standard error of sqrt(p (1 - p) / trials).
 *
 * @throws DenseamError ERR_RANGE, also for a memory with one item, or an item with an identical double, or a divergence
 * that weights alone cannot reach; the signal's reason.
 */
export async function estimateBasinRadius(
  memory: PointCloudMemory,
  index: number,
  options: BasinOptions,
): Promise<Basin> {
  checkCloudMemory('memory', memory);
  const read = readOptions(basinOptions, options);
  integer('index', index, 0, memory.size - 1);
  const { share, accuracy, signal, onProgress } = read;
  const item = await memory.get(Int32Array.of(index), { signal });
  const originals = await copiesOf(item, read.trials, signal);
  const neighbourDivergence = await divergenceToNeighbour(memory, index, signal);
  const greatest = read.greatest ?? 16 * neighbourDivergence;
  const bisection = {
    share,
    accuracy,
    least: leastShare * neighbourDivergence,
    greatest,
    start: neighbourDivergence / 4,
  };
  const total = greatestEvaluations(bisection);
  let completed = 0;
  const found = await bisect(bisection, async (divergence) => {
    const result = await shareReturned(memory, index, originals, divergence, read);
    onProgress?.({ completed: ++completed, total });
    return result;
  });
  onProgress?.({ completed: total, total });
  return { ...found, neighbourDivergence };
}

/** Copies of the item, one for each perturbation. */
function copiesOf(item: PointClouds, trials: number, signal: AbortSignal | undefined): Promise<PointClouds> {
  const bytes = cloudSize(item, 0) * (item.dimension + 1) * Float64Array.BYTES_PER_ELEMENT;
  fitsInMemory('the perturbed clouds', trials * copiesOfCloud * bytes);
  return inTurns(selection(item, zeros('the perturbed clouds', Int32Array, trials)), signal);
}

interface Bisection {
  readonly share: number;
  readonly accuracy: number;
  readonly least: number;
  readonly greatest: number;
  readonly start: number;
}

/** Upper bound on the evaluations: all halvings or doublings, then all bisections. */
function greatestEvaluations({ accuracy, least, greatest, start }: Bisection): number {
  const steps = Math.ceil(Math.log2(Math.max(start / least, greatest / start, 1)));
  return 2 + steps + Math.ceil(Math.log2(Math.max(1, Math.LN2 / Math.log1p(accuracy))));
}

/** Halves or doubles from the start until the radius is between two divergences, then takes their geometric mean. */
async function bisect(
  { share, accuracy, least, greatest, start }: Bisection,
  returned: (divergence: number) => Promise<number>,
): Promise<Pick<Basin, 'radius' | 'bound' | 'returned'>> {
  let [radius, bound, best] = [0, Number.POSITIVE_INFINITY, 0];
  let next = Math.min(start, greatest);
  while (next >= least && radius < greatest && bound > (1 + accuracy) * radius) {
    const result = await returned(next);
    if (result >= share) [radius, best] = [next, result];
    else bound = next;
    if (radius === 0) next = bound / 2;
    else next = bound === Number.POSITIVE_INFINITY ? Math.min(2 * radius, greatest) : Math.sqrt(radius * bound);
  }
  return { radius, bound, returned: best };
}

async function divergenceToNeighbour(
  memory: PointCloudMemory,
  index: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (memory.size < 2) throw rangeError('memory.size', 'at least 2 items', memory.size);
  const item = await memory.get(Int32Array.of(index), { signal });
  const { indices, divergences } = await memory.nearest(item, { k: 2, signal });
  const divergence = divergences[1] as number;
  // Rounding may leave equal clouds a divergence above 0.
  if (divergence > 0 && !isTwice(await memory.get(indices, { signal }))) return divergence;
  throw rangeError('index', 'an item that differs from all others', index);
}

/** Whether these two clouds are equal, point by point. */
function isTwice({ offsets, points, weights }: PointClouds): boolean {
  const [, middle = 0, end] = offsets;
  const repeats = (values: FloatArray) => values.every((value, i) => value === values[i % (values.length / 2)]);
  return end === 2 * middle && repeats(points) && repeats(weights);
}

/** Share of random perturbations of an item at this divergence that come back to it. */
async function shareReturned(
  memory: PointCloudMemory,
  index: number,
  originals: PointClouds,
  divergence: number,
  options: Read<typeof basinOptions>,
): Promise<number> {
  const queries = await perturbed(originals, divergence, memory.epsilon, options.seed, options);
  const found = await memory.retrieve(queries, { ...flowOptions(options), beta: options.beta });
  const tally = new Tally(options.threshold);
  tally.add(found, new Int32Array(originals.count).fill(index));
  return tally.shares().recovered;
}
