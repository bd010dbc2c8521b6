import fc from 'fast-check';
import type { Gaussians, Structure } from '../../lib/core/types.ts';
import { TestRandom } from './random.ts';

/** What spectra the covariances have. */
export type Spectrum =
  /** Condition number up to the one asked for. */
  | 'regular'
  /** One eigenvalue near the rounding of the largest. */
  | 'nearSingular'
  /** Exactly singular: about half the rank, or half the variances zero. */
  | 'lowRank';

/** The few numbers a random memory and its queries are drawn from; fast-check prints and shrinks them. */
export interface CaseParameters {
  readonly seed: number;
  readonly dimension: number;
  readonly structure: Structure;
  readonly items: number;
  readonly queries: number;
  /** Condition number of every covariance: 10 to this. */
  readonly logCondition: number;
  /** Variances are about 10 to this, means about its root. */
  readonly logScale: number;
  /** How far items lie apart, relative to their own width. */
  readonly spread: number;
  /** How far a query lies from one item, relative to how far items lie apart. */
  readonly closeness: number;
  readonly itemSpectrum: Spectrum;
  readonly querySpectrum: Spectrum;
  /** beta times the typical squared distance between items. */
  readonly sharpness: number;
}

export interface Case extends CaseParameters {
  readonly itemBatch: Gaussians;
  readonly queryBatch: Gaussians;
  readonly beta: number;
}

export interface CaseLimits {
  readonly structures?: readonly Structure[];
  readonly maxDimension?: number;
  readonly minDimension?: number;
  readonly maxItems?: number;
  readonly maxQueries?: number;
  readonly maxLogCondition?: number;
  readonly itemSpectra?: readonly Spectrum[];
  readonly querySpectra?: readonly Spectrum[];
  readonly spreads?: readonly number[];
  readonly closenesses?: readonly number[];
}

export const ALL_STRUCTURES: readonly Structure[] = ['full', 'diagonal', 'isotropic'];
const ALL_SPREADS = [1e-3, 0.3, 3, 100];

/** Random memories with queries: cond 1 to 1e4, scales 1e-6 to 1e6, items close together or far apart. */
export function cases(limits: CaseLimits = {}): fc.Arbitrary<Case> {
  const { minDimension = 1, maxDimension = 64 } = limits;
  return fc
    .record<CaseParameters>({
      seed: fc.nat(0xffffffff),
      dimension: fc.integer({ min: minDimension, max: maxDimension }),
      structure: fc.constantFrom(...(limits.structures ?? ALL_STRUCTURES)),
      items: fc.integer({ min: 1, max: limits.maxItems ?? 6 }),
      queries: fc.integer({ min: 1, max: limits.maxQueries ?? 3 }),
      logCondition: fc.integer({ min: 0, max: limits.maxLogCondition ?? 4 }),
      logScale: fc.integer({ min: -6, max: 6 }),
      spread: fc.constantFrom(...(limits.spreads ?? ALL_SPREADS)),
      closeness: fc.constantFrom(...(limits.closenesses ?? [0, 1e-6, 1e-2, 1])),
      itemSpectrum: fc.constantFrom(...(limits.itemSpectra ?? (['regular'] as const))),
      querySpectrum: fc.constantFrom(...(limits.querySpectra ?? (['regular'] as const))),
      sharpness: fc.constantFrom(0.01, 0.3, 2, 10, 100),
    })
    .map(buildCase);
}

/** The memory and the queries that the parameters describe. */
export function buildCase(p: CaseParameters): Case {
  const random = new TestRandom(p.seed);
  const scale = 10 ** p.logScale;
  const centre = gaussian(random, p, p.itemSpectrum);
  const mix = Math.min(p.spread, 1);
  const items = Array.from({ length: p.items }, () =>
    displaced(random, centre, gaussian(random, p, p.itemSpectrum), mix, p.spread * Math.sqrt(scale)),
  );
  const queries = Array.from({ length: p.queries }, () => {
    const item = items[random.below(p.items)] as Single;
    const towards = gaussian(random, p, p.querySpectrum);
    // A mixture of singular and regular is neither: such a query takes nothing from the item.
    const mixing = p.querySpectrum === 'regular' && p.itemSpectrum === 'regular' ? mix * p.closeness : 1;
    return displaced(random, item, towards, mixing, p.closeness * p.spread * Math.sqrt(scale));
  });
  // Means differ by about spread, the roots of the covariances by about min(spread, 1), in each of d directions.
  const typicalDistance = scale * p.dimension * (p.spread * p.spread + mix * mix);
  const beta = p.sharpness / typicalDistance;
  return { ...p, itemBatch: batch(p, items), queryBatch: batch(p, queries), beta };
}

interface Single {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** (1 - mixing) of one covariance and `mixing` of another; the mean moved by about `shift` in each coordinate. */
function displaced(random: TestRandom, from: Single, to: Single, mixing: number, shift: number): Single {
  const mixed = (a: number, at: number) =>
    (mixing === 1 ? 0 : (1 - mixing) * a) + mixing * (to.covariance[at] as number);
  return { mean: from.mean.map((m) => m + shift * random.normal()), covariance: from.covariance.map(mixed) };
}

function gaussian(random: TestRandom, p: CaseParameters, spectrum: Spectrum): Single {
  const root = Math.sqrt(10 ** p.logScale);
  const mean = random.normals(p.dimension).map((x) => root * x);
  return { mean, covariance: covariance(random, p, spectrum) };
}

function covariance(random: TestRandom, p: CaseParameters, spectrum: Spectrum): Float64Array {
  const scale = 10 ** p.logScale;
  if (p.structure === 'isotropic') {
    const variance = spectrum === 'lowRank' ? 0 : spectrum === 'nearSingular' ? 1e-14 : 10 ** -random.uniform();
    return Float64Array.of(scale * variance);
  }
  if (p.structure === 'full' && spectrum === 'lowRank') return lowRankCovariance(random, p.dimension, scale);
  const values = eigenvalues(random, p, spectrum).map((value) => scale * value);
  return p.structure === 'diagonal' ? values : rotatedDiagonal(values, randomRotation(random, p.dimension));
}

function eigenvalues(random: TestRandom, p: CaseParameters, spectrum: Spectrum): Float64Array {
  const values = Float64Array.from({ length: p.dimension }, () => 10 ** (-p.logCondition * random.uniform()));
  if (spectrum === 'nearSingular') values[0] = 1e-14;
  return spectrum === 'lowRank' ? values.map((value, k) => (k % 2 === 0 ? 0 : value)) : values;
}

/** W W' with small whole numbers in W (d x about d/2): singular in exact arithmetic, not only up to rounding. */
function lowRankCovariance(random: TestRandom, d: number, scale: number): Float64Array {
  const rank = Math.floor(d / 2);
  const w = Array.from({ length: d }, () => Array.from({ length: rank }, () => random.below(7) - 3));
  const powerOfTwo = 2 ** Math.round(Math.log2(scale / Math.max(1, rank)));
  const entry = (i: number, j: number) =>
    (w[i] as number[]).reduce((sum, value, k) => sum + value * ((w[j] as number[])[k] as number), 0) * powerOfTwo;
  return Float64Array.from({ length: d * d }, (_, at) => entry(Math.floor(at / d), at % d));
}

/** The rows of a random orthogonal matrix, by Gram-Schmidt, twice for full orthogonality. */
export function randomRotation(random: TestRandom, d: number): Float64Array[] {
  const rows: Float64Array[] = [];
  for (let i = 0; i < d; i++) {
    const row = random.normals(d);
    for (const other of [...rows, ...rows]) {
      const overlap = row.reduce((sum, x, k) => sum + x * (other[k] as number), 0);
      for (let k = 0; k < d; k++) row[k] = (row[k] as number) - overlap * (other[k] as number);
    }
    const norm = Math.hypot(...row);
    rows.push(row.map((x) => x / norm));
  }
  return rows;
}

/** Q' diag(values) Q, symmetric to the last bit. */
export function rotatedDiagonal(values: ArrayLike<number>, rotation: readonly Float64Array[]): Float64Array {
  const d = rotation.length;
  const result = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      rotation.forEach((row, k) => {
        sum += (values[k] as number) * ((row[i] as number) * (row[j] as number));
      });
      result[i * d + j] = result[j * d + i] = sum;
    }
  }
  return result;
}

function batch(p: CaseParameters, singles: readonly Single[]): Gaussians {
  return {
    count: singles.length,
    dimension: p.dimension,
    structure: p.structure,
    means: Float64Array.from(singles.flatMap((single) => [...single.mean])),
    covariances: Float64Array.from(singles.flatMap((single) => [...single.covariance])),
  };
}
