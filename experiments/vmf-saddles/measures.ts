/** Measures of the experiment on saddle-point equations, each a finished part of plain numbers. */

import { mean, minIndex } from 'd3-array';
import {
  type CallOptions,
  duplicate,
  Random,
  type SaddlePoint,
  type SaddlePointOptions,
  sampleTeacher,
  sampleUniformSphere,
  solveSaddlePoint,
  splittingStability,
  stationarity,
  type VonMisesFisherParameters,
  vonMisesFisherMeanResultantLength,
} from 'denseam';
import {
  type Derivatives,
  derivativesAlong,
  directionsOf,
  effectiveLoss,
  fromPlain,
  moved,
  type Patterns,
  type PlainModel,
  randomDirections,
  toPlain,
} from './models.ts';
import { sampledRows, type VmfSaddlesSettings } from './settings.ts';

/** A solution, and its duplicate (eq. 13) put into the same equations. */
export interface FixedPoint {
  readonly model: PlainModel;
  /** xbar, P x N. */
  readonly orderParameters: readonly number[];
  /** m, P* x P. */
  readonly overlaps: readonly number[];
  readonly v: number | null;
  readonly rho: number | null;
  readonly iterations: number;
  readonly residual: number;
  readonly duplicateResidual: number;
  readonly loss: number;
  readonly duplicateLoss: number;
}

/** The first R units. */
const copiedUnits = ({ copies }: Pick<VmfSaddlesSettings, 'copies'>): number[] =>
  Array.from({ length: copies }, (_, unit) => unit);

export async function fixedPoint(
  patterns: Patterns,
  options: Omit<SaddlePointOptions, keyof CallOptions>,
  settings: VmfSaddlesSettings,
  call: CallOptions,
): Promise<FixedPoint> {
  const { tolerance, maxIterations } = settings;
  const found = await solveSaddlePoint(patterns, patterns.targets, { tolerance, maxIterations, ...options, ...call });
  return withDuplicate(found, patterns, options, settings, call);
}

async function withDuplicate(
  found: SaddlePoint,
  patterns: Patterns,
  { beta, v, rho }: Pick<SaddlePointOptions, 'beta' | 'v' | 'rho'>,
  settings: VmfSaddlesSettings,
  { signal }: CallOptions,
): Promise<FixedPoint> {
  const start = duplicate(found, copiedUnits(settings));
  const equations = { beta, v, rho, start, maxIterations: 0, signal };
  const { residual: duplicateResidual } = await solveSaddlePoint(patterns, patterns.targets, equations);
  return {
    model: toPlain(found),
    orderParameters: [...found.orderParameters.data],
    overlaps: [...found.overlaps.data],
    v: v ?? null,
    rho: rho ?? null,
    iterations: found.iterations,
    residual: found.residual,
    duplicateResidual,
    loss: await effectiveLoss(found, patterns, { signal }),
    duplicateLoss: await effectiveLoss(start, patterns, { signal }),
  };
}

/** Residuals of the conditions of eq. 6 after gradient descent. */
export interface DescentEnd {
  readonly memoryResiduals: readonly number[];
  readonly weightResiduals: readonly number[];
  readonly loss: number;
}

export async function descentEnd(
  trained: VonMisesFisherParameters,
  patterns: Patterns,
  options: CallOptions,
): Promise<DescentEnd> {
  const { memories, classWeights } = await stationarity(trained, patterns, options);
  return {
    memoryResiduals: [...memories],
    // The background is no memory.
    weightResiduals: [...classWeights.subarray(1)],
    loss: await effectiveLoss(trained, patterns, options),
  };
}

/** A memory that is duplicated, and its copies moved apart along the leading direction of its cluster. */
export interface Parting {
  readonly eigenvalue: number;
  readonly betaSplit: number;
  /** Derivatives of the mean loss, copies at t and -t: the eigenvalue, if the theory is right. */
  readonly apart: Derivatives;
  /** The memory moves alone, in the small network. */
  readonly alone: Derivatives;
}

export interface Landscape {
  readonly partings: readonly Parting[];
  /** All memories at once, in directions drawn at random: of the fixed point, and of its duplicate. */
  readonly fixedRandom: readonly Derivatives[];
  readonly duplicateRandom: readonly Derivatives[];
  /** The loss less that of the fixed point, of the most unstable memory. */
  readonly profile: readonly { readonly t: number; readonly apart: number; readonly alone: number }[];
}

const randomCount = 20;

const profileSteps = Array.from({ length: 21 }, (_, k) => (k - 10) / 20);

export async function landscape(
  plain: PlainModel,
  patterns: Patterns,
  seed: number,
  options: CallOptions,
): Promise<Landscape> {
  const fixed = fromPlain(plain);
  const { hiddenUnits, dimension } = fixed;
  const { directions, eigenvalues, betaSplit } = await splittingStability(fixed, patterns, options);
  const { signal } = options;
  const directionOf = (unit: number) => directions.data.subarray(unit * dimension, (unit + 1) * dimension);
  const apartOf = (unit: number) => directionsOf(hiddenUnits + 1, directionOf(unit), { [unit]: 1, [hiddenUnits]: -1 });
  const aloneOf = (unit: number) => directionsOf(hiddenUnits, directionOf(unit), { [unit]: 1 });
  const partings: Parting[] = [];
  for (let unit = 0; unit < hiddenUnits; unit++) {
    partings.push({
      eigenvalue: eigenvalues[unit] as number,
      betaSplit: betaSplit[unit] as number,
      apart: await derivativesAlong(duplicate(fixed, [unit]), patterns, apartOf(unit), { signal }),
      alone: await derivativesAlong(fixed, patterns, aloneOf(unit), { signal }),
    });
  }
  const worst = minIndex(eigenvalues);
  const profile = [];
  const loss = await effectiveLoss(fixed, patterns, { signal });
  const twins = duplicate(fixed, [worst]);
  for (const t of profileSteps) {
    const apart = (await effectiveLoss(moved(twins, apartOf(worst), t), patterns, { signal })) - loss;
    const alone = (await effectiveLoss(moved(fixed, aloneOf(worst), t), patterns, { signal })) - loss;
    profile.push({ t, apart, alone });
  }
  const everyUnit = Array.from({ length: hiddenUnits }, (_, unit) => unit);
  return {
    partings,
    fixedRandom: await inRandomDirections(fixed, patterns, seed, { signal }),
    duplicateRandom: await inRandomDirections(duplicate(fixed, everyUnit), patterns, seed, { signal }),
    profile,
  };
}

async function inRandomDirections(
  parameters: VonMisesFisherParameters,
  patterns: Patterns,
  seed: number,
  options: CallOptions,
): Promise<Derivatives[]> {
  const random = new Random(seed);
  const found: Derivatives[] = [];
  for (let i = 0; i < randomCount; i++) {
    found.push(await derivativesAlong(parameters, patterns, randomDirections(parameters, random), options));
  }
  return found;
}

/** Distance by which copies are moved apart, and the numbers of steps that follow. */
export const parted = 0.01;

const [descentSteps, stepIterations] = [30, 5];

/**
 * The loss through applications of the equations, which never raise it, from the duplicate as it is and with its copies
 * parted. As it is it would stay for ever; in floating point copies that differ in a last digit part in the end, and
 * whether they do is of the machine.
 */
export interface DescentPoint {
  readonly iteration: number;
  readonly kept: number;
  readonly parted: number;
}

export async function followDuplicate(
  plain: PlainModel,
  patterns: Patterns,
  settings: VmfSaddlesSettings,
  { signal }: CallOptions,
): Promise<DescentPoint[]> {
  const fixed = fromPlain(plain);
  const { hiddenUnits, dimension, beta } = fixed;
  const { directions } = await splittingStability(fixed, patterns, { signal });
  const kept = duplicate(fixed, copiedUnits(settings));
  const apart = new Float64Array(kept.memories.length);
  for (const unit of copiedUnits(settings)) {
    const direction = directions.data.subarray(unit * dimension, (unit + 1) * dimension);
    apart.set(direction, unit * dimension);
    apart.set(
      direction.map((value) => -value),
      (hiddenUnits + unit) * dimension,
    );
  }
  let states: VonMisesFisherParameters[] = [kept, moved(kept, apart, parted)];
  const found: DescentPoint[] = [];
  for (let k = 0; k <= descentSteps; k++) {
    const losses = [];
    for (const state of states) losses.push(await effectiveLoss(state, patterns, { signal }));
    const [keptLoss, partedLoss] = losses as [number, number];
    found.push({ iteration: k * stepIterations, kept: keptLoss, parted: partedLoss });
    states = await Promise.all(
      states.map((start) =>
        solveSaddlePoint(patterns, patterns.targets, {
          beta,
          start,
          tolerance: 0,
          maxIterations: stepIterations,
          signal,
        }),
      ),
    );
  }
  return found;
}

/** Memories of a fixed point at this beta that part when they are duplicated. */
export interface BetaPoint {
  readonly beta: number;
  readonly residual: number;
  readonly betaSplit: readonly number[];
  readonly unstable: number;
}

/** The share of unstable memories does not need more; near a transition the equations converge slowly. */
export const sweepTolerance = 1e-6;

export async function stabilityAt(
  beta: number,
  patterns: Patterns,
  { hiddenUnits, maxIterations, seed }: VmfSaddlesSettings,
  options: CallOptions,
): Promise<BetaPoint> {
  const start = { beta, hiddenUnits, seed, tolerance: sweepTolerance, maxIterations };
  const found = await solveSaddlePoint(patterns, patterns.targets, { ...start, ...options });
  const { unstable, betaSplit } = await splittingStability(found, patterns, { signal: options.signal });
  const share = unstable.filter(Boolean).length / hiddenUnits;
  return { beta, residual: found.residual, betaSplit: [...betaSplit], unstable: share };
}

/**
 * The equations on data that a teacher gave beside eq. 10, which is their mean over such data as N tends to infinity.
 */
export interface StudentPoint {
  readonly dimension: number;
  readonly rows: number;
  /** Means of the overlap of each teacher's memory with the one of the same index: on sampled data, and of eq. 10. */
  readonly sampled: number;
  readonly limit: number;
  /** Greatest differences of all overlaps and class weights (times P). */
  readonly overlapError: number;
  readonly weightError: number;
}

/** The share of each teacher's soft label that is spread over all classes. */
const teacherSoftening = 0.2;

/** Initial distance of both from the teacher's memories. */
const startNoise = 0.1;

/**
 * No student is trained here, and none drawn from the posterior. The data have a label each and enter as patterns of
 * their own: given which data belong to a memory, its posterior is von Mises-Fisher, with concentration beta |xbar|,
 * and the mean has length A_N(beta |xbar|), nearly s(2 beta |xbar| / N). That is eq. 10 with these patterns, v =
 * Infinity and rho = 1 / N. Both solutions start near the teacher. So this tells whether the mean over data in eq. 10
 * is right, not whether students learn as it says.
 */
export async function studentPoint(
  dimension: number,
  { hiddenUnits, beta, noise: v, load: rho, seed, tolerance, maxIterations }: VmfSaddlesSettings,
  { signal, onProgress }: CallOptions,
): Promise<StudentPoint> {
  const teacher = await drawTeacher(hiddenUnits, dimension, seed, { signal });
  const rows = sampledRows(dimension, { hiddenUnits, load: rho });
  const source = { memories: teacher, classWeights: teacher.classWeights, beta: v * dimension };
  const data = await sampleTeacher({ ...source, count: rows, seed: seed + 1, signal });
  const targets = oneHot(data.labels, hiddenUnits + 1);
  const start = startNear(teacher, beta, new Random(seed));
  const solver = { beta, start, tolerance, maxIterations, signal };
  const sampled = await solveSaddlePoint(data, targets, { ...solver, rho: 1 / dimension });
  onProgress?.({ completed: 1, total: 2 });
  const limit = await solveSaddlePoint(teacher, teacher.targets, { ...solver, v, rho });
  const own = (length: (mu: number) => number) => overlapsWith(teacher, sampled, length);
  const slope = sampled.orderParameters.data;
  const lengths = Array.from({ length: hiddenUnits }, (_, mu) => {
    const sum = slope.subarray(mu * dimension, (mu + 1) * dimension).reduce((total, x) => total + x * x, 0);
    return vonMisesFisherMeanResultantLength(dimension, beta * Math.sqrt(sum));
  });
  const overlaps = own((mu) => lengths[mu] as number);
  const ownMean = (values: ArrayLike<number>) =>
    mean(lengths, (_, mu) => values[mu * hiddenUnits + mu] as number) as number;
  const pairs = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((worst, value, at) => Math.max(worst, Math.abs(value - (b[at] as number))), 0);
  return {
    dimension,
    rows,
    sampled: ownMean(overlaps),
    limit: ownMean(limit.overlaps.data),
    overlapError: pairs(overlaps, limit.overlaps.data),
    weightError: hiddenUnits * pairs(sampled.classWeights.data, limit.classWeights.data),
  };
}

type Teacher = Patterns & { readonly values: Float64Array; readonly classWeights: Patterns['targets'] };

/** Draws a teacher with a softened class of its own for each memory. */
async function drawTeacher(units: number, dimension: number, seed: number, options: CallOptions): Promise<Teacher> {
  const memories = await sampleUniformSphere({ count: units, dimension, seed, ...options });
  const columns = units + 1;
  const spread = teacherSoftening / columns;
  const labels = Float64Array.from({ length: units * columns }, (_, at) =>
    at % columns === Math.floor(at / columns) + 1 ? 1 - teacherSoftening + spread : spread,
  );
  const weights = new Float64Array((units + 1) * columns);
  weights.set(
    labels.map((label) => label / units),
    columns,
  );
  return {
    ...memories,
    targets: { rows: units, columns, data: labels },
    classWeights: { rows: units + 1, columns, data: weights },
  };
}

function startNear({ count, dimension, values, classWeights }: Teacher, beta: number, random: Random) {
  const noise = values.map(() => (startNoise * random.normal()) / Math.sqrt(dimension));
  const model = { dimension, hiddenUnits: count, classes: classWeights.columns - 1, beta, betaScale: 1 };
  return moved({ ...model, memories: values, classWeights }, noise, 1);
}

function oneHot(labels: Int32Array, columns: number): Patterns['targets'] {
  const data = new Float64Array(labels.length * columns);
  labels.forEach((label, row) => {
    data[row * columns + label] = 1;
  });
  return { rows: labels.length, columns, data };
}

/** P* x P: of each teacher's memory with each of the student's, that of the length given. */
function overlapsWith(teacher: Teacher, student: SaddlePoint, length: (mu: number) => number): number[] {
  const { count, dimension, values } = teacher;
  return Array.from({ length: count * student.hiddenUnits }, (_, at) => {
    const [row, mu] = [Math.floor(at / student.hiddenUnits), at % student.hiddenUnits];
    let sum = 0;
    for (let k = 0; k < dimension; k++) {
      sum += (values[row * dimension + k] as number) * (student.memories[mu * dimension + k] as number);
    }
    return length(mu) * sum;
  });
}
