import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { ascending } from '../core/statistics.ts';

/** The choices of the experiment on the saddle-point equations. */
export interface VmfSaddlesSettings extends ExperimentSettings {
  /** `mnist`, `fashion-mnist` or the path of a folder with such files. */
  readonly data: string;
  /** Images from the start of the training set; 0 for all. They are the patterns that the teacher is clamped to. */
  readonly images: number;
  /** P of the fixed points. */
  readonly hiddenUnits: number;
  /** R: how many of them, the first ones, are duplicated. */
  readonly copies: number;
  readonly beta: number;
  /** Training by gradient descent, from which the fixed point on images starts. */
  readonly epochs: number;
  readonly batchSize: number;
  /** v of the cases with a noisy teacher. */
  readonly noise: number;
  /** rho of the case, and of the samples, that have a finite number of data. */
  readonly load: number;
  /** Ascending betas of fixed points, for the least one whose duplicate is a saddle. */
  readonly betas: readonly number[];
  /** P* and N of the random teacher of eq. 9. */
  readonly teacherUnits: number;
  readonly dimension: number;
  /** N at which eq. 10 is put beside the same equations on sampled data. Ascending. */
  readonly studentDimensions: readonly number[];
  /** Residual of a fixed point, and how many applications of the equations it may take. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** P = 10 and R = 5 are those of figure 2; of the rest the paper says nothing but that beta is to be large enough. */
export const defaultVmfSaddlesSettings: VmfSaddlesSettings = {
  data: 'mnist',
  images: 500,
  hiddenUnits: 10,
  copies: 5,
  beta: 16,
  epochs: 100,
  batchSize: 25,
  noise: 8,
  load: 2,
  betas: [2, 4, 6, 8, 16, 32],
  teacherUnits: 40,
  dimension: 100,
  studentDimensions: [50, 100, 200, 400, 800],
  tolerance: 1e-11,
  maxIterations: 10_000,
  seed: 1,
};

export const quickVmfSaddlesSettings: VmfSaddlesSettings = {
  ...defaultVmfSaddlesSettings,
  images: 200,
  epochs: 40,
  batchSize: 20,
  betas: [2, 32],
  studentDimensions: [50, 200],
};

/** Above it a residual does not tell a fixed point from a place where the equations move slowly. */
const greatestTolerance = 1e-6;
/** An application takes milliseconds: so many take hours. */
const greatestIterations = 1_000_000;
/** Greatest number of images, units, epochs or dimensions: a matrix of any two still fits in memory. */
const greatestExtent = 10_000;
/** Numbers of a student's data: a gigabyte. */
const greatestData = 2 ** 27;
/** Greatest factor: beyond it bounds of betas, noise and load have no meaning, and exponentials overflow. */
const greatestFactor = 1e6;

/** All of it, before anything is read or computed. */
export function checkVmfSaddlesSettings(settings: VmfSaddlesSettings): void {
  const { images, hiddenUnits, copies, epochs, batchSize, betas, teacherUnits, dimension } = settings;
  integer('settings.images', images, 0, Number.MAX_SAFE_INTEGER);
  integer('settings.hiddenUnits', hiddenUnits, 1, greatestExtent);
  if (images > 0 && hiddenUnits > images) {
    throw rangeError('settings.hiddenUnits', `at most ${images}, settings.images,`, hiddenUnits);
  }
  integer('settings.copies', copies, 1, hiddenUnits);
  integer('settings.epochs', epochs, 1, greatestExtent);
  integer('settings.batchSize', batchSize, 1, 2 ** 31 - 1);
  for (const name of ['beta', 'noise', 'load'] as const) upTo(`settings.${name}`, settings[name], greatestFactor);
  ascending('settings.betas', betas);
  betas.forEach((beta, at) => {
    upTo(`settings.betas[${at}]`, beta, greatestFactor);
  });
  integer('settings.dimension', dimension, 2, greatestExtent);
  // Eq. 9 is about orthogonal memories.
  integer('settings.teacherUnits', teacherUnits, 1, dimension);
  checkStudents(settings);
  nonNegative('settings.tolerance', settings.tolerance);
  if (settings.tolerance > greatestTolerance) {
    throw rangeError('settings.tolerance', `at most ${greatestTolerance}`, settings.tolerance);
  }
  integer('settings.maxIterations', settings.maxIterations, 0, greatestIterations);
}

function upTo(name: string, value: unknown, greatest: number): void {
  if (positive(name, value) > greatest) throw rangeError(name, `a number of at most ${greatest}`, value);
}

function checkStudents({ studentDimensions, hiddenUnits, load }: VmfSaddlesSettings): void {
  ascending('settings.studentDimensions', studentDimensions);
  studentDimensions.forEach((dimension, at) => {
    const name = `settings.studentDimensions[${at}]`;
    integer(name, dimension, Math.max(2, hiddenUnits), greatestExtent);
    const rows = sampledRows(dimension, { hiddenUnits, load });
    if (rows < 1) throw rangeError('settings.load', `one datum at least at ${name}`, load);
    if (rows * dimension > greatestData) {
      throw rangeError(
        name,
        `a dimension whose ${rows} data (load x P x N) are at most ${greatestData} numbers`,
        dimension,
      );
    }
  });
}

/** M = rho P N. */
export function sampledRows(
  dimension: number,
  { hiddenUnits, load }: Pick<VmfSaddlesSettings, 'hiddenUnits' | 'load'>,
) {
  return Math.round(load * hiddenUnits * dimension);
}
