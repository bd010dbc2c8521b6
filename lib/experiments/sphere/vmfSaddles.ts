/** The saddle-point equations and the hierarchy of saddles in numbers (Thériault and Tantari 2025, section 3, figure 2). */
import type { CallOptions } from '../../core/types.ts';
import type { Experiment, ExperimentContext } from '../experiment.ts';
import { onSphere, readLabelledImages } from '../labelledImages.ts';
import { Stages } from '../stages.ts';
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
} from './saddleMeasures.ts';
import { type Patterns, softPatterns } from './saddleModels.ts';
import { type TrainedSphere, trainedSphere } from './sphereModels.ts';
import { vmfSaddlesResult } from './vmfSaddlesResult.ts';
import {
  checkVmfSaddlesSettings,
  defaultVmfSaddlesSettings,
  quickVmfSaddlesSettings,
  type VmfSaddlesSettings,
} from './vmfSaddlesSettings.ts';

export const vmfSaddles: Experiment<VmfSaddlesSettings> = {
  id: 'vmf-saddles',
  title: 'Saddle points that come from smaller networks',
  summary:
    'Fixed points of the saddle-point equations are found on images and on the data of teachers; their units are duplicated, and the loss is followed as the copies part.',
  source: 'Thériault and Tantari 2025, section 3, figure 2, appendices F, H and I',
  settings: defaultVmfSaddlesSettings,
  quick: quickVmfSaddlesSettings,
  async run(settings, context) {
    checkVmfSaddlesSettings(settings);
    return vmfSaddlesResult(await measure(settings, context), settings);
  },
};

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
/** Of labels in training, as everywhere in the paper's experiments. */
const softening = 0.1;
/** Expected seconds, for the progress only. */
const work = { train: 1, images: 4, teacher: 0.2, landscape: 1, descent: 1, beta: 2, student: 0.5 };

async function measure(
  settings: VmfSaddlesSettings,
  { parts, ...options }: ExperimentContext,
): Promise<SaddlesMeasured> {
  const { beta, noise, load, betas, studentDimensions, seed } = settings;
  const fixed = work.train + 2 * work.images + 2 * work.teacher + work.landscape + work.descent;
  const stages = new Stages(fixed + betas.length * work.beta + studentDimensions.length * work.student, options);
  const stage = <T>(name: string, weight: number, compute: (options: CallOptions) => Promise<T>) =>
    stages.run(name, weight, (options) => parts.part(name.replaceAll(/[^a-zA-Z0-9]+/g, '-'), () => compute(options)));

  const images = await onSphere(await readImages(settings, { signal: options.signal }), imageClasses, {
    signal: options.signal,
  });
  const patterns = softPatterns(images, softening);
  const { memory } = await stages.run('training', work.train, (options) =>
    train(settings, async () => images, parts, options),
  );
  const descent = await parts.part('descent', () => descentEnd(memory, patterns, { signal: options.signal }));
  const onImages = (name: string, given: { v?: number; rho?: number }) =>
    stage(name, work.images, (options) => fixedPoint(patterns, { beta, start: memory, ...given }, settings, options));
  const plain = await onImages('fixed point', {});
  const noisy = await onImages('noisy teacher', { v: noise });
  const onTeacher = (name: string, given: { rho?: number }) =>
    stage(name, work.teacher, (options) => randomTeacher(given, settings, options));
  const random = await onTeacher('random teacher', {});
  const finite = await onTeacher('finite rho', { rho: load });
  const points: BetaPoint[] = [];
  const fixedPoints = [
    { what: 'images (eq. 6)', ...plain },
    { what: 'images, noisy teacher (eq. 10)', ...noisy },
    { what: 'random teacher (eq. 9)', ...random },
    { what: 'random teacher, finite rho (eq. 9)', ...finite },
  ];
  const found = {
    descent,
    fixedPoints,
    landscape: await stage('landscape', work.landscape, (options) => landscape(plain.model, patterns, seed, options)),
    fromDuplicate: await stage('from-duplicate', work.descent, (options) =>
      followDuplicate(plain.model, patterns, settings, options),
    ),
  };
  for (const each of betas) {
    const at = (options: CallOptions) => stabilityAt(each, patterns, settings, options);
    points.push(await stage(`beta ${each}`, work.beta, at));
  }
  const students: StudentPoint[] = [];
  for (const dimension of studentDimensions) {
    const at = (options: CallOptions) => studentPoint(dimension, settings, options);
    students.push(await stage(`student ${dimension}`, work.student, at));
  }
  return { ...found, betas: points, students };
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

/** Orthogonal patterns, each with the same class shares for its label: what eq. 9 is about. */
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
