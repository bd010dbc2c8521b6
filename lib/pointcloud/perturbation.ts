import { zeros } from '../core/allocation.ts';
import { DenseamError } from '../core/errors.ts';
import { callOptions, oneOf, optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { aSeed, Random, type Seed } from '../core/random.ts';
import { inTurns, type Steps } from '../core/turns.ts';
import type { CallOptions } from '../core/types.ts';
import { expectedError, nonNegative, positive, rangeError } from '../core/validate.ts';
import { cloudBatch } from './batches.ts';
import { solverOptions } from './options.ts';
import { type OwnPointClouds, selection } from './select.ts';
import { sinkhornDivergence } from './sinkhorn.ts';
import { SizeSearch } from './sizeSearch.ts';
import type { PointClouds, SolverOptions } from './types.ts';

/** Channels that a perturbation moves. */
export type PerturbedChannels = 'points' | 'weights' | 'both';

/** Options of {@link perturbClouds}. */
export interface PerturbCloudsOptions extends CallOptions, SolverOptions {
  /** The divergence's epsilon, as in the memory whose items are perturbed. */
  readonly epsilon: number;
  /** `both` by default. */
  readonly channels?: PerturbedChannels | undefined;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed | undefined;
}

export const channelsOption = optional(oneOf('points', 'weights', 'both'), 'both');

const perturbOptions = specify<PerturbCloudsOptions>()({
  ...callOptions,
  ...solverOptions,
  epsilon: required(positive),
  channels: channelsOption,
  seed: optional(aSeed, 0),
});

/** Log weights this many standard deviations apart leave all the weight on one point: further moves change nothing. */
const greatestLogWeight = 64;

/**
 * Draws a cloud at debiased Sinkhorn divergence `divergence` from each cloud, to 1e-6 of it, in a random direction.
 *
 * Every point moves by t times the cloud's standard deviation (root mean square over the coordinates) times a standard
 * normal vector, every log weight by t times a standard normal number; t is found by root finding, one batch of
 * divergences for all clouds a time, about seven in all. Log weights move by 1 times their number at most when points
 * move as well, so that a great divergence does not leave all the weight on one point. Cloud i's direction depends on
 * the seed and i alone.
 *
 * @throws DenseamError ERR_RANGE if weights alone cannot reach the divergence, or it is lost in rounding; ERR_SHAPE,
 * ERR_NOT_CONVERGED, ERR_NOT_FINITE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function perturbClouds(
  clouds: PointClouds,
  divergence: number,
  options: PerturbCloudsOptions,
): Promise<OwnPointClouds> {
  const read = readOptions(perturbOptions, options);
  const { signal } = read;
  nonNegative('divergence', divergence);
  const batch = cloudBatch('clouds', clouds);
  const everyCloud = new Int32Array(batch.count).map((_, i) => i);
  const own = await inTurns(selection(batch, everyCloud), signal);
  await inTurns(checkValues(own), signal);
  if (divergence === 0) return own;
  const directions = await inTurns(drawDirections(own, read.channels, new Random(read.seed), divergence), signal);
  const sizes = await findSizes(own, directions, divergence, read);
  return inTurns(moved(own, directions, everyCloud, sizes), signal);
}

/** Refuses numbers that no cloud has, by the names here: the solver sees moved clouds, and none at divergence 0. */
function* checkValues({ count, dimension: d, offsets, points, weights }: OwnPointClouds): Steps<void> {
  for (let i = 0; i < count; i++) {
    for (let k = offsets[i] as number; k < (offsets[i + 1] as number); k++) {
      points.subarray(k * d, (k + 1) * d).forEach((value) => {
        checkFinite(`clouds.points[${k}]`, value);
      });
      const weight = weights[k] as number;
      checkFinite(`clouds.weights[${k}]`, weight);
      nonNegative(`clouds.weights[${k}]`, weight);
    }
    yield;
  }
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw expectedError('ERR_NOT_FINITE', name, 'a finite number', `${value}`);
}

/** Changes of points and log weights at size 1. */
interface Directions {
  readonly channels: PerturbedChannels;
  /** total x d. */
  readonly points: Float64Array;
  /** total. */
  readonly logWeights: Float64Array;
}

function* drawDirections(
  clouds: OwnPointClouds,
  channels: PerturbedChannels,
  random: Random,
  divergence: number,
): Steps<Directions> {
  const { count, dimension: d, offsets } = clouds;
  const points = zeros('the directions', Float64Array, clouds.points.length);
  const logWeights = zeros('the directions', Float64Array, clouds.weights.length);
  for (let i = 0; i < count; i++) {
    const ofCloud = random.fork();
    // A cloud on a single point has no standard deviation to scale by.
    const scale = standardDeviation(clouds, i) || Math.sqrt(divergence / d);
    for (let k = offsets[i] as number; k < (offsets[i + 1] as number); k++) {
      for (let c = 0; c < d; c++) points[k * d + c] = scale * ofCloud.normal();
      logWeights[k] = ofCloud.normal();
      yield;
    }
  }
  if (channels === 'weights') points.fill(0);
  if (channels === 'points') logWeights.fill(0);
  return { channels, points, logWeights };
}

/** sqrt(sum_k a_k |x_k - mean|^2 / d). */
function standardDeviation({ dimension: d, offsets, points, weights }: OwnPointClouds, i: number): number {
  const [begin, end] = [offsets[i] as number, offsets[i + 1] as number];
  let variance = 0;
  for (let c = 0; c < d; c++) {
    let mean = 0;
    for (let k = begin; k < end; k++) mean += (weights[k] as number) * (points[k * d + c] as number);
    for (let k = begin; k < end; k++) variance += (weights[k] as number) * ((points[k * d + c] as number) - mean) ** 2;
  }
  return Math.sqrt(variance / d);
}

/** The clouds at these indices, moved by size times their direction. */
function* moved(
  clouds: OwnPointClouds,
  { channels, points, logWeights }: Directions,
  indices: Int32Array,
  sizes: ArrayLike<number>,
): Steps<OwnPointClouds> {
  const result = yield* selection(clouds, indices);
  const { dimension: d, offsets } = result;
  for (const [at, index] of indices.entries()) {
    const size = sizes[at] as number;
    const first = clouds.offsets[index] as number;
    const [begin, end] = [offsets[at] as number, offsets[at + 1] as number];
    for (let k = 0; k < (end - begin) * d; k++) {
      result.points[begin * d + k] =
        (result.points[begin * d + k] as number) + size * (points[first * d + k] as number);
    }
    const logarithmic = channels === 'both' ? Math.min(size, 1) : size;
    reweigh(result.weights.subarray(begin, end), logWeights.subarray(first, first + end - begin), logarithmic);
    yield;
  }
  return result;
}

/** a_k proportional to a_k exp(size u_k). */
function reweigh(weights: Float64Array, directions: Float64Array, size: number): void {
  const greatest = directions.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    weights[k] = (weights[k] as number) * Math.exp(size * ((directions[k] as number) - greatest));
    sum += weights[k] as number;
  }
  for (let k = 0; k < weights.length; k++) weights[k] = (weights[k] as number) / sum;
}

/** The size for each cloud at which it reaches the divergence; all clouds that still search share a batch. */
async function findSizes(
  clouds: OwnPointClouds,
  directions: Directions,
  divergence: number,
  options: Read<typeof perturbOptions>,
): Promise<Float64Array> {
  const { epsilon, marginalTolerance, maxSolverIterations, signal, onProgress } = options;
  const greatestSize = directions.channels === 'weights' ? greatestLogWeight : Number.POSITIVE_INFINITY;
  const searches = await inTurns(newSearches(clouds.count, divergence, greatestSize), signal);
  for (;;) {
    const indices = Int32Array.from(searches.keys()).filter((i) => !(searches[i] as SizeSearch).isFound);
    onProgress?.({ completed: clouds.count - indices.length, total: clouds.count });
    if (indices.length === 0) return Float64Array.from(searches, ({ size }) => size);
    const sizes = Float64Array.from(indices, (i) => (searches[i] as SizeSearch).size);
    const candidates = await inTurns(moved(clouds, directions, indices, sizes), signal);
    const reached = await sinkhornDivergence(candidates, await inTurns(selection(clouds, indices), signal), {
      epsilon,
      marginalTolerance,
      maxSolverIterations,
      signal,
    });
    const unsolved = reached.stopped.findIndex((stop) => stop !== 'converged');
    if (unsolved >= 0) throw notConverged(indices[unsolved] as number, reached.marginalErrors[unsolved] as number);
    await inTurns(tellAll(searches, indices, reached.values, directions.channels, divergence), signal);
  }
}

function* newSearches(count: number, divergence: number, greatestSize: number): Steps<SizeSearch[]> {
  const searches: SizeSearch[] = [];
  for (let i = 0; i < count; i++) {
    searches.push(new SizeSearch(divergence, greatestSize));
    yield;
  }
  return searches;
}

/** Passes the divergences to the searches at these indices. */
function* tellAll(
  searches: readonly SizeSearch[],
  indices: Int32Array,
  divergences: Float64Array,
  channels: PerturbedChannels,
  divergence: number,
): Steps<void> {
  for (const [at, i] of indices.entries()) {
    const search = searches[i] as SizeSearch;
    if (!search.tell(divergences[at] as number)) throw unreachable(i, channels, search, divergence);
    yield;
  }
}

function notConverged(cloud: number, marginalError: number): DenseamError {
  return new DenseamError('ERR_NOT_CONVERGED', {
    argument: `perturbations of clouds[${cloud}]`,
    expected: 'solved transport problems',
    found: `a marginal error of ${marginalError} is left`,
    hint: 'raise maxSolverIterations, marginalTolerance or epsilon',
  });
}

function unreachable(
  cloud: number,
  channels: PerturbedChannels,
  { greatest }: SizeSearch,
  divergence: number,
): DenseamError {
  const expected =
    greatest < divergence
      ? `a divergence that cloud ${cloud} can be moved to (channels "${channels}": up to about ${greatest.toPrecision(3)})`
      : `a divergence that rounding does not hide in cloud ${cloud}`;
  return rangeError('divergence', expected, divergence);
}
