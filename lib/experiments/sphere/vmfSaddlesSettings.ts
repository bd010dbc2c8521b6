import { integer, nonNegative, positive, rangeError } from '../../core/validate.ts';
import type { ExperimentSettings } from '../experiment.ts';
import { ascending } from '../shares.ts';

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
  /** Of the training by gradient descent, from which the fixed point on images starts. */
  readonly epochs: number;
  readonly batchSize: number;
  /** v of the cases with a noisy teacher. */
  readonly noise: number;
  /** rho of the case, and of the students, that have a finite number of data. */
  readonly load: number;
  /** At which a fixed point is found to see from where on its duplicate is a saddle. Ascending. */
  readonly betas: readonly number[];
  /** P* and N of the random teacher of eq. 9. */
  readonly teacherUnits: number;
  readonly dimension: number;
  /** N of the students that learn from sampled data. Ascending. */
  readonly studentDimensions: readonly number[];
  /** Of a fixed point, and how many applications of the equations it may take. */
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
  maxIterations: 2000,
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

/** What the functions of the theory do not check themselves. */
export function checkVmfSaddlesSettings(settings: VmfSaddlesSettings): void {
  const { hiddenUnits, copies, beta, betas, noise, load, studentDimensions, tolerance } = settings;
  integer('settings.hiddenUnits', hiddenUnits, 1, Number.MAX_SAFE_INTEGER);
  integer('settings.copies', copies, 1, hiddenUnits);
  positive('settings.beta', beta);
  positive('settings.noise', noise);
  positive('settings.load', load);
  nonNegative('settings.tolerance', tolerance);
  ascending('settings.betas', betas);
  positive('settings.betas[0]', betas[0]);
  ascending('settings.studentDimensions', studentDimensions);
  const least = studentDimensions[0] as number;
  if (!(least >= hiddenUnits)) {
    throw rangeError('settings.studentDimensions[0]', `at least ${hiddenUnits}, settings.hiddenUnits,`, least);
  }
}
