import { zeros } from '../core/allocation.ts';
import { fitsInMemory } from '../core/availableMemory.ts';
import { callOptions, oneOf, optional, type Read, readOptions, required, specify } from '../core/options.ts';
import { aSeed, Random, type Seed } from '../core/random.ts';
import { sorted } from '../core/sorted.ts';
import { inTurns, type Steps } from '../core/turns.ts';
import type { CallOptions } from '../core/types.ts';
import { checkedElements, integer, isArray, nonNegative, product, rangeError, shapeError } from '../core/validate.ts';
import { greatestTotal, type OwnPointClouds } from './select.ts';

/** Options of {@link samplePointClouds}. */
export interface SampleCloudsOptions extends CallOptions {
  /** Number of clouds. */
  readonly count: number;
  /** d. */
  readonly dimension: number;
  /**
   * Number of points of every cloud; or the least and the greatest number, with all sizes between them equally likely.
   */
  readonly points: number | readonly [least: number, greatest: number];
  /** Standard deviation of a cloud's points about its centre, in every coordinate. At least 0, 1 by default. */
  readonly spread?: number | undefined;
  /**
   * Radius of the sphere about the origin on which centres are uniform, at least 0. Default: standard normal centres.
   */
  readonly radius?: number | undefined;
  /** `uniform` (default): the points of a cloud weigh the same; `random`: Dirichlet with one parameter for all. */
  readonly weights?: 'uniform' | 'random' | undefined;
  /**
   * Parameter of the Dirichlet distribution, an integer: 1 (default) makes random weights uniform on the simplex,
   * greater ones make them more alike, with a relative variance of about 1 / concentration.
   */
  readonly concentration?: number | undefined;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed | undefined;
}

/** Offsets are one more than there are clouds. */
export const greatestCount = greatestTotal - 1;

/** Limit of the concentration: beyond it weights are alike, and a number is drawn for every unit. */
const greatestConcentration = 1000;

export function dimensionOf(name: string, value: unknown): number {
  return integer(name, value, 1, greatestTotal);
}

/** Options of the random clouds, apart from their count and dimension. */
export const modelOptions = {
  points: required<Sizes, SampleCloudsOptions['points']>(readSizes),
  spread: optional(nonNegative, 1),
  radius: optional(nonNegative),
  weights: optional(oneOf('uniform', 'random'), 'uniform'),
  concentration: optional((name: string, value: unknown) => integer(name, value, 1, greatestConcentration), 1),
};

const sampleOptions = specify<SampleCloudsOptions>()({
  ...callOptions,
  ...modelOptions,
  count: required((name, value) => integer(name, value, 1, greatestCount)),
  dimension: required(dimensionOf),
  seed: optional(aSeed, 0),
});

/**
 * Draws independent clouds of normal points about random centres: the random patterns whose recall `measureCloudRecall`
 * measures. Cloud i depends on the seed and i alone, not on how many are drawn. Takes about 50 ns a number.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_OUT_OF_MEMORY; the signal's reason.
 */
export async function samplePointClouds(options: SampleCloudsOptions): Promise<OwnPointClouds> {
  const read = readOptions(sampleOptions, options);
  const { count, signal, onProgress } = read;
  let drawn = 0;
  const report = () => onProgress?.({ completed: drawn, total: count });
  const sample = await inTurns(
    draw(read, () => drawn++),
    signal,
    report,
  );
  report();
  return sample;
}

type Sample = Read<typeof sampleOptions>;

/** Draws cloud after cloud; `onCloud` is called after each. */
function* draw(sample: Sample, onCloud: () => void): Steps<OwnPointClouds> {
  const { count, dimension } = sample;
  const random = new Random(sample.seed);
  const offsets = yield* drawOffsets(count, sample.points, random.fork());
  const total = offsets[count] as number;
  const numbers = product('the sample', total, dimension + 1);
  fitsInMemory('the sample', numbers * Float64Array.BYTES_PER_ELEMENT);
  const points = zeros('the sample', Float64Array, total * dimension);
  const weights = zeros('the sample', Float64Array, total);
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[i] as number, offsets[i + 1] as number];
    const own = points.subarray(begin * dimension, end * dimension);
    yield* drawCloud(sample, random.fork(), own, weights.subarray(begin, end));
    onCloud();
    yield;
  }
  return { count, dimension, offsets, points, weights };
}

/** Numbers drawn in a step. */
const numbersPerStep = 1000;

function* drawCloud(sample: Sample, random: Random, points: Float64Array, weights: Float64Array): Steps<void> {
  const { dimension: d, spread } = sample;
  const centre = yield* drawCentre(sample, random);
  for (let at = 0; at < points.length; at++) {
    points[at] = (centre[at % d] as number) + spread * random.normal();
    if (at % numbersPerStep === 0) yield;
  }
  if (sample.weights === 'random') yield* drawWeights(weights, sample.concentration, random);
  else weights.fill(1 / weights.length);
}

function* drawCentre({ dimension, radius }: Sample, random: Random): Steps<Float64Array> {
  const centre = zeros('a centre', Float64Array, dimension);
  let square = 0;
  for (let k = 0; k < dimension; k++) {
    const x = random.normal();
    centre[k] = x;
    square += x * x;
    if (k % numbersPerStep === 0) yield;
  }
  if (radius === undefined) return centre;
  const norm = Math.sqrt(square);
  return centre.map((x) => (radius * x) / norm);
}

/**
 * Dirichlet weights with an integer parameter c: every c-th of c * size - 1 sorted uniform numbers cuts. Unlike
 * logarithms, this gives the same numbers on every engine.
 */
function* drawWeights(weights: Float64Array, concentration: number, random: Random): Steps<void> {
  const count = concentration * weights.length - 1;
  fitsInMemory('the random weights', 2 * count * Float64Array.BYTES_PER_ELEMENT);
  const drawn = zeros('the random weights', Float64Array, count);
  for (let at = 0; at < count; at++) {
    drawn[at] = random.uniform();
    if (at % numbersPerStep === 0) yield;
  }
  const all = yield* sorted(drawn);
  const cut = (k: number) => all[concentration * k - 1] ?? (k === 0 ? 0 : 1);
  for (let k = 0; k < weights.length; k++) {
    weights[k] = cut(k + 1) - cut(k);
    if (k % numbersPerStep === 0) yield;
  }
}

function* drawOffsets(count: number, [least, greatest]: Sizes, random: Random): Steps<Int32Array> {
  if (count * least > greatestTotal) throw shapeError('the sample', `at most ${greatestTotal} points`, 'more');
  fitsInMemory('the sample', count * Int32Array.BYTES_PER_ELEMENT);
  const offsets = zeros('the sample', Int32Array, count + 1);
  let total = 0;
  for (let i = 1; i <= count; i++) {
    total += least + random.integer(greatest - least + 1);
    if (total > greatestTotal) throw shapeError('the sample', `at most ${greatestTotal} points`, 'more');
    offsets[i] = total;
    if (i % numbersPerStep === 0) yield;
  }
  return offsets;
}

type Sizes = readonly [least: number, greatest: number];

function readSizes(name: string, value: unknown): Sizes {
  if (!isArray(value)) {
    const size = integer(name, value, 1, greatestTotal);
    return [size, size];
  }
  if (value.length !== 2) throw rangeError(name, 'a number or [least, greatest]', value);
  const [least, greatest] = checkedElements(name, value, dimensionOf) as [number, number];
  return [least, integer(`${name}[1]`, greatest, least, greatestTotal)];
}
