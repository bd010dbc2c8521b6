import { setImmediate } from 'node:timers/promises';
import { allocated } from '../core/availableMemory.ts';
import { Random, type Seed } from '../core/random.ts';
import type { CallOptions } from '../core/types.ts';
import { checkOptions, fitsInMemory, integer, nonNegative, product, rangeError, shapeError } from '../core/validate.ts';
import type { OwnPointClouds } from './select.ts';

/** What {@link samplePointClouds} draws. */
export interface SampleCloudsOptions extends CallOptions {
  /** How many clouds. */
  readonly count: number;
  /** d. */
  readonly dimension: number;
  /** Points of every cloud; or the least and the greatest number, all sizes between them being equally likely. */
  readonly points: number | readonly [least: number, greatest: number];
  /** Standard deviation of a cloud's points about its centre, in every coordinate. At least 0, 1 by default. */
  readonly spread?: number | undefined;
  /** Centres are uniform on the sphere of this radius about the origin. At least 0; without it they are standard normal. */
  readonly radius?: number | undefined;
  /** `uniform` (default): the points of a cloud weigh the same; `random`: Dirichlet with one parameter for all. */
  readonly weights?: 'uniform' | 'random' | undefined;
  /**
   * That parameter, a whole number: 1 (default) makes random weights uniform on the simplex, greater ones make them more alike, with a
   * relative variance of about 1 / concentration.
   */
  readonly concentration?: number | undefined;
  /** What all random choices follow from; 0 by default. */
  readonly seed?: Seed | undefined;
}

const sampleOptions = new Set([
  'count',
  'dimension',
  'points',
  'spread',
  'radius',
  'weights',
  'concentration',
  'seed',
  'signal',
  'onProgress',
]);

/** Offsets are 32-bit integers. */
const greatestTotal = 2 ** 31 - 1;

/** Beyond it weights are alike, and a number is drawn for every unit. */
const greatestConcentration = 1000;

/** Drawing this many numbers takes the event loop about a millisecond. */
const numbersPerTurn = 20_000;

/**
 * Draws independent clouds of normal points about random centres: the random patterns whose recall `measureCloudRecall` measures.
 * Cloud i depends on the seed and i alone, not on how many are drawn. Takes about 50 ns a number.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function samplePointClouds(options: SampleCloudsOptions): Promise<OwnPointClouds> {
  checkOptions(options, sampleOptions);
  const count = integer('options.count', options.count, 1, greatestTotal - 1);
  const dimension = integer('options.dimension', options.dimension, 1, greatestTotal);
  const sizes = readSizes(options.points);
  const model: CloudModel = {
    dimension,
    spread: nonNegative('options.spread', options.spread ?? 1),
    radius: options.radius === undefined ? undefined : nonNegative('options.radius', options.radius),
    isWeighted: readWeights(options.weights) === 'random',
    concentration: integer('options.concentration', options.concentration ?? 1, 1, greatestConcentration),
  };
  const random = new Random(options.seed ?? 0);
  const offsets = drawOffsets(count, sizes, random.fork());
  const total = offsets[count] as number;
  const numbers = product('the sample', total, dimension + 1);
  fitsInMemory('the sample', numbers * Float64Array.BYTES_PER_ELEMENT);
  const points = allocated('the sample', () => new Float64Array(total * dimension));
  const weights = allocated('the sample', () => new Float64Array(total));
  let drawn = 0;
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[i] as number, offsets[i + 1] as number];
    drawCloud(model, random.fork(), points.subarray(begin * dimension, end * dimension), weights.subarray(begin, end));
    drawn += (end - begin) * dimension;
    if (drawn < numbersPerTurn && i + 1 < count) continue;
    drawn = 0;
    options.onProgress?.({ completed: i + 1, total: count });
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  return { count, dimension, offsets, points, weights };
}

interface CloudModel {
  readonly dimension: number;
  readonly spread: number;
  readonly radius: number | undefined;
  readonly isWeighted: boolean;
  readonly concentration: number;
}

function drawCloud(model: CloudModel, random: Random, points: Float64Array, weights: Float64Array): void {
  const { dimension: d, spread, isWeighted, concentration } = model;
  const centre = drawCentre(model, random);
  for (let at = 0; at < points.length; at++) points[at] = (centre[at % d] as number) + spread * random.normal();
  weights.set(isWeighted ? drawWeights(weights.length, concentration, random) : weights.map(() => 1 / weights.length));
}

function drawCentre({ dimension, radius }: CloudModel, random: Random): Float64Array {
  const normal = Float64Array.from({ length: dimension }, () => random.normal());
  if (radius === undefined) return normal;
  const norm = Math.sqrt(normal.reduce((sum, x) => sum + x * x, 0));
  return normal.map((x) => (radius * x) / norm);
}

/**
 * Dirichlet with a whole parameter c: of c * size - 1 sorted uniform numbers every c-th cuts. Unlike logarithms that is the same on
 * every engine.
 */
function drawWeights(size: number, concentration: number, random: Random): Float64Array {
  const all = Float64Array.from({ length: concentration * size - 1 }, () => random.uniform()).sort();
  const cut = (k: number) => all[concentration * k - 1] ?? (k === 0 ? 0 : 1);
  return Float64Array.from({ length: size }, (_, k) => cut(k + 1) - cut(k));
}

function drawOffsets(count: number, [least, greatest]: readonly [number, number], random: Random): Int32Array {
  fitsInMemory('the sample', count * Int32Array.BYTES_PER_ELEMENT);
  const offsets = new Int32Array(count + 1);
  let total = 0;
  for (let i = 1; i <= count; i++) {
    total += least + random.integer(greatest - least + 1);
    if (total > greatestTotal) throw shapeError('the sample', `at most ${greatestTotal} points`, 'more');
    offsets[i] = total;
  }
  return offsets;
}

function readSizes(value: unknown): readonly [number, number] {
  if (!Array.isArray(value)) {
    const size = integer('options.points', value, 1, greatestTotal);
    return [size, size];
  }
  if (value.length !== 2) throw rangeError('options.points', 'a number or [least, greatest]', value);
  const least = integer('options.points[0]', value[0], 1, greatestTotal);
  return [least, integer('options.points[1]', value[1], least, greatestTotal)];
}

function readWeights(value: unknown): 'uniform' | 'random' {
  const kind = value ?? 'uniform';
  if (kind !== 'uniform' && kind !== 'random') throw rangeError('options.weights', '"uniform" or "random"', value);
  return kind;
}
