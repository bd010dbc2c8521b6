import fc from 'fast-check';
import { normalised, type SphereModel, softenedLabels } from '../reference/sphere.ts';
import { columnSums, rowSums } from '../reference/sphereTraining.ts';
import { TestRandom } from './random.ts';

/**
 * The few numbers that a random von Mises-Fisher memory and its data are drawn from; fast-check prints and shrinks
 * them.
 */
export interface SphereParameters {
  readonly seed: number;
  /** N. */
  readonly dimension: number;
  /** P. */
  readonly hiddenUnits: number;
  /** C. */
  readonly classes: number;
  /** n. */
  readonly points: number;
  readonly beta: number;
  readonly betaScale: number;
  /** Class weights lie between 1 and 10 to minus this of the greatest of their row. */
  readonly logSharpness: number;
  /** About a third of the points are zero. */
  readonly zeroRows: boolean;
  /** The second half of the memories repeats the first, to the last bit. */
  readonly duplicates: boolean;
}

export interface SphereCase extends SphereParameters {
  readonly model: SphereModel;
  /** p_h and p_q: what the class weights sum to. */
  readonly hiddenShares: number[];
  readonly classShares: number[];
  /** n x N, rows of norm 1 or zero. */
  readonly x: number[][];
  /** The label of every point, 0 to C. */
  readonly labels: number[];
  /** The labels, softened by 0.1. */
  readonly q: number[][];
}

export interface SphereLimits {
  readonly minDimension?: number;
  readonly maxDimension?: number;
  readonly maxHiddenUnits?: number;
  readonly maxClasses?: number;
  readonly maxPoints?: number;
  readonly betas?: readonly number[];
  readonly betaScales?: readonly number[];
  readonly logSharpnesses?: readonly number[];
  /** Whether zero rows and duplicates occur; true by default. */
  readonly degenerate?: boolean;
}

/** beta = 1, one memory, one class besides "none", in the plane. */
export const PLANE: SphereModel = {
  memories: [[1, 0]],
  classWeights: [
    [0, 0.25],
    [0.25, 0.5],
  ],
  beta: 1,
  betaScale: 1,
};

/** Random memories with data: beta from nearly nothing to far above N, class weights from even to one in 1e12. */
export function sphereCases(limits: SphereLimits = {}): fc.Arbitrary<SphereCase> {
  const sometimes = limits.degenerate === false ? fc.constant(false) : fc.boolean();
  return fc
    .record<SphereParameters>({
      seed: fc.nat(0xffffffff),
      dimension: fc.integer({ min: limits.minDimension ?? 2, max: limits.maxDimension ?? 12 }),
      hiddenUnits: fc.integer({ min: 1, max: limits.maxHiddenUnits ?? 6 }),
      classes: fc.integer({ min: 1, max: limits.maxClasses ?? 4 }),
      points: fc.integer({ min: 1, max: limits.maxPoints ?? 8 }),
      beta: fc.constantFrom(...(limits.betas ?? [1e-3, 0.3, 1, 6, 30, 200])),
      betaScale: fc.constantFrom(...(limits.betaScales ?? [1, 0.6, 0.25])),
      logSharpness: fc.constantFrom(...(limits.logSharpnesses ?? [0, 1, 4, 12])),
      zeroRows: sometimes,
      duplicates: sometimes,
    })
    .map(buildSphereCase);
}

/** The memory and the data that the parameters describe. */
export function buildSphereCase(p: SphereParameters): SphereCase {
  const random = new TestRandom(p.seed);
  const memories = randomMemories(random, p);
  const classWeights = randomClassWeights(random, p);
  const labels = Array.from({ length: p.points }, () => random.below(p.classes + 1));
  return {
    ...p,
    model: { memories, classWeights, beta: p.beta, betaScale: p.betaScale },
    hiddenShares: rowSums(classWeights),
    classShares: columnSums(classWeights),
    x: randomPoints(random, p, memories),
    labels,
    q: softenedLabels(labels, p.classes, 0.1),
  };
}

function randomDirection(random: TestRandom, dimension: number): number[] {
  return normalised([...random.normals(dimension)]);
}

function randomMemories(random: TestRandom, p: SphereParameters): number[][] {
  const distinct = p.duplicates ? Math.ceil(p.hiddenUnits / 2) : p.hiddenUnits;
  const memories = Array.from({ length: distinct }, () => randomDirection(random, p.dimension));
  return Array.from({ length: p.hiddenUnits }, (_, mu) => [...(memories[mu % distinct] as number[])]);
}

/**
 * Every row has a class of its own that the other weights fall below; rows differ in their sums by up to a factor of
 * three.
 */
function randomClassWeights(random: TestRandom, p: SphereParameters): number[][] {
  const rows = Array.from({ length: p.hiddenUnits + 1 }, () => {
    const own = random.below(p.classes + 1);
    const share = 0.5 + random.uniform();
    return Array.from({ length: p.classes + 1 }, (_, y) => {
      const log = y === own ? 0 : -p.logSharpness * random.uniform() - 0.3 * random.uniform();
      return share * 10 ** log;
    });
  });
  const total = rows.flat().reduce((sum, value) => sum + value, 0);
  return rows.map((row) => row.map((value) => value / total));
}

/** Points at every distance from a memory, from very close to unrelated. */
function randomPoints(random: TestRandom, p: SphereParameters, memories: readonly number[][]): number[][] {
  return Array.from({ length: p.points }, () => {
    const memory = memories[random.below(p.hiddenUnits)] as number[];
    const other = randomDirection(random, p.dimension);
    const closeness = 3 * random.uniform();
    const point = normalised(other.map((value, k) => value + closeness * (memory[k] as number)));
    return p.zeroRows && random.uniform() < 1 / 3 ? point.map(() => 0) : point;
  });
}
