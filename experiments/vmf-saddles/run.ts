/** The stages of the experiment on saddle points: all that is measured, in order. */

import type { CallOptions, VonMisesFisherMemory } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { onSphere, readLabelledImages } from '../core/labelledImages.ts';
import { Stages } from '../core/stages.ts';
import { type TrainedSphere, trainedSphere } from '../shared/sphere/sphereModels.ts';
import {
  type BetaPoint,
  type DescentEnd,
  type DescentPoint,
  descentEnd,
  type FixedPoint,
  fixedPoint,
  followDuplicate,
  type Landscape,
  landscape,
  type StudentPoint,
  stabilityAt,
  studentPoint,
} from './measures.ts';
import { type Patterns, softPatterns } from './models.ts';
import type { VmfSaddlesSettings } from './settings.ts';

/** All that is measured. */
export interface SaddlesMeasured {
  readonly descent: DescentEnd;
  /** The first is the one that gradient descent came near. */
  readonly fixedPoints: readonly (FixedPoint & { readonly what: string })[];
  readonly landscape: Landscape;
  readonly fromDuplicate: readonly DescentPoint[];
  readonly betas: readonly BetaPoint[];
  readonly students: readonly StudentPoint[];
}

const imageClasses = 10;

/** Softening of labels in training, as everywhere in the paper's experiments. */
export const softening = 0.1;

/** Expected seconds, for the progress only. */
const work = { train: 1, images: 4, teacher: 0.2, landscape: 1, descent: 1, beta: 2, student: 0.5 };

/** Runs a stage of this weight whose result is a finished part of its name. */
type Part = <T>(name: string, weight: number, compute: (options: CallOptions) => Promise<T>) => Promise<T>;

export async function measure(
  settings: VmfSaddlesSettings,
  { parts, ...options }: ExperimentContext,
): Promise<SaddlesMeasured> {
  const { betas, studentDimensions, seed } = settings;
  const { signal } = options;
  const fixed = work.train + 2 * work.images + 2 * work.teacher + work.landscape + work.descent;
  const stages = new Stages(fixed + betas.length * work.beta + studentDimensions.length * work.student, options);
  const part: Part = (name, weight, compute) =>
    stages.run(name, weight, (options) => parts.part(name.replaceAll(/[^a-zA-Z0-9]+/g, '-'), () => compute(options)));

  const images = await onSphere(await readImages(settings, { signal }), imageClasses, { signal });
  const patterns = softPatterns(images, softening);
  const { memory } = await stages.run('training', work.train, (options) =>
    train(settings, async () => images, parts, options),
  );
  const descent = await parts.part('descent', () => descentEnd(memory, patterns, { signal }));
  const fixedPoints = await findFixedPoints(memory, patterns, settings, part);
  const [{ model }] = fixedPoints;
  return {
    descent,
    fixedPoints,
    landscape: await part('landscape', work.landscape, (options) => landscape(model, patterns, seed, options)),
    fromDuplicate: await part('from-duplicate', work.descent, (options) =>
      followDuplicate(model, patterns, settings, options),
    ),
    betas: await inTurn(betas, (beta) =>
      part(`beta ${beta}`, work.beta, (options) => stabilityAt(beta, patterns, settings, options)),
    ),
    students: await inTurn(studentDimensions, (dimension) =>
      part(`student ${dimension}`, work.student, (options) => studentPoint(dimension, settings, options)),
    ),
  };
}

async function inTurn<T, U>(list: readonly T[], compute: (each: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const each of list) results.push(await compute(each));
  return results;
}

type NamedFixedPoint = SaddlesMeasured['fixedPoints'][number];

async function findFixedPoints(
  memory: VonMisesFisherMemory,
  patterns: Patterns,
  settings: VmfSaddlesSettings,
  part: Part,
): Promise<[NamedFixedPoint, ...NamedFixedPoint[]]> {
  const { beta, noise, load } = settings;
  const onImages = (name: string, given: { v?: number }) =>
    part(name, work.images, (options) => fixedPoint(patterns, { beta, start: memory, ...given }, settings, options));
  const onTeacher = (name: string, given: { rho?: number }) =>
    part(name, work.teacher, (options) => randomTeacher(given, settings, options));
  return [
    { what: 'images (eq. 6)', ...(await onImages('fixed point', {})) },
    { what: 'images, noisy teacher (eq. 10)', ...(await onImages('noisy teacher', { v: noise })) },
    { what: 'random teacher (eq. 9)', ...(await onTeacher('random teacher', {})) },
    { what: 'random teacher, finite rho (eq. 9)', ...(await onTeacher('finite rho', { rho: load })) },
  ];
}

function readImages({ data, images }: VmfSaddlesSettings, { signal }: CallOptions) {
  return readLabelledImages({ data, part: 'train', count: images }, { signal });
}

function train(
  { data, images, hiddenUnits, beta, epochs, batchSize, seed }: VmfSaddlesSettings,
  read: () => ReturnType<typeof onSphere>,
  parts: ExperimentContext['parts'],
  options: CallOptions,
): Promise<TrainedSphere> {
  const choices = { hiddenUnits, beta, betaScale: 1, maxEpochs: epochs, batchSize, validationShare: 0, seed };
  return trainedSphere(parts, { data, part: 'train', count: images }, read, choices, options);
}

/** The setting of eq. 9: orthogonal patterns, each with the class shares as its label. */
function randomTeacher(
  given: { rho?: number },
  settings: VmfSaddlesSettings,
  options: CallOptions,
): Promise<FixedPoint> {
  const { teacherUnits: count, dimension, beta, noise: v, hiddenUnits, seed } = settings;
  const values = new Float64Array(count * dimension);
  for (let row = 0; row < count; row++) values[row * dimension + row] = 1;
  const columns = imageClasses + 1;
  const targets = { rows: count, columns, data: new Float64Array(count * columns).fill(1 / columns) };
  const patterns: Patterns = { count, dimension, values, targets };
  return fixedPoint(patterns, { beta, v, hiddenUnits, seed, ...given }, settings, options);
}
